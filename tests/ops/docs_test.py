"""The documents name files, steps, options and errors that exist, and their commands work."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import documents

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/*/*.md"),
             *ROOT.glob("bench/*.md")]

# Whose every shell command is run here, or says where else. CLIENTS.md needs npm's packages: the
# suite of real clients runs it, tests/e2e/docs.test.js.
TRIED = ["AUTHORIZATION", "CHANNELS", "CONSOLE", "HISTORY", "LIMITS", "MIGRATING", "PROXIES",
         "QUICKSTART", "TROUBLESHOOTING"]
# Said by others than eventsd.
FOREIGN = ["Address already in use", "Connection refused", "Too many open files",
           "Connection failed", "blocked by CORS policy", "Mixed Content"]


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

    def test_shell_commands_say_whether_they_are_run(self):
        for document in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
            for block in documents.blocks(document):
                if block.language in ("sh", "bash", "shell", "console"):
                    with self.subTest(f"{document.name}:{block.line}"):
                        self.assertEqual(block.language, "sh")
                        self.assertIsNotNone(block.way())
                        if block.way() == "elsewhere":
                            self.assertGreater(len(block.options["elsewhere"]), 10, "no reason")
                        elif document.stem not in [*TRIED, "CLIENTS"]:
                            self.fail("nobody runs this document: add it to TRIED")

    def test_a_block_that_is_run_elsewhere_names_files_that_exist(self):
        for document in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
            for block in documents.blocks(document):
                for path in re.findall(r"tests/[\w./]*\w", block.options.get("elsewhere", "")):
                    with self.subTest(f"{document.name}:{block.line}"):
                        self.assertTrue((ROOT / path).exists(), path)

    def test_errors_that_are_looked_up_are_those_of_the_code(self):
        code = "".join(path.read_text() for path in sorted(ROOT.glob("src/**/*.[ch]pp")))
        code = re.sub(r'"\s*\n\s*"', "", code).replace('\\"', '"')
        rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/TROUBLESHOOTING.md").read_text(), re.M)
        texts = [text for row in rows for text in re.findall(r'`([^`]+)`|"([^"`]{6,})"', row)]
        parts = [part.strip(" :,;") for text in texts for part in re.split("…|N ", "".join(text))]
        self.assertGreater(len(parts), 30)
        for part in parts:
            if len(part) > 5 and not any(part in text or text in part for text in FOREIGN):
                with self.subTest(part):
                    self.assertTrue(part in code, f"{part!r} stands nowhere in src")


class Commands(unittest.TestCase):
    @staticmethod
    def try_out(document):
        return subprocess.run([sys.executable, ROOT / "tests/ops/documents.py", "--bin",
                               os.environ["EVENTSD_BIN"], document],
                              capture_output=True, text=True, timeout=300)

    def test_do_what_the_documents_say(self):
        for name in TRIED:
            with self.subTest(name):
                tried = self.try_out(ROOT / f"docs/{name}.md")
                self.assertEqual(tried.returncode, 0, tried.stdout + tried.stderr)

    def test_a_document_that_does_not_say_the_truth_is_caught(self):
        fence = "```"
        for text in (f"{fence}sh run\nexit 3\n{fence}\n", f"{fence}sh run fails\ntrue\n{fence}\n",
                     f"{fence}sh run\necho a\n{fence}\n{fence}output\nb\n{fence}\n",
                     f"{fence}sh\ntrue\n{fence}\n",
                     f'{fence}sh background until="never"\necho now; exit 1\n{fence}\n'):
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                document = pathlib.Path(folder) / "false.md"
                document.write_text(text)
                self.assertEqual(self.try_out(document).returncode, 1)


if __name__ == "__main__":
    unittest.main()
