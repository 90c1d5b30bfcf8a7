#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Epochs of real processes: the validators of each certify it, nodes that die in one come back in
another, and what a later one holds is proven from the genesis file alone."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from local_network import Network, await_true  # noqa: E402


class EpochsTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.genesis = os.path.join(cls.network.dir, "genesis.oort")
        cls.grpc = {name: status["grpc_endpoint"]
                    for name, status in cls.network.status().items()}
        owner = os.path.join(cls.network.dir, "owner.key")
        cls.owner = cls.network.json("keys", "show", owner)["account"]
        cls.network.client().create_bucket(Bucket="epochs")

    def epochs(self):
        """Of every node that is up."""
        return {name: status["epoch"] for name, status in self.network.status().items() if status}

    def await_epoch(self, wanted):
        await_true(f"epoch {wanted} everywhere",
                   lambda: min(self.epochs().values()) >= wanted, 90)

    def verify(self, name):
        path = os.path.join(self.network.folder, "proof")
        self.network.run("proof", "account", self.owner, "--out", path, "--grpc", self.grpc[name])
        with open(path, "rb") as bundle:
            self.assertEqual(bundle.read(8), b"OORTPRF3")
        return self.network.json("verify", path, "--genesis", self.genesis)

    def test_1_epochs_follow_each_other_everywhere(self):
        self.await_epoch(2)
        for status in self.network.status().values():
            self.assertTrue(status["is_ready"], status)

    def test_2_a_proof_leads_from_genesis_to_a_later_epoch(self):
        for name in ("super-1", "edge-1"):
            self.assertTrue(self.verify(name)["is_present"], name)

    def test_3_who_dies_in_one_epoch_votes_in_another(self):
        client = self.network.client(0)
        client.put_object(Bucket="epochs", Key="before", Body=b"before")
        self.network.devnet("kill", "super-2")
        self.await_epoch(max(self.epochs().values()) + 2)
        self.network.devnet("restart", "super-2")
        self.await_epoch(max(self.epochs().values()))
        self.network.devnet("kill", "super-3")  # Without it every other vote is needed.
        self.await_epoch(max(self.epochs().values()) + 1)
        client.put_object(Bucket="epochs", Key="after", Body=b"after")
        self.network.devnet("restart", "super-3")
        for key in ("before", "after"):
            for index in range(4):
                got = self.network.client(index).get_object(Bucket="epochs", Key=key)
                self.assertEqual(got["Body"].read(), key.encode())

    def test_4_all_die_at_once_and_go_on_where_they_were(self):
        before = max(self.epochs().values())
        for number in range(1, 5):
            self.network.devnet("kill", f"super-{number}")
        self.network.devnet("up", "--detach")
        self.await_epoch(before + 1)
        got = self.network.client(1).get_object(Bucket="epochs", Key="after")
        self.assertEqual(got["Body"].read(), b"after")


if __name__ == "__main__":
    unittest.main(verbosity=2)
