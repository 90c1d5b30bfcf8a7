#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node that is told to stop ends, whatever its callers wait for."""
import json
import pathlib
import random
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from local_network import Network, await_true  # noqa: E402


class StopTest(unittest.TestCase):
    def start_own(self, network, name):
        """The node as a child of this process, which learns how it exits."""
        folder = pathlib.Path(network.dir) / name
        network.devnet("kill", name)
        log = open(folder / "logs" / "oortd.log", "ab")  # pylint: disable=consider-using-with
        self.addCleanup(log.close)
        node = subprocess.Popen(  # pylint: disable=consider-using-with
            [network.binary, "start", "--config", str(folder / "config.toml")], stdout=log,
            stderr=log)
        self.addCleanup(node.kill)
        (folder / "pid").write_text(str(node.pid))
        await_true(f"{name} is ready", lambda: (network.status()[name] or {}).get("is_ready"), 60)
        return node

    def test_it_does_not_wait_for_what_never_comes(self):
        with Network(archives=0, edges=0) as network:
            client = network.client()
            client.create_bucket(Bucket="held")
            client.put_object(Bucket="held", Key="o", Body=random.Random(3).randbytes(900_000))
            network.devnet("kill", "super-4")
            node = self.start_own(network, "super-1")
            description = json.loads((pathlib.Path(network.dir) / "network.json").read_text())
            door = next(entry["admin_socket"] for entry in description["nodes"]
                        if entry["name"] == "super-1")
            # What super-4 held is missing for as long as it is away.
            await_true("shards are missing", lambda: network.status()["super-1"]["storage"]
                       ["missing_shards_count"] > 0, 60)
            waiting = subprocess.Popen(  # pylint: disable=consider-using-with
                [network.binary, "devnet", "wait", "--durable", "--timeout", "600", "--dir",
                 network.dir], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(waiting.kill)
            await_true("somebody waits", lambda: pathlib.Path("/proc/net/unix").read_text().count(
                door) > 1, 30)
            node.send_signal(signal.SIGTERM)
            self.assertEqual(node.wait(120), 0)
            _, errors = waiting.communicate(timeout=120)
            self.assertNotEqual(waiting.returncode, 0)
            self.assertIn("CANCELLED", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
