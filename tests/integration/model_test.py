#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A model from its training to a device that answers without a network."""
import json
import pathlib
import random
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from local_network import Network, await_true  # noqa: E402
from provenance import SAMPLES, seal_points, train_points  # noqa: E402

DEVICE = "edge-1"


class ModelTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=1).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.folder = pathlib.Path(cls.network.dir)
        cls.work = cls.folder / "models"
        cls.work.mkdir()
        cls.nodes = {one["name"]: one for one in
                     json.loads((cls.folder / "network.json").read_text())["nodes"]}
        cls.door = f"http://127.0.0.1:{cls.nodes[DEVICE]['models_port']}/v1/models"
        chance = random.Random(7)
        cls.questions = [f"{chance.randrange(-128, 128)},{chance.randrange(-128, 128)}"
                         for _ in range(40)]

    def ask(self, *arguments):
        return self.network.json(*arguments, "--dir", self.network.dir)

    def refused(self, *arguments):
        done = self.network.run(*arguments, "--dir", self.network.dir, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def node_key(self, name):
        return str(self.folder / name / "data" / "node.key")

    def http(self, method, path="", value=None, host=None):
        request = urllib.request.Request(self.door + path, method=method)
        if value is not None:
            request.data = json.dumps(value).encode()
        if host:
            request.add_header("Host", host)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as problem:
            return problem.code, json.loads(problem.read())

    def metrics(self):
        base = self.nodes[DEVICE]["operator_port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{base}/metrics", timeout=30) as answer:
            return answer.read().decode()

    def words(self):
        return [word for one in self.questions for word in ("--sample", one)]

    def answers(self, head):
        """Bytes of the device's answer."""
        out = self.work / f"{head}.device"
        self.ask("model", "ask", self.model, *self.words(), "--head", head, "--out", str(out))
        return out.read_bytes()

    def computed(self, head):
        """Bytes of the workload `infer`, run here."""
        out = self.work / f"{head}.here"
        self.network.json("model", "infer", str(self.work / "net"), *self.words(), "--head", head,
                          "--out", str(out))
        return out.read_bytes()

    def test_1_a_model_is_trained_and_stored(self):
        cls = type(self)
        cls.dataset = seal_points(self.network, self.work)
        made = train_points(self.network, self.work, self.dataset, self.node_key("super-1"))
        cls.model = made["model"]
        names = {one["Key"] for one in self.network.client().list_objects_v2(
            Bucket="models")["Contents"]}
        prefix = f"models/{self.model}/"
        self.assertEqual(names, {prefix + name for name in (
            "manifest.json", "signature.json", "statement.json", "files/model.bin",
            "files/training.bin")})

    def test_2_what_the_ledger_does_not_deploy_the_device_refuses(self):
        self.assertEqual(self.http("GET"), (200, {"models": []}))
        links = {"manifest": "http://127.0.0.1:9/m", "files": {}}
        status, answer = self.http("PUT", "/" + self.model, links)
        self.assertEqual((status, answer["error"]["reason"]), (403, "NOT_ALLOWED"))
        self.assertEqual(self.http("GET", host="example.org")[0], 403)
        self.assertIn("NOT_FOUND", self.refused("model", "ask", self.model, "--sample", "1,2"))

    def test_3_bytes_that_are_not_the_models_are_refused(self):
        client = self.network.client()
        name = f"models/{self.model}/files/model.bin"
        whole = client.get_object(Bucket="models", Key=name)["Body"].read()
        client.put_object(Bucket="models", Key=name, Body=whole[:-1] + bytes([whole[-1] ^ 1]))
        deploy = ["model", "deploy", self.model, "--node", DEVICE, "--key", self.node_key(DEVICE),
                  "--bucket", "models"]
        refused = self.refused(*deploy)
        self.assertIn("BAD_PROOF", refused)
        self.assertIn("model.bin", refused)
        self.assertEqual(self.http("GET"), (200, {"models": []}))
        client.put_object(Bucket="models", Key=name, Body=whole)
        served = self.ask(*deploy)
        self.assertEqual((served["model"], served["grade"], served["is_served"]),
                         (self.model, "CLAIMED", True))
        self.assertEqual((served["features"], served["classes"]), (2, 3))
        self.assertEqual(self.ask(*deploy)["model"], self.model, "again is no failure")

    def test_4_it_answers_as_infer_does(self):
        for head in ("argmax", "softmax", "logits"):
            self.assertEqual(self.answers(head), self.computed(head), head)
        sample = [int(part) for part in self.questions[0].split(",")]
        status, answer = self.http("POST", f"/{self.model}/infer", {"samples": [sample]})
        self.assertEqual(status, 200)
        self.assertIn(answer["results"][0], (0, 1, 2))
        status, answer = self.http("POST", f"/{self.model}/infer", {"samples": [[1]]})
        self.assertEqual((status, answer["error"]["reason"]), (400, "BAD_ARGUMENT"))
        right = 0
        for number in range(SAMPLES):
            label, *point = (self.work / "points" / "data.csv").read_text().splitlines()[
                number + 1].split(",")
            if number % 10 == 0:
                got = self.ask("model", "ask", self.model, "--sample", ",".join(point))
                right += got["results"][0] == int(label)
        self.assertGreaterEqual(right, SAMPLES // 10 - 1, "it has learned")
        metrics = self.metrics()
        self.assertIn("oort_models_served 1", metrics)
        self.assertIn('oort_model_answers_total{result="OK"}', metrics)
        self.assertIn('oort_model_deployments_total{result="BAD_PROOF"} 1', metrics)

    def test_5_without_a_network_it_goes_on_and_begins_again(self):
        before = self.answers("logits")
        for name in self.nodes:
            if name != DEVICE:
                self.network.devnet("kill", name)
        self.assertEqual(self.answers("logits"), before)
        self.network.devnet("kill", DEVICE)
        # A light node without a network is never ready, so nobody waits for that.
        log = open(self.work / "device.log", "wb")
        self.addCleanup(log.close)
        device = subprocess.Popen(
            [self.network.binary, "start", "--config", str(self.folder / DEVICE / "config.toml")],
            stdout=log, stderr=log)
        try:
            await_true("the device listens", self.is_listening, 30)
            self.assertEqual(self.answers("logits"), before)
            self.assertEqual(self.answers("logits"), self.computed("logits"))
            served = self.http("GET")[1]["models"]
            self.assertEqual([(one["model"], one["is_served"]) for one in served],
                             [(self.model, True)])
        finally:
            device.terminate()
            self.assertEqual(device.wait(timeout=30), 0)

    def is_listening(self):
        try:
            return self.http("GET")[0] == 200
        except (OSError, urllib.error.URLError):
            return False

    def test_6_what_the_ledger_removes_it_serves_no_more(self):
        self.network.devnet("up", "--detach")
        self.ask("model", "deploy", self.model, "--remove", "--node", DEVICE, "--key",
                 self.node_key(DEVICE))
        await_true("the device hears of it", lambda: self.http("GET")[1]["models"] == [], 60)
        self.assertIn("NOT_FOUND", self.refused("model", "ask", self.model, "--sample", "1,2"))
        kept = [path for path in (self.folder / DEVICE / "data" / "models").rglob("*")
                if path.is_file()]
        self.assertEqual(kept, [])


if __name__ == "__main__":
    unittest.main()
