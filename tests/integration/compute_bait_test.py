#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An executor that signs for wrong results of jobs that are run once, on live processes: nobody
does its tasks again, and a job whose answer its broker knows finds it."""
import os
import pathlib
import struct
import sys
import time
import unittest

import boto3
import botocore.config

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from compute import LIAR, Drill, vector  # noqa: E402
from local_network import Network, await_true  # noqa: E402
from plain_blake3 import blake3, derived  # noqa: E402

BROKER = "super-2"
OUTPUT_CONTEXT = "oort.v1 compute builtin output"
PATIENCE = 400


class Court(Drill):
    """A broker with a purse, and clients whose jobs are run once and have no output but a hash."""

    brokers = (BROKER,)

    def honesty(self, *words):
        return self.ask("honesty", *words)

    def verdicts(self, node):
        return self.honesty("standing", node)["verdicts"]

    def open_purse(self):
        """An account with credits, a bucket, and its key on the broker's disk."""
        network = self.network
        self.purse = os.path.join(network.dir, "purse.key")
        network.run("keys", "new", self.purse)
        account = self.ask("keys", "show", self.purse)["account"]
        self.ask("transfer", "--key", self.key("owner"), "--to", account, "--amount", "10")
        sale = ["--to", account, "--amount", "5000", "--reference", "for baits"]
        signed = self.ask("credits", "sign", *sale, "--key", self.key("processor-3"))["signature"]
        self.ask("credits", "buy", *sale, "--key", self.key("owner"), "--processor-key",
                 self.key("processor-1"), "--signature", signed)
        gateway = self.ids[BROKER]
        self.ask("grant", "create", "--key", self.purse, "--gateway", gateway)
        access = self.ask("accesskey", "create", "--key", self.purse, "--gateway", gateway)
        client = boto3.client(
            "s3", endpoint_url=network.s3_urls()[1], aws_access_key_id=access["access_key_id"],
            aws_secret_access_key=access["secret_access_key"],
            region_name=network.environment["AWS_DEFAULT_REGION"],
            config=botocore.config.Config(s3={"addressing_style": "path"}))
        client.create_bucket(Bucket="purse")
        network.devnet("stop", BROKER)
        network.restart(BROKER, "--set", f"honesty.purse_key={self.purse}",
                        "--set", "honesty.purse_bucket=purse",
                        "--set", "honesty.live_jobs_min=4", "--set", "honesty.live_reads_min=4")
        network.devnet("wait", "--timeout", "240")
        self.say(f"{BROKER} has a purse")

    def lie(self):
        self.network.devnet("stop", LIAR)
        self.network.restart(LIAR, "--misbehave", "wrong-result@1")
        self.network.devnet("wait", "--timeout", "240")
        self.say(f"{LIAR} signs for wrong results from now on")

    def order(self, number):
        """By turns, a job that the liar alone can get, and one that all others can."""
        others = [self.ids[name] for name in self.ids if name != LIAR]
        data = self.random.randbytes(3_000 + 2 * self.random.randrange(20_000) + 1)
        keep_out = others if number % 2 == 0 else [self.ids[LIAR]]
        job = self.submit(f"job-{number}", "blake3", b"\1" + vector([]),
                          [self.store(f"in-{number}", data)], outputs=[],
                          placement={"exclude_nodes": keep_out})
        wanted = struct.pack("<BIQ", 1, 1, len(data)) + blake3(data) + vector([])
        return job, number % 2 == 0, derived(OUTPUT_CONTEXT, wanted).hex()

    def find_liar(self):
        """Clients go on until the ledger has a verdict; nothing is run twice."""
        started = time.monotonic()
        ordered = []

        def is_proven():
            ordered.append(self.order(len(ordered)))
            return any(one["offence"] == "wrong result" for one in self.verdicts(LIAR))

        await_true("the liar is found, proven and slashed", is_proven, PATIENCE)
        self.figures["seconds_to_slash"] = round(time.monotonic() - started, 1)
        self.figures["jobs"] = len(ordered)
        # A client alone could not have known: its job succeeded, with a lie for an output.
        job, is_of_liar, truth = ordered[0]
        record = self.await_closed(job)
        assert is_of_liar and record["leases"] == 1 and record["output"] != truth, record
        job, _, truth = ordered[1]
        assert self.await_closed(job)["output"] == truth, self.record(job)
        self.say(f"{LIAR} is slashed after {self.figures['seconds_to_slash']} s "
                 f"and {len(ordered)} jobs of clients")

    def check_evidence(self):
        verdict = next(one for one in self.verdicts(LIAR) if one["offence"] == "wrong result")
        assert int(verdict["burnt"]) + int(verdict["compensated"]) > 0, verdict
        path = os.path.join(self.network.folder, "evidence")
        shown = self.honesty("show", verdict["subject"], "--bundle", path)
        assert shown["verdict"] == "convicted", shown
        genesis = os.path.join(self.network.dir, "genesis.oort")
        verified = self.network.json("verify", path, "--genesis", genesis)
        assert verified["leads_to"] == "convicted", verified
        assert verified["executor"] == self.ids[LIAR], verified
        assert any("officer" in line for line in verified["explanation"]), verified
        for line in verified["explanation"]:
            self.say(f"  {line}")

    def is_balanced(self):
        """Between what nodes are paid for baits and reveals, which goes on."""
        try:
            self.books()
        except AssertionError:
            return False
        return True

    def check_others(self):
        for name in self.ids:
            proven = [one for one in self.verdicts(name)
                      if one["offence"] not in ("unavailable", "missed audit")]
            assert (name == LIAR) == bool(proven), (name, proven)


class ComputeBaitTest(unittest.TestCase):
    def test_who_lies_where_nobody_looks_is_found_by_a_bait(self):
        with Network(archives=1, edges=0, program="oortd-test") as network:
            court = Court()
            court.begin(network)
            court.open_purse()
            court.lie()
            court.find_liar()
            court.check_evidence()
            court.check_others()
            await_true("all statements add up", court.is_balanced, 60)
            print(court.figures, file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
