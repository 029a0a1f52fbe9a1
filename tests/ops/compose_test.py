"""compose.yaml and docker/Dockerfile agree with each other and with the daemon's defaults."""
import pathlib
import re
import subprocess
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICE = COMPOSE["services"]["eventsd"]
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()


class Compose(unittest.TestCase):
    def test_docker_compose_accepts_it(self):
        done = subprocess.run(["docker-compose", "--file", ROOT / "compose.yaml", "config", "--quiet"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_it_builds_from_this_tree_alone(self):
        context = ROOT / SERVICE["build"]["context"]
        self.assertTrue((context / SERVICE["build"]["dockerfile"]).is_file())
        for volume in SERVICE["volumes"]:  # nothing that must exist beforehand
            self.assertRegex(volume, r"^[a-z]+:")

    def test_the_volume_is_where_the_image_keeps_its_data(self):
        name, path = SERVICE["volumes"][0].split(":")
        self.assertIn(name, COMPOSE["volumes"])
        self.assertIn(f"VOLUME {path}\n", DOCKERFILE)
        self.assertIn(f"EVENTSD_DATA_DIR={path}\n", DOCKERFILE)

    def test_only_the_public_port_is_published(self):
        self.assertEqual([port.rsplit(":", 1)[1] for port in SERVICE["ports"]], ["8080"])
        self.assertIn("EVENTSD_LISTEN=0.0.0.0:8080 ", DOCKERFILE)
        self.assertNotIn("9464", DOCKERFILE)

    def test_there_are_descriptors_for_many_connections(self):
        self.assertGreaterEqual(SERVICE["ulimits"]["nofile"]["soft"], 65536)

    def test_stopping_has_more_time_than_the_drain(self):
        self.assertGreater(int(SERVICE["stop_grace_period"].removesuffix("s")), 10)

    def test_the_health_check_is_the_binary_itself(self):
        self.assertRegex(DOCKERFILE, r'HEALTHCHECK .*CMD \["eventsd", "health"\]')

    def test_the_context_holds_what_the_image_copies_and_builds(self):
        kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines()
                if line.startswith("!")}
        for name in kept:
            self.assertTrue((ROOT / name).exists(), name)
        top = set(re.findall(r"add_subdirectory\((\w+)\)|include\((\w+)/", 
                             (ROOT / "CMakeLists.txt").read_text()))
        folders = {first or second for first, second in top} - {"tests", "bench"}
        self.assertLessEqual(folders, kept)


if __name__ == "__main__":
    unittest.main()
