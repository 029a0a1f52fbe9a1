"""The documents name files, steps and options that exist."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/*/*.md"),
             *ROOT.glob("bench/*.md")]


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for document in DOCUMENTS:
            for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
                if not target.startswith(("http:", "https:", "mailto:")):
                    with self.subTest(f"{document.name}: {target}"):
                        self.assertTrue((document.parent / target).exists())

    def test_the_documents_that_every_reader_expects_are_there(self):
        for name in ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
                     "docs/DESIGN.md", "docs/PROTOCOL.md", "docs/OPERATIONS.md"):
            self.assertTrue((ROOT / name).is_file(), name)

    def test_steps_of_the_test_script_that_are_named_exist(self):
        steps = subprocess.run([ROOT / "scripts/test", "--list"], capture_output=True, text=True,
                               check=True, timeout=60).stdout.split()
        text = (ROOT / "CONTRIBUTING.md").read_text()
        named = re.findall(r"^scripts/test ([a-z][a-z \-]*?) *(?:#|$)", text, re.M)
        self.assertTrue(named)
        for name in " ".join(named).split():
            self.assertIn(name, steps)

    def test_the_folder_table_is_the_one_that_the_include_test_enforces(self):
        allowed = re.search(r"ALLOWED = \{(.*?)^\}",
                            (ROOT / "tests/architecture/includes_test.py").read_text(),
                            re.M | re.S).group(1)
        enforced = {folder: set(re.findall(r'"([^"]+)"', names.split(":", 1)[-1]))
                    for folder, names in re.findall(r'^ +"(\w+)": (.*),$', allowed, re.M)}
        rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$",
                          (ROOT / "docs/DESIGN.md").read_text(), re.M)
        documented = {folder: set(re.findall(r"`([^`]+)`", names)) for folder, names in rows}
        enforced["app"] = set()  # "everything" in words
        enforced["admin"].discard("auth/iam")  # reserved for a later version
        self.assertEqual(documented, enforced)


if __name__ == "__main__":
    unittest.main()
