#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Partitions that really cut the connections: who may write, who may not, and that nothing is lost
and no chain has forked once they heal."""
import hashlib
import json
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
import botocore.exceptions  # noqa: E402

from local_network import Network, await_true  # noqa: E402

EXIT_UNAVAILABLE = 5


class PartitionTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.random = random.Random(13)
        cls.files = {}
        cls.network.client().create_bucket(Bucket="cut")

    def put(self, index, name, size=100_000):
        body = self.random.randbytes(size)
        self.network.client(index).put_object(Bucket="cut", Key=name, Body=body)
        self.files[name] = hashlib.sha256(body).hexdigest()

    def assert_all_read_back(self, index):
        client = self.network.client(index)
        for name, digest in self.files.items():
            body = client.get_object(Bucket="cut", Key=name)["Body"].read()
            self.assertEqual(hashlib.sha256(body).hexdigest(), digest, name)

    def assert_unavailable(self, why, work):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            work()
        response = caught.exception.response
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 503)
        self.assertIn(why, response["Error"]["Message"])

    def assert_refused(self, index, name):
        self.assert_unavailable("quorum", lambda: self.network.client(index).put_object(
            Bucket="cut", Key=name, Body=b"x"))

    def peers(self):
        """{node: names of the nodes that it is connected to}"""
        nodes = json.loads((pathlib.Path(self.network.dir) / "network.json").read_text())["nodes"]
        names = {node["node_id"]: node["name"] for node in nodes}
        found = {}
        for node in nodes:
            shown = self.network.run("peers", "--grpc", f"127.0.0.1:{node['grpc_port']}",
                                     "--json").stdout
            found[node["name"]] = sorted(names[peer["node_id"]] for peer in
                                         json.loads(shown)["peers"] if peer["is_connected"])
        return found

    def assert_one_chain(self):
        """Every node has the same block at every height up to the lowest tip."""
        status = self.network.status()
        tip = min(node["height"] for node in status.values())
        for height in sorted({1, *range(1, tip, max(1, tip // 12)), tip}):
            blocks = {json.loads(self.network.run(
                "block", str(height), "--grpc", node["grpc_endpoint"], "--json").stdout)["block_id"]
                for node in status.values()}
            self.assertEqual(len(blocks), 1, f"height {height}")

    def test_1_three_go_on_without_the_fourth(self):
        self.put(0, "before")
        self.network.devnet("wait", "--durable", "--timeout", "150")
        self.network.devnet("partition", "super-4")
        trio = ["super-1", "super-2", "super-3"]
        self.assertEqual(self.peers(), {"super-4": []} | {
            name: [other for other in trio if other != name] for name in trio})
        for index in range(3):
            self.put(index, f"during-{index}")
        self.assert_refused(3, "refused")
        self.assert_unavailable("1 of 2 shards", lambda: self.network.client(3).get_object(
            Bucket="cut", Key="before"))

    def test_2_the_fourth_catches_up(self):
        self.network.devnet("heal")
        await_true("all are connected again",
                   lambda: all(len(others) == 3 for others in self.peers().values()), 30)
        for index in range(4):
            self.assert_all_read_back(index)
        self.put(3, "after")
        self.assert_one_chain()

    def test_3_halves_write_nothing_and_read_everything(self):
        self.network.devnet("wait", "--durable", "--timeout", "150")
        self.network.devnet("partition", "super-1,super-2|super-3,super-4")
        self.assertEqual(self.peers(), {"super-1": ["super-2"], "super-2": ["super-1"],
                                        "super-3": ["super-4"], "super-4": ["super-3"]})
        for index in (0, 2):
            self.assert_refused(index, "refused")
            self.assert_all_read_back(index)
        refused = self.network.run(
            "transfer", "--key", str(pathlib.Path(self.network.dir) / "owner.key"), "--to",
            "0" * 40, "--amount", "1", "--dir", self.network.dir, check=False)
        self.assertEqual(refused.returncode, EXIT_UNAVAILABLE, refused.stdout)
        self.assertIn("NO_QUORUM", refused.stderr)

    def test_4_a_cut_outlives_a_restart(self):
        self.network.devnet("kill", "super-2")
        self.network.run("devnet", "up", "--detach", "--dir", self.network.dir, "--timeout",
                         "1", check=False)
        await_true("super-2 finds its half again",
                   lambda: self.peers()["super-2"] == ["super-1"], 30)
        self.assertEqual(self.peers()["super-3"], ["super-4"])

    def test_5_healed_halves_agree(self):
        self.network.devnet("heal")
        for index in range(4):
            self.put(index, f"healed-{index}")
        for index in range(4):
            self.assert_all_read_back(index)
        self.assert_one_chain()

    def test_6_what_is_no_partition_is_refused(self):
        for words, expected in ((["super-9"], "super-9"),
                                (["super-1,super-2", "super-2"], "twice"),
                                (["super-1,super-2,super-3,super-4"], "one side")):
            refused = self.network.run("devnet", "partition", *words, "--dir", self.network.dir,
                                       check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(expected, refused.stderr)
        self.put(0, "nothing was cut")


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
