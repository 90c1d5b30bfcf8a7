#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operators found a network by hand, as docs/OPERATING.md says: init, genesis, start, register."""
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time
import unittest

OORTD = str(pathlib.Path(os.environ["OORT_BIN"]) / "oortd")
LIMIT_S = 60


def free_port():
    """Of the range that local networks use: below the ephemeral ports."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Operator:
    """One machine: its folder, its ports, its process."""

    def __init__(self, root, name, role="super"):
        self.folder = str(root / name)
        self.ports = {door: free_port() for door in ("network", "api", "s3", "operator")}
        run("init", self.folder, "--role", role, "--host", "127.0.0.1")
        self.entry = json.loads(self.read("node.json"))
        self.entry["endpoints"] = {"peer": f"127.0.0.1:{self.ports['network']}",
                                   "grpc": f"127.0.0.1:{self.ports['api']}"}
        self.entry["capacity_gib"] = 1
        pathlib.Path(self.folder, "node.json").write_text(json.dumps(self.entry))
        self.process = None

    def read(self, name):
        return pathlib.Path(self.folder, name).read_text()

    def start(self, genesis):
        pathlib.Path(self.folder, "genesis.oort").write_bytes(genesis)
        settings = [f"--set={door}.listen=127.0.0.1:{port}" for door, port in self.ports.items()]
        settings.append(f"--set=log.file={self.folder}/log")
        self.process = subprocess.Popen(
            [OORTD, "start", "--config", self.folder + "/oortd.toml", *settings])

    def grpc(self):
        return f"127.0.0.1:{self.ports['api']}"

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(LIMIT_S)
        return 0


def run(*words, expect=0):
    done = subprocess.run([OORTD, *words, "--json"], capture_output=True, text=True,
                          timeout=LIMIT_S, check=False)
    if done.returncode != expect:
        raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def await_true(what, condition):
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(what)
        time.sleep(0.1)


class OperatorTest(unittest.TestCase):
    def test_operators_found_a_network_and_another_joins(self):
        with tempfile.TemporaryDirectory(prefix="oort-operator-") as name:
            root = pathlib.Path(name)
            founders = [Operator(root, f"node-{i}") for i in range(4)]
            for node in founders:
                self.addCleanup(node.stop)
            money = run("keys", "new", str(root / "money.key"))["account"]
            description = {
                "chain_name": "by-hand",
                "accounts": [{"account": money, "balance": "1000"}],
                "nodes": [dict(node.entry, funds="10") for node in founders],
                "params": {"distinct_networks": False, "distinct_systems": False,
                           "idle_block_ms": 200}}
            (root / "network.json").write_text(json.dumps(description))
            made = run("genesis", "make", str(root / "network.json"), "--out",
                       str(root / "genesis.oort"))
            self.assertEqual(made["validators_count"], 4)
            again = run("genesis", "make", str(root / "network.json"), "--out",
                        str(root / "genesis.oort"), expect=1)
            self.assertEqual(again["error"]["reason"], "ALREADY_EXISTS")
            genesis = (root / "genesis.oort").read_bytes()
            for node in founders:
                node.start(genesis)
            for node in founders:
                await_true(f"{node.folder} is not ready", lambda node=node: self.is_ready(node))

            # A fifth machine, owned by whoever has the money, joins as an archive.
            guest = Operator(root, "guest", role="archive")
            self.addCleanup(guest.stop)
            run("node", "register", guest.folder + "/node.json", "--node-key",
                guest.folder + "/node.key", "--key", str(root / "money.key"), "--grpc",
                founders[0].grpc())
            guest.start(genesis)
            await_true("the guest is not ready", lambda: self.is_ready(guest))
            peers = run("peers", "--grpc", founders[1].grpc())["peers"]
            self.assertIn(guest.entry["node"], [peer["node_id"] for peer in peers])
            run("node", "update", guest.folder + "/node.json", "--key", str(root / "money.key"),
                "--status", "draining", "--grpc", guest.grpc())
            # Nobody else may.
            refused = run("node", "update", guest.folder + "/node.json", "--key",
                          founders[0].folder + "/node.key", "--grpc", guest.grpc(), expect=4)
            self.assertIn("NodeNotYours", json.dumps(refused))
            for node in [*founders, guest]:
                self.assertEqual(node.stop(), 0)

    @staticmethod
    def is_ready(node):
        done = subprocess.run([OORTD, "status", "--json", "--grpc", node.grpc()],
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        return done.returncode == 0 and json.loads(done.stdout)["is_ready"]


if __name__ == "__main__":
    unittest.main(verbosity=2)
