#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients pay and read through all nodes while nodes are killed, frozen and cut off: what they see
must be what one bank, asked one thing at a time, could have answered."""
import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time

from bank_history import Operation, is_linearizable, with_stale_read
from local_network import Network

OORT = 10**18
CLIENTS = 4
ACCOUNTS = 3
ANSWER_SECONDS = 20


class Client(threading.Thread):
    """Does one thing at a time through any node, and writes down what it asked and heard."""

    def __init__(self, network, endpoints, key, accounts, seed):
        super().__init__(daemon=True)
        self.network = network
        self.endpoints = endpoints
        self.key = key
        self.accounts = accounts
        self.random = random.Random(seed)
        self.history = []
        self.is_stopped = threading.Event()

    def ask(self, *arguments):
        """What oortd printed, or None when that is not known."""
        try:
            done = self.network.run(*arguments, "--grpc", self.random.choice(self.endpoints),
                                    "--json", check=False, timeout=ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        return json.loads(done.stdout) if done.returncode == 0 else None

    def run(self):
        while not self.is_stopped.is_set():
            operation = Operation(self.random.choice(self.accounts), time.monotonic())
            self.history.append(operation)
            if self.random.random() < 0.5:
                operation.paid = self.random.randint(1, 9)
                answer = self.ask("transfer", "--key", self.key, "--to", operation.account,
                                  "--amount", str(operation.paid))
            else:
                answer = self.ask("account", "show", operation.account)
            if answer is None:
                continue
            if operation.is_read():
                operation.balance = int(answer["balance"]) // OORT
            operation.returned = time.monotonic()


def new_account(network, name):
    key = os.path.join(network.folder, f"{name}.key")
    return key, json.loads(network.run("keys", "new", key, "--json").stdout)["account"]


def new_client(network, endpoints, accounts, number, seed):
    key, account = new_account(network, f"client-{number}")
    network.run("transfer", "--key", os.path.join(network.dir, "owner.key"), "--to", account,
                "--amount", "100000", "--dir", network.dir, "--json")
    return Client(network, endpoints, key, accounts, seed)


def trouble(network, chance):
    """Of one of four nodes, so that a quorum remains; or a cut through the middle, so that none
    does. Returns what it was."""
    names = sorted(network.status())
    victim = chance.choice(names)
    kind = chance.choice(["kill", "pause", "cut one", "cut the middle"])
    if kind == "kill":
        network.devnet("kill", victim)
        time.sleep(chance.uniform(0.2, 2))
        network.devnet("restart", victim)
    elif kind == "pause":
        network.devnet("pause", victim)
        time.sleep(chance.uniform(0.5, 3))
        network.devnet("resume", victim)
    else:
        others = [name for name in names if name != victim]
        one = [victim] if kind == "cut one" else [victim, others.pop()]
        network.devnet("partition", ",".join(one), ",".join(others))
        time.sleep(chance.uniform(0.5, 3))
        network.devnet("heal")
    return f"{kind} ({victim})"


def run(arguments):
    chance = random.Random(arguments.seed)
    with Network(archives=0, edges=0, keep=arguments.keep) as network:
        endpoints = [node["grpc_endpoint"] for node in network.status().values()]
        accounts = [new_account(network, f"account-{i}")[1] for i in range(ACCOUNTS)]
        clients = [new_client(network, endpoints, accounts, i, chance.random())
                   for i in range(CLIENTS)]
        for client in clients:
            client.start()
        for number in range(arguments.rounds):
            time.sleep(chance.uniform(0.2, 1))
            what = trouble(network, chance)
            print(f"round {number + 1}: {what}", file=sys.stderr, flush=True)
        time.sleep(2)
        for client in clients:
            client.is_stopped.set()
        for client in clients:
            client.join(ANSWER_SECONDS + 10)
    history = sorted((one for client in clients for one in client.history),
                     key=lambda one: one.invoked)
    assert is_linearizable(history), "no order explains what the clients saw"
    stale = with_stale_read(history)
    assert stale is not None, "nothing was paid and read"
    assert not is_linearizable(stale), "a stale read goes unnoticed"
    unknown = sum(one.returned is None and not one.is_read() for one in history)
    return {"rounds": arguments.rounds, "operations": len(history),
            "reads": sum(one.is_read() and one.returned is not None for one in history),
            "payments": sum(not one.is_read() for one in history) - unknown, "unknown": unknown}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the network's folder behind")
    arguments = parser.parse_args()
    result = {"name": "linearizable", "passed": True, "figures": run(arguments)}
    print(json.dumps(result) if arguments.json else "linearizability drill passed")


if __name__ == "__main__":
    main()
