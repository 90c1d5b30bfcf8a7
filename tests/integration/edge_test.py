#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A light edge among real processes: it proves what it says, stays small, and never goes back."""
import json
import os
import pathlib
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from local_network import Network, await_true  # noqa: E402


class EdgeTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.edge = cls.network.status()["edge-1"]["grpc_endpoint"]
        cls.other = cls.network.status()["super-3"]["grpc_endpoint"]
        cls.genesis = os.path.join(cls.network.dir, "genesis.oort")
        cls.owner = os.path.join(cls.network.dir, "owner.key")
        cls.alice = os.path.join(cls.network.folder, "alice.key")
        cls.account = cls.network.json("keys", "new", cls.alice)["account"]

    def ask(self, *arguments, of=None):
        return self.network.json(*arguments, "--grpc", of or self.edge)

    def balance(self, of=None):
        return int(self.ask("account", "show", "--key", self.alice, of=of)["balance"])

    def transfer(self, amount):
        return self.ask("transfer", "--key", self.owner, "--to", self.account, "--amount", amount)

    def assert_small(self):
        data = pathlib.Path(self.network.dir) / "edge-1" / "data"
        self.assertFalse((data / "ledger").exists())
        sizes = {path.name: path.stat().st_size for path in data.rglob("*") if path.is_file()}
        self.assertLess(sum(sizes.values()), 20_000, sizes)
        self.assertLess(sizes["head"], 2_000)

    def test_1_it_is_light_and_says_so(self):
        status = self.network.status()["edge-1"]
        self.assertTrue(status["is_ready"], status)
        self.assertTrue(status["is_light"])
        self.assertEqual(status["role"], "edge")
        self.assertEqual(status["s3_endpoint"], "")
        self.assertFalse(self.network.status()["super-1"]["is_light"])
        self.assertEqual(len(self.network.s3_urls()), 4)
        shown = self.network.run("status", "--grpc", self.edge).stdout
        self.assertIn("a light node", shown)
        base = "http://" + status["operator_endpoint"]
        metrics = urllib.request.urlopen(base + "/metrics").read().decode()
        self.assertIn("oort_chain_light_height", metrics)
        self.assertEqual(urllib.request.urlopen(base + "/readyz").status, 200)
        socket = self.network.environment["OORT_ADMIN_SOCKET_EDGE_1"]
        dump = self.network.run("consensus", "--admin-socket", socket).stdout
        self.assertIn("mode light", dump)
        peers = [peer for peer in self.ask("peers")["peers"] if peer["is_connected"]]
        self.assertEqual(len(peers), 4)

    def test_2_it_submits_and_proves_while_a_super_is_down(self):
        self.network.devnet("kill", "super-1")
        for i in range(1, 4):
            sent = self.transfer("2.5")
            self.assertEqual(self.balance(), i * 2_500_000_000_000_000_000)
            self.assertEqual(self.balance(self.other), self.balance())
        receipt = self.ask("transaction", sent["transaction_id"])
        self.assertEqual(receipt, self.ask("transaction", sent["transaction_id"], of=self.other))
        block = self.ask("block", str(sent["height"]))
        self.assertEqual(block, self.ask("block", str(sent["height"]), of=self.other))
        self.assertIn(sent["transaction_id"], block["transactions"])

    def test_3_a_proof_through_it_holds_offline(self):
        sent = self.transfer("1")
        path = os.path.join(self.network.folder, "proof")
        self.ask("proof", "account", self.account, "--out", path)
        shown = self.network.json("verify", path, "--genesis", self.genesis)
        self.assertTrue(shown["is_present"])
        self.assertGreaterEqual(shown["height"], sent["height"])
        self.ask("proof", "account", "00" * 20, "--out", path)
        self.assertFalse(self.network.json("verify", path, "--genesis",
                                           self.genesis)["is_present"])

    def test_4_what_the_ledger_refuses_it_tells(self):
        refused = self.network.run("transfer", "--key", self.alice, "--to", self.account,
                                   "--amount", "1000", "--grpc", self.edge, check=False)
        self.assertEqual(refused.returncode, 4, refused.stdout)
        self.assertIn("BalanceTooLow", refused.stderr)
        unknown = self.network.run("transaction", "00" * 32, "--grpc", self.edge, check=False)
        self.assertEqual(unknown.returncode, 3, unknown.stderr)

    def test_5_what_it_does_not_hold_it_does_not_list(self):
        refused = self.network.run("evidence", "list", "--grpc", self.edge, check=False)
        self.assertNotEqual(refused.returncode, 0, refused.stdout)
        self.assertIn("NOT_SUPPORTED", refused.stderr)
        self.assertEqual(self.ask("evidence", "list", of=self.other)["evidence"], [])

    def test_6_without_a_quorum_it_says_that_the_state_is_old(self):
        self.network.devnet("kill", "super-2")
        known = self.balance()
        await_true("the edge notices",
                   lambda: not self.network.status()["edge-1"]["has_quorum"], 30)
        shown = self.ask("account", "show", "--key", self.alice)
        self.assertTrue(shown["is_stale"])
        self.assertEqual(int(shown["balance"]), known)
        self.assertFalse(self.network.status()["edge-1"]["is_ready"])

    def test_7_it_never_goes_back_and_goes_on(self):
        before = self.network.status()["edge-1"]["height"]
        self.network.devnet("kill", "edge-1")
        for name in ("super-1", "super-2"):
            self.network.devnet("restart", name)
        self.network.devnet("restart", "edge-1")
        status = self.network.status()["edge-1"]
        self.assertTrue(status["is_ready"], status)
        self.assertGreater(status["height"], before)
        self.transfer("1")
        self.assertEqual(self.balance(), self.balance(self.other))

    def test_8_it_stays_small(self):
        self.assert_small()


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
