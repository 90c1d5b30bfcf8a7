#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All processes die at once (SIGKILL) at seeded moments under upload and transfers, again and
again: whatever was acknowledged is there afterwards, identical, and no chain has forked."""
import argparse
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import botocore.exceptions

from local_network import Network


class Uploader(threading.Thread):
    """Puts objects through one gateway until told to stop; notes what was acknowledged."""

    def __init__(self, network, index, tag, seed):
        super().__init__(daemon=True)
        self.client = network.client(index, timeout=20)
        self.tag = tag
        self.random = random.Random(seed)
        self.acknowledged = {}
        self.is_stopped = threading.Event()

    def run(self):
        count = 0
        while not self.is_stopped.is_set():
            size = self.random.choice([0, 100, 4_000, 60_000, 70_000, 400_000, 9_000_000])
            body = self.random.randbytes(size)
            name = f"{self.tag}-{count}"
            count += 1
            try:
                self.client.put_object(Bucket="crash", Key=name, Body=body)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                continue
            self.acknowledged[name] = hashlib.sha256(body).hexdigest()


class Payer(threading.Thread):
    """Sends one OORT at a time; counts what was acknowledged and what might have been taken."""

    def __init__(self, network, account):
        super().__init__(daemon=True)
        self.network = network
        self.account = account
        self.sent_count = 0
        self.unknown_count = 0
        self.is_stopped = threading.Event()

    def run(self):
        owner = os.path.join(self.network.dir, "owner.key")
        while not self.is_stopped.is_set():
            done = self.network.run("transfer", "--key", owner, "--to", self.account, "--amount",
                                    "1", "--dir", self.network.dir, "--json", check=False)
            if done.returncode == 0:
                self.sent_count += 1
            elif self.is_stopped.is_set() or done.returncode not in (4,):
                self.unknown_count += 1
            time.sleep(0.05)


def pids_of(network):
    return [int((pathlib.Path(network.dir) / name / "pid").read_text())
            for name in network.status()]


def kill_all(network):
    for pid in pids_of(network):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def check_no_fork(network):
    """Every node has the same block at every tenth height, and at the lowest common tip."""
    status = network.status()
    tip = min(node["height"] for node in status.values())
    heights = sorted(set(range(1, tip, max(1, tip // 10))) | {tip})
    for height in heights:
        blocks = set()
        for node in status.values():
            shown = network.run("block", str(height), "--grpc", node["grpc_endpoint"], "--json")
            blocks.add(json.loads(shown.stdout)["block_id"])
        assert len(blocks) == 1, f"fork at height {height}: {blocks}"
    return tip


def check_objects(network, expected, index):
    # A node that is just up may ask for patience; it may not say that nothing is there.
    client = network.client(index, attempts=8)
    for name, digest in expected.items():
        body = client.get_object(Bucket="crash", Key=name)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == digest, f"{name} differs"


def balance_of(network, key):
    shown = network.run("account", "show", "--key", key, "--dir", network.dir, "--json").stdout
    return int(json.loads(shown)["balance"])


def run(arguments):
    chance = random.Random(arguments.seed)
    expected = {}
    sent_count = unknown_count = 0
    with Network(keep=arguments.keep) as network:
        network.client().create_bucket(Bucket="crash")
        key = os.path.join(network.folder, "payee.key")
        account = json.loads(network.run("keys", "new", key, "--json").stdout)["account"]
        for round_number in range(arguments.rounds):
            workers = [Uploader(network, i % 4, f"r{round_number}-{i}", chance.random())
                       for i in range(3)]
            payer = Payer(network, account)
            for worker in [*workers, payer]:
                worker.start()
            time.sleep(chance.uniform(0.5, 4))
            kill_all(network)
            for worker in [*workers, payer]:
                worker.is_stopped.set()
            for worker in [*workers, payer]:
                worker.join(60)
            network.devnet("up", "--detach")
            for worker in workers:
                expected.update(worker.acknowledged)
            sent_count += payer.sent_count
            unknown_count += payer.unknown_count
            check_objects(network, {name: digest for worker in workers
                                    for name, digest in worker.acknowledged.items()},
                          round_number % 4)
            tip = check_no_fork(network)
            balance = balance_of(network, key) // 10**18
            assert sent_count <= balance <= sent_count + unknown_count, (
                f"{sent_count} transfers were acknowledged, {unknown_count} unknown, "
                f"the balance is {balance}")
            print(f"round {round_number + 1}: height {tip}, {len(expected)} objects and "
                  f"{sent_count} transfers acknowledged, all there", file=sys.stderr, flush=True)
        check_objects(network, expected, 3)
        logs = subprocess.run(["grep", "-rlE", "signed twice|broken program", network.dir],
                              capture_output=True, text=True, check=False).stdout
        assert not logs, f"a node complained: {logs}"
    return {"rounds": arguments.rounds, "objects": len(expected), "transfers": sent_count,
            "height": tip}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the network's folder behind")
    arguments = parser.parse_args()
    figures = run(arguments)
    result = {"name": "crash", "passed": True, "figures": figures}
    print(json.dumps(result) if arguments.json else "crash drill passed")


if __name__ == "__main__":
    main()
