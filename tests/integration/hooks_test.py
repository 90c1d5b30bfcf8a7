#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nodes that crash at chosen places, fail, lie or have a wrong clock, by the program for drills;
and that the shipped program can do none of it."""
import json
import os
import pathlib
import random
import re
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
import botocore.exceptions  # noqa: E402

from crash import Uploader, check_no_fork, check_objects  # noqa: E402
from local_network import Network, await_true  # noqa: E402

EXIT_USAGE = 2
FAILPOINTS = ["ledger.commit", "shards.append", "shards.sync", "submit.after", "submit.before",
              "votes.append", "votes.sync"]
# What only the program for drills may hold.
WORDS = ["failpoint", "--misbehave", "double-vote", "corrupt-shard", "wrong-result",
         "clock-offset", "on purpose", *FAILPOINTS]


class ShippedTest(unittest.TestCase):
    def program(self, name):
        """It, with the folder of a network that never comes up."""
        network = Network(program=name)
        self.addCleanup(os.rmdir, network.folder)
        return network

    def content_of(self, program):
        return (pathlib.Path(os.environ["OORT_BIN"]) / program).read_bytes()

    def test_the_shipped_program_holds_no_hook(self):
        shipped, for_drills = self.content_of("oortd"), self.content_of("oortd-test")
        for word in WORDS:
            self.assertFalse(word.encode() in shipped, f"oortd holds '{word}'")
            self.assertTrue(word.encode() in for_drills, f"oortd-test does not hold '{word}'")

    def test_the_shipped_program_does_not_know_the_flags(self):
        network = self.program("oortd")
        for flag in ("--failpoint", "--misbehave", "--clock-offset"):
            refused = network.run("start", "--config", "nothing.toml", flag, "1", check=False)
            self.assertEqual(refused.returncode, EXIT_USAGE, flag)
            self.assertIn(flag, refused.stderr)

    def test_the_program_for_drills_refuses_what_it_does_not_know(self):
        network = self.program("oortd-test")
        refused = network.run("start", "--config", "nothing.toml", "--failpoint", "votes.sink=eio",
                              check=False)
        self.assertEqual(refused.returncode, EXIT_USAGE)
        for name in FAILPOINTS:
            self.assertIn(name, refused.stderr)


class HooksTest(unittest.TestCase):
    """One network of four for all cases. After each, super-2 is a good node again."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0, program="oortd-test").__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.network.client().create_bucket(Bucket="crash")
        cls.random = random.Random(17)
        cls.expected = {}

    def log_of(self, node):
        return (pathlib.Path(self.network.dir) / node / "logs" / "oortd.log").read_text()

    def metric(self, node, name):
        page = urllib.request.urlopen(
            f"http://{self.network.status()[node]['operator_endpoint']}/metrics").read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page, re.M))

    def upload(self, tag, until):
        """Uploads through super-1 and super-2 until `until()` holds."""
        workers = [Uploader(self.network, i, f"{tag}-{i}", self.random.random()) for i in (0, 1)]
        for worker in workers:
            worker.start()
        try:
            await_true(tag, until, 60)
        finally:
            for worker in workers:
                worker.is_stopped.set()
            for worker in workers:
                worker.join(60)
        acknowledged = workers[0].acknowledged | workers[1].acknowledged
        self.expected.update(acknowledged)
        self.assertTrue(acknowledged)
        return acknowledged

    def upload_for(self, seconds, tag):
        started = time.monotonic()
        return self.upload(tag, lambda: time.monotonic() > started + seconds)

    def recover(self, acknowledged):
        """Makes super-2 good again; it serves what was acknowledged and follows the one chain."""
        self.network.restart("super-2")
        check_objects(self.network, acknowledged, 1)
        check_no_fork(self.network)

    def test_1_a_crash_anywhere_loses_nothing_acknowledged(self):
        for name in FAILPOINTS:
            with self.subTest(name):
                count = self.random.randrange(2, 12)
                # It may crash before it is ready.
                self.network.restart("super-2", "--failpoint", f"{name}=crash@{count}",
                                     check=False)
                acknowledged = self.upload(
                    name, lambda: self.network.status()["super-2"] is None)
                self.assertIn(f"failpoint={name}", self.log_of("super-2").splitlines()[-1])
                self.recover(acknowledged)

    def test_2_a_validator_whose_log_fails_stops(self):
        for name, action, word in (("votes.sync", "eio", "DISK_FAILED"),
                                   ("votes.append", "enospc", "DISK_FULL"),
                                   ("ledger.commit", "eio", "DISK_FAILED")):
            with self.subTest(name):
                self.network.restart("super-2", "--failpoint", f"{name}={action}@20", check=False)
                acknowledged = self.upload(
                    f"{name}-{action}", lambda: self.network.status()["super-2"] is None)
                self.assertIn(word, self.log_of("super-2")[-4000:])
                self.recover(acknowledged)

    def test_3_a_node_whose_shards_cannot_be_written_does_not_stop_the_others(self):
        for name, action in (("shards.append", "enospc"), ("shards.sync", "eio")):
            with self.subTest(name):
                self.network.restart("super-2", "--failpoint", f"{name}={action}")
                acknowledged = self.upload_for(2, f"{name}-{action}")
                check_objects(self.network, acknowledged, 0)
                self.recover(acknowledged)

    def test_4_a_slow_disk_slows_and_breaks_nothing(self):
        self.network.restart("super-2", "--failpoint", "votes.sync=delay:100", "--failpoint",
                             "shards.sync=delay:100")
        self.recover(self.upload_for(2, "slow"))

    def test_5_a_double_voter_is_noticed_by_all(self):
        self.network.restart("super-2", "--misbehave", "double-vote@0.5")
        acknowledged = self.upload_for(2, "twice")
        self.assertIn("votes twice on purpose", self.log_of("super-2"))
        for node in ("super-1", "super-3", "super-4"):
            self.assertGreater(self.metric(node, "oort_chain_evidence_total"), 0, node)
            self.assertIn("a validator contradicted itself", self.log_of(node))
        brought = re.compile("evidence was brought to the ledger.* result=None")
        await_true("the ledger records it", lambda: any(
            brought.search(self.log_of(node)) for node in ("super-1", "super-3", "super-4")), 60)
        self.show_a_fault(brought)
        self.show_its_price()
        self.recover(acknowledged)

    def show_a_fault(self, brought):
        """Whoever holds the genesis file can be shown who broke the protocol."""
        logs = "".join(self.log_of(node) for node in ("super-1", "super-3", "super-4"))
        fault = re.search(r"fault=(\w{64})", brought.search(logs).group()).group(1)
        listed = json.loads(self.network.run(
            "evidence", "list", "--dir", self.network.dir, "--json").stdout)["evidence"]
        offender = self.network.status()["super-2"]["node_id"]
        self.assertIn(fault, [one["fault"] for one in listed])
        self.assertEqual({one["offender"] for one in listed}, {offender})
        path = os.path.join(self.network.folder, "fault")
        for name, claim in ((fault, "present"), ("00" * 32, "absent")):
            self.network.run("proof", "evidence", name, "--dir", self.network.dir, "--out", path)
            shown = json.loads(self.network.run(
                "verify", path, "--genesis", os.path.join(self.network.dir, "genesis.oort"),
                "--json").stdout)
            self.assertEqual(shown["claim"], claim)
            if claim == "present":
                record = shown["records"][0]["record"]
                self.assertEqual(record["fault"], fault)
                self.assertEqual(record["offender"], offender)

    def show_its_price(self):
        """The pool behind the double voter lost stake and does not witness."""
        pool = self.network.json("stake", "pool", "super-2", "--dir", self.network.dir)
        self.assertGreaterEqual(pool["faults_count"], 1)
        self.assertLess(int(pool["self"]), 1_000 * 10 ** 18)
        self.assertIn(pool["state"], ("offline", "exiting"))
        description = os.path.join(self.network.dir, "network.json")
        with open(description, encoding="utf-8") as file:
            socket = json.load(file)["nodes"][0]["admin_socket"]
        self.assertTrue(self.network.json("supply", "audit", "--socket", socket)["is_conserved"])

    def test_6_wrong_shards_are_read_around(self):
        self.network.restart("super-2", "--misbehave", "corrupt-shard@1")
        body = self.random.randbytes(2_000_000)
        self.network.client(2).put_object(Bucket="crash", Key="coded", Body=body)
        self.network.devnet("wait", "--durable", "--timeout", "150")
        for index in (0, 2, 3):
            read = self.network.client(index).get_object(Bucket="crash", Key="coded")["Body"].read()
            self.assertEqual(read, body)
        check_objects(self.network, self.expected, 0)
        self.assertIn("serves a wrong byte on purpose", self.log_of("super-2"))

    def test_7_a_wrong_clock_stops_nobody_else(self):
        hour_ms = 60 * 60 * 1000
        for offset in (hour_ms, -hour_ms):
            with self.subTest(offset):
                self.network.restart("super-2", "--clock-offset", str(offset), check=False)
                acknowledged = self.upload_for(3, f"clock{offset}")
                status = self.network.status()["super-1"]
                self.assertTrue(status["has_quorum"])
                # Nobody's blocks follow the wrong clock.
                self.assertLess(abs(status["time_ms"] - time.time() * 1000), 30_000)
                # A client whose clock is right is refused by the gateway whose clock is not.
                with self.assertRaises(botocore.exceptions.ClientError) as caught:
                    self.network.client(1).list_objects_v2(Bucket="crash")
                self.assertEqual(caught.exception.response["Error"]["Code"],
                                 "RequestTimeTooSkewed")
                self.recover(acknowledged)


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
