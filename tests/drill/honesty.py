#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node that serves wrong shards is found by hidden reads, proven by a panel, slashed and given no
more work; nobody else loses anything."""
import argparse
import json
import os
import pathlib
import random
import re
import sys
import threading
import time
import urllib.request

import botocore.exceptions

from local_network import Network, await_true

SABOTEUR = "super-2"
OBJECT_BYTES = 400_000


class Readers:
    """Clients who read through every gateway, as long as the block lasts."""

    def __init__(self, network, bodies, gateways):
        self.is_stopped = threading.Event()
        self.wrong = []
        self.reads_count = 0
        self.threads = [threading.Thread(target=self.read, args=(network.client(index), bodies))
                        for index in gateways]

    def read(self, client, bodies):
        chance = random.Random(3)
        while not self.is_stopped.is_set():
            name = chance.choice(sorted(bodies))
            try:
                got = client.get_object(Bucket="honest", Key=name)["Body"].read()
            except (botocore.exceptions.ClientError, botocore.exceptions.HTTPClientError):
                continue
            self.reads_count += 1
            if got != bodies[name]:
                self.wrong.append(name)
            self.is_stopped.wait(0.1)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopped.set()
        for thread in self.threads:
            thread.join()


class Drill:
    def __init__(self, seed=1, objects=8, patience=300):
        self.random = random.Random(seed)
        self.objects = objects
        self.patience = patience
        self.figures = {}
        self.steps = []

    def say(self, text):
        self.steps.append(text)
        print(text, file=sys.stderr, flush=True)

    def ask(self, *words):
        return self.network.json("honesty", *words, "--dir", self.network.dir)

    def verdicts(self, node):
        return self.ask("standing", node)["verdicts"]

    def store(self, prefix):
        client = self.network.client()
        bodies = {f"{prefix}-{i}": self.random.randbytes(OBJECT_BYTES)
                  for i in range(self.objects)}
        for name, body in bodies.items():
            client.put_object(Bucket="honest", Key=name, Body=body)
        return bodies

    def all_post(self):
        """Nodes that hold shards have something at stake, and post."""
        posted = [one for one in self.ask("standing")["standings"] if one["posted"] > 0]
        return len(posted) == 5

    def begin(self):
        self.network.client().create_bucket(Bucket="honest")
        bodies = self.store("first")
        await_true("five nodes post their roots", self.all_post, self.patience)
        self.say("five nodes post a root each round")
        await_true("audits are answered", lambda: self.ask("round")["audits_count"] > 3,
                   self.patience)
        self.say("the beacon asks for leaves of shards")
        return bodies

    def find(self, bodies):
        self.network.restart(SABOTEUR, "--misbehave", "corrupt-shard@1")
        self.say(f"{SABOTEUR} serves wrong bytes from now on")
        started = time.monotonic()

        def is_proven():
            return any(one["offence"] == "wrong result" for one in self.verdicts(SABOTEUR))

        with Readers(self.network, bodies, (0, 2, 3)) as readers:
            await_true("it is found, proven and slashed", is_proven, self.patience)
        self.figures["seconds_to_slash"] = round(time.monotonic() - started, 1)
        self.figures["reads"] = readers.reads_count
        assert not readers.wrong, f"wrong bytes reached clients: {readers.wrong}"
        assert readers.reads_count > 0
        self.say(f"{SABOTEUR} is slashed after {self.figures['seconds_to_slash']} s; "
                 f"{readers.reads_count} reads by clients were all right")

    def check_evidence(self, verdict):
        """Anybody comes to the verdict again, without the network."""
        path = os.path.join(self.network.folder, "evidence")
        shown = self.ask("show", verdict["subject"], "--bundle", path)
        assert shown["verdict"] == "convicted", shown
        genesis = os.path.join(self.network.dir, "genesis.oort")
        verified = self.network.json("verify", path, "--genesis", genesis)
        saboteur = self.network.status()[SABOTEUR]["node_id"]
        assert verified["leads_to"] == "convicted", verified
        assert verified["executor"] == saboteur, verified
        for line in verified["explanation"]:
            self.say(f"  {line}")

    def is_drained(self):
        """No shard of what is stored from now on goes to it."""
        def held():
            return self.network.status()[SABOTEUR]["storage"]["shard_bytes"]

        before = held()
        self.store("later")
        grown = held() - before
        assert grown < OBJECT_BYTES / 4, f"{SABOTEUR} was given {grown} bytes"
        self.say(f"{SABOTEUR} is given no further shards")

    def metric(self, node, name):
        """The sum over its labels; 0 where the node has none."""
        endpoint = self.network.status()[node]["operator_endpoint"]
        with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=30) as page:
            found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page.read().decode(), re.M)
        return sum(float(value) for value in found)

    def is_measured(self):
        """What operators see of it on their own nodes."""
        for name in (f"super-{i}" for i in range(1, 5)):
            against = self.metric(name, "oort_honesty_verdicts")
            assert (against > 0) == (name == SABOTEUR), (name, against)
            assert self.metric(name, "oort_honesty_round") > 0, name
            assert self.metric(name, "oort_honesty_posts_total") > 0, name
        found = sum(self.metric(f"super-{i}", "oort_honesty_wrong_results_total")
                    for i in (1, 3, 4))
        assert found > 0, found
        trust = {name: self.metric(name, "oort_honesty_credibility")
                 for name in ("super-1", SABOTEUR)}
        assert trust[SABOTEUR] < trust["super-1"] <= 1, trust
        self.say("metrics of each node tell the same")

    def outcome(self):
        slashed, penalised = [], []
        for name, status in self.network.status().items():
            if status is None or name.startswith("edge"):
                continue
            for verdict in self.verdicts(name):
                amount = int(verdict["burnt"]) + int(verdict["compensated"])
                is_silence = verdict["offence"] in ("unavailable", "missed audit")
                (penalised if is_silence else slashed).append(
                    {"node": name, "offence": verdict["offence"], "amount": str(amount),
                     "evidence": verdict["subject"]})
        return slashed, penalised

    def run(self):
        with Network(archives=1, edges=0, program="oortd-test") as self.network:
            bodies = self.begin()
            self.find(bodies)
            self.check_evidence(next(one for one in self.verdicts(SABOTEUR)
                                     if one["offence"] == "wrong result"))
            self.is_drained()
            self.is_measured()
            slashed, penalised = self.outcome()
        assert {one["node"] for one in slashed} == {SABOTEUR}, slashed
        assert all(int(one["amount"]) > 0 for one in slashed[:1]), slashed
        return {"name": "honesty", "passed": True, "misbehaving": [SABOTEUR], "slashed": slashed,
                "penalised": penalised, "steps": self.steps, "figures": self.figures}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    result = Drill(arguments.seed).run()
    print(json.dumps(result) if arguments.json else "honesty drill passed")


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).parent)
    main()
