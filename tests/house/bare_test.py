# SPDX-License-Identifier: Apache-2.0
"""The drill on a bare machine, as far as it can be seen without making one."""
import os
import subprocess
import sys
import time
import unittest
from unittest import mock

from toy import ROOT, ToyTree

sys.path.insert(0, str(ROOT / "tests/drill"))
import bare  # noqa: E402


class Bare(ToyTree):
    def test_mirrors_are_read_in_both_notations(self):
        self.write("sources.list", "# deb http://no/ bookworm main\n"
                   "deb [arch=amd64] http://one/debian bookworm main\n"
                   "deb http://cloud/apt cloud-bookworm main\n")
        self.write("sources.list.d/debian.sources", "Types: deb deb-src\n# http://no/\n"
                   "URIs: http://two/debian\nSuites: bookworm bookworm-updates\n\n"
                   "Types: deb\nURIs: http://two/security\nSuites: bookworm-security trixie\n")
        self.assertEqual(bare.apt_sources(self.root), [
            ("http://one/debian", "bookworm"), ("http://two/debian", "bookworm"),
            ("http://two/debian", "bookworm-updates"),
            ("http://two/security", "bookworm-security")])

    def test_what_runs_is_what_the_readme_says(self):
        text = (ROOT / "README.md").read_text()
        script = bare.script_for(text, "test").splitlines()
        self.assertLess(script.index("./dev up --detach"), script.index("./dev down"))
        self.assertLess(script.index("./dev down"), script.index("./dev test"))
        for line in bare.readme_commands(text)[1]:
            self.assertIn(line, text)
            self.assertIn(line, script)
        self.assertNotIn("./dev test", bare.script_for(text, "up").splitlines())

    def test_a_readme_that_says_something_else_is_refused(self):
        text = (ROOT / "README.md").read_text()
        for changed in (text.replace("./dev test ", "./dev check "),
                        text.replace("./dev env", "oortd env"),
                        text.replace("\n./dev down\n", "\n")):
            with self.assertRaises(bare.Refused):
                bare.readme_commands(changed)

    def test_steps_and_tests_become_figures(self):
        lines = [(1, "== Installing 3 packages: a b c"), (5, "== Building"), (8, "[1/2] x"),
                 (9, "== Starting a local network"), (10, "== Using"), (12, "== Building"),
                 (13, "== Testing"), (19, "90% tests passed, 1 tests failed out of 10"),
                 (20, "== Done")]
        self.assertEqual(bare.figures_of(lines), {
            "setup_s": 4, "build_s": 5, "start_s": 1, "use_s": 2, "test_s": 7,
            "tests_passed": 9, "tests_failed": 1, "total_s": 20})

    def fake(self, name, body):
        self.write(f"bin/{name}", f"#!/bin/sh\n{body}\n")
        (self.root / "bin" / name).chmod(0o755)

    def drill(self):
        environment = dict(os.environ, TMPDIR=str(self.root / "tmp"),
                           PATH=f"{self.root}/bin:{os.environ['PATH']}")
        (self.root / "tmp").mkdir()
        return subprocess.Popen([sys.executable, ROOT / "tests/drill/bare.py"], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @unittest.skipUnless(os.geteuid() == 0, "only root may")
    def test_it_cleans_up_when_it_is_told_to_end(self):
        self.fake("debootstrap", f"mkdir -p $3/proc; echo $3 >{self.root}/began; exec sleep 1000")
        self.fake("unshare", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"')
        with self.drill() as process:
            while not (self.root / "began").exists():
                self.assertIsNone(process.poll(), "it ended by itself")
                time.sleep(0.01)
            process.terminate()
            process.communicate()
        self.assertEqual(process.returncode, 143)
        self.assertEqual(list((self.root / "tmp").iterdir()), [])

    def test_where_it_cannot_run_it_says_so(self):
        with mock.patch("os.geteuid", return_value=1000), self.assertRaises(bare.Refused) as told:
            bare.refuse_where_it_cannot_run()
        self.assertIn("root", str(told.exception))
        with mock.patch("os.geteuid", return_value=0), mock.patch(
                "shutil.which", side_effect=lambda name: name != "debootstrap" and name
        ), self.assertRaises(bare.Refused) as told:
            bare.refuse_where_it_cannot_run()
        self.assertIn("debootstrap is not installed", str(told.exception))


if __name__ == "__main__":
    unittest.main()
