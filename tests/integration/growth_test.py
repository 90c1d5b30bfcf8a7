#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nodes that join a running network: what they are trusted with, and what they hold."""
import hashlib
import json
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from local_network import Network, await_true  # noqa: E402


class GrowthTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.random = random.Random(11)
        cls.files = {}

    def add(self, role):
        self.network.devnet("add", role)
        self.network.environment = json.loads(self.network.devnet("env", "--json"))

    def put(self, index, name, size):
        body = self.random.randbytes(size)
        self.network.client(index).put_object(Bucket="grown", Key=name, Body=body)
        self.files[name] = hashlib.sha256(body).hexdigest()

    def assert_all_read_back(self, index):
        client = self.network.client(index)
        for name, digest in self.files.items():
            body = client.get_object(Bucket="grown", Key=name)["Body"].read()
            self.assertEqual(hashlib.sha256(body).hexdigest(), digest, name)

    def test_1_a_fifth_super_joins_without_a_vote(self):
        self.add("super")
        node = self.network.status()["super-5"]
        self.assertTrue(node["is_ready"])
        self.assertEqual(node["role"], "super")
        self.assertIn("super-5", self.network.devnet("status"))
        self.network.devnet("wait", "--timeout", "30")

    def test_2_it_is_a_gateway_and_takes_shards(self):
        self.network.client(4).create_bucket(Bucket="grown")
        for i in range(12):
            self.put(i % 5, f"o{i}", 400_000)
        for index in range(5):
            self.assert_all_read_back(index)
        self.network.devnet("wait", "--durable", "--timeout", "100")
        await_true("super-5 holds shards", lambda: self.network.status()["super-5"]["storage"]
                   ["shard_bytes"] > 0, 30)

    def test_3_a_network_of_five_lives_without_any_one(self):
        self.network.devnet("kill", "super-1")
        self.assert_all_read_back(4)
        self.put(4, "without super-1", 100_000)
        self.network.devnet("restart", "super-1")
        self.network.devnet("kill", "super-5")
        self.assert_all_read_back(0)
        self.network.devnet("restart", "super-5")
        self.assert_all_read_back(4)

    def test_4_an_archive_and_an_edge_join_too(self):
        self.add("archive")
        self.add("edge")
        status = self.network.status()
        for name in ("archive-1", "edge-1"):
            self.assertTrue(status[name]["is_ready"], status[name])
        self.assertTrue(status["edge-1"]["is_light"])
        self.assertEqual(len(self.network.s3_urls()), 5, "super nodes alone serve S3")

    def test_5_all_of_it_comes_back(self):
        self.network.devnet("down")
        self.network.devnet("up", "--detach")
        self.assertEqual(len(self.network.status()), 7)
        for index in (0, 4):
            self.assert_all_read_back(index)

    def test_6_what_cannot_join_says_why(self):
        refused = self.network.run("devnet", "add", "planet", "--dir", self.network.dir,
                                   check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("super, archive or edge", refused.stderr)
        self.network.devnet("down")
        refused = self.network.run("devnet", "add", "super", "--dir", self.network.dir,
                                   check=False)
        self.assertEqual(refused.returncode, 5)
        self.assertIn("devnet up", refused.stderr)
        self.assertFalse((pathlib.Path(self.network.dir) / "super-6").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
