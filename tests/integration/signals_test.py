#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A script that is killed takes its network with it, and no other."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

DRILL = pathlib.Path(__file__).parent.parent / "drill"
sys.path.insert(0, str(DRILL))
from local_network import Network, await_true  # noqa: E402

# Says where its network is once it runs (or, with "early", once the first node starts), and hangs.
SCRIPT = f"""
import pathlib, sys, threading
sys.path.insert(0, {str(DRILL)!r})
from local_network import Network
network = Network(supers=2, archives=0, edges=0)
if sys.argv[1] == "early":
    print(network.folder, flush=True)
with network:
    if sys.argv[1] != "early":
        print(network.folder, flush=True)
    threading.Event().wait()
"""


def nodes_below(folder):
    """The processes that run a node whose configuration lies below `folder`."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(word.startswith(f"{folder}/") and word.endswith("config.toml") for word in words):
            found.append(int(entry.parent.name))
    return found


class SignalsTest(unittest.TestCase):
    def start(self, when):
        """The script, whose temporary files end with this test, and its network's folder."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        script = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-c", SCRIPT, when], stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, TMPDIR=folder.name))
        self.addCleanup(script.stdout.close)
        self.addCleanup(script.kill)
        found = script.stdout.readline().strip()
        self.addCleanup(lambda: [os.kill(pid, signal.SIGKILL) for pid in nodes_below(found)])
        return script, found

    def check_end(self, script, number, folder):
        script.send_signal(number)
        self.assertEqual(script.wait(60), -number)
        self.assertEqual(nodes_below(folder), [])
        self.assertFalse(pathlib.Path(folder).exists())

    def test_a_killed_script_takes_its_own_nodes_down(self):
        with Network(supers=1, archives=0, edges=0) as other:
            for number in (signal.SIGTERM, signal.SIGINT):
                script, folder = self.start("late")
                self.assertEqual(len(nodes_below(folder)), 2)
                self.check_end(script, number, folder)
            self.assertEqual(len(nodes_below(other.folder)), 1, "another network was touched")

    def test_a_network_that_is_just_starting_ends_too(self):
        script, folder = self.start("early")
        await_true("a node starts", lambda: nodes_below(folder), 30)
        self.check_end(script, signal.SIGTERM, folder)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
