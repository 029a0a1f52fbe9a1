"""config/kubernetes/eventsd.yaml against an older API's description of its objects, the image, and the
daemon's defaults. tests/e2e/kubernetes.test.js holds it against the schemas of a current one."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml
from kubernetes import client

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "config/kubernetes/eventsd.yaml"
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()
MODELS = {"ConfigMap": "V1ConfigMap", "Service": "V1Service", "StatefulSet": "V1StatefulSet",
          "NetworkPolicy": "V1NetworkPolicy"}
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def faults(value, kind, path=""):
    """What the API server would refuse, or silently drop, of a value of a model."""
    if kind in PLAIN:
        is_bool = isinstance(value, bool)
        if not isinstance(value, PLAIN[kind]) or (is_bool and kind != "bool"):
            yield f"{path}: {value!r} is no {kind}"
    elif match := re.fullmatch(r"list\[(.*)\]", kind):
        if not isinstance(value, list):
            yield f"{path}: is no list"
            return
        for index, one in enumerate(value):
            yield from faults(one, match[1], f"{path}[{index}]")
    elif match := re.fullmatch(r"dict\(str, (.*)\)", kind):
        if not isinstance(value, dict):
            yield f"{path}: is no map"
            return
        for key, one in value.items():
            yield from faults(one, match[1], f"{path}.{key}")
    elif kind in ("object", "datetime"):  # quantities and ports: a text or a number
        if not isinstance(value, (str, int)):
            yield f"{path}: {value!r} is neither a text nor a number"
    else:
        model = getattr(client, kind)
        names = {name: attribute for attribute, name in model.attribute_map.items()}
        if not isinstance(value, dict):
            yield f"{path}: is no {kind}"
            return
        for name, one in value.items():
            if name not in names:
                yield f"{path}.{name}: {kind} has no such field"
            else:
                yield from faults(one, model.openapi_types[names[name]], f"{path}.{name}")
        try:
            model(**{attribute: "x" for name, attribute in names.items() if name in value})
        except ValueError as error:  # what is required and missing, or has other values
            if "must not be `None`" in str(error):
                yield f"{path}: {error}"


def bytes_of(quantity):
    number, unit = re.fullmatch(r"(\d+)([KMG]i)?", str(quantity)).groups()
    return int(number) * {None: 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}[unit]


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.objects = list(yaml.safe_load_all(FILE.read_text()))
        cls.by_kind = {one["kind"]: one for one in cls.objects}
        cls.pod = cls.by_kind["StatefulSet"]["spec"]["template"]["spec"]
        cls.container = cls.pod["containers"][0]
        cls.config = yaml.safe_load(cls.by_kind["ConfigMap"]["data"]["eventsd.yaml"])
        reference = subprocess.run([os.environ["EVENTSD_BIN"], "print-config", "--defaults"],
                                   capture_output=True, text=True, check=True).stdout
        cls.defaults = yaml.safe_load(reference)

    def all_faults(self, objects):
        return [fault for one in objects for fault in faults(one, MODELS[one["kind"]], one["kind"])]

    def test_the_api_knows_every_field_and_misses_none(self):
        self.assertEqual(self.all_faults(self.objects), [])

    def test_a_misspelt_a_missing_and_a_wrong_field_are_noticed(self):
        for good, bad in (("failureThreshold: 60", "failureTreshold: 60"),
                          ("replicas: 1", "replicas: one"), ("  serviceName: eventsd-admin\n", "")):
            with self.subTest(bad):
                text = FILE.read_text()
                self.assertIn(good, text)
                wrong = list(yaml.safe_load_all(text.replace(good, bad, 1)))
                self.assertNotEqual(self.all_faults(wrong), [])

    def test_the_daemon_accepts_the_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            secrets = pathlib.Path(folder)
            (secrets / "admin-token").write_text("t" * 40)
            (secrets / "api-key").write_text("da2-" + "k" * 26)
            text = self.by_kind["ConfigMap"]["data"]["eventsd.yaml"]
            self.assertIn("/run/secrets/eventsd/", text)
            file = secrets / "eventsd.yaml"
            file.write_text(text.replace("/run/secrets/eventsd/", folder + "/"))
            done = subprocess.run([os.environ["EVENTSD_BIN"], "check-config", "--config", file],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_names_lead_to_each_other(self):
        labels = self.by_kind["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        for one in self.objects:
            self.assertEqual(one["metadata"]["namespace"], "eventsd")
            if one["kind"] == "Service":
                self.assertLessEqual(one["spec"]["selector"].items(), labels.items())
                for port in one["spec"]["ports"]:
                    self.assertIn(port["targetPort"], ports)
        self.assertEqual(self.config["listen"], [f"0.0.0.0:{ports['http']}"])
        self.assertEqual(self.config["admin"]["listen"], f"0.0.0.0:{ports['admin']}")
        volumes = {volume["name"] for volume in self.pod["volumes"]}
        volumes |= {claim["metadata"]["name"] for claim in
                    self.by_kind["StatefulSet"]["spec"]["volumeClaimTemplates"]}
        self.assertEqual({mount["name"] for mount in self.container["volumeMounts"]}, volumes)

    def test_the_image_runs_as_this_user_with_this_volume(self):
        user = self.pod["securityContext"]["runAsUser"]
        self.assertIn(f"USER {user}:{self.pod['securityContext']['runAsGroup']}\n", DOCKERFILE)
        mounts = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        self.assertIn(f"VOLUME {mounts['data']}\n", DOCKERFILE)
        self.assertEqual(self.config["dataDir"], mounts["data"])

    def test_the_probes_ask_what_they_should(self):
        paths = {probe: self.container[probe]["httpGet"]["path"]
                 for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        self.assertEqual(paths, {"startupProbe": "/health/live", "livenessProbe": "/health/live",
                                 "readinessProbe": "/health/ready"})

    def test_stopping_has_more_time_than_the_pause_and_the_drain(self):
        pause = int(self.container["lifecycle"]["preStop"]["exec"]["command"][1])
        drain = int(self.config["drainTimeout"].removesuffix("s"))
        self.assertEqual(self.config["drainTimeout"], self.defaults["drainTimeout"])
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], pause + drain + 5)

    def test_memory_and_volume_hold_what_the_limits_allow(self):
        limits = self.defaults["limits"]
        size = lambda text: bytes_of(re.sub("iB$", "i", str(text)))
        queues = size(limits["maxOutboundTotal"]) + size(limits["maxStorageQueue"])
        memory = bytes_of(self.container["resources"]["limits"]["memory"])
        self.assertGreater(memory, 2 * queues)
        claim = self.by_kind["StatefulSet"]["spec"]["volumeClaimTemplates"][0]
        storage = bytes_of(claim["spec"]["resources"]["requests"]["storage"])
        self.assertGreater(storage, size(limits["maxStoreSize"]) + (1 << 30))

    def test_the_container_may_do_nothing_that_it_need_not(self):
        context = self.container["securityContext"]
        self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
        self.assertTrue(context["readOnlyRootFilesystem"])
        self.assertFalse(context["allowPrivilegeEscalation"])
        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertFalse(self.pod["automountServiceAccountToken"])


if __name__ == "__main__":
    unittest.main()
