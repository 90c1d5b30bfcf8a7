# SPDX-License-Identifier: Apache-2.0
"""The systemd unit, as systemd reads it."""
import re
import shutil
import subprocess
import unittest

from toy import ROOT, ToyTree

# systemd's own scale: 10 is wide open, 0 is shut. A plain service without options has 9.6.
EXPOSURE_MAX = 2.0


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
class Unit(ToyTree):
    def setUp(self):
        super().setUp()
        # A root that has what the unit names, so that nothing but the unit is judged.
        for program in ("usr/bin/oortd", "bin/kill"):
            self.write(program, "#!/bin/sh\n")
            (self.root / program).chmod(0o755)
        for target in ("network-online", "multi-user", "basic", "sysinit", "shutdown"):
            self.write(f"usr/lib/systemd/system/{target}.target",
                       f"[Unit]\nDescription={target}\n")
        self.unit = self.root / "usr/lib/systemd/system/oortd.service"
        shutil.copy(ROOT / "configs/oortd.service", self.unit)

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout + done.stderr

    def complaints(self):
        out = self.analyze("verify", "--man=no", "--recursive-errors=no", f"--root={self.root}",
                           "oortd.service")[1]
        return [line for line in out.splitlines() if "oortd" in line]

    def test_systemd_understands_every_line(self):
        self.assertEqual(self.complaints(), [])
        self.unit.write_text(self.unit.read_text().replace("RestartSec=5", "RestartSecs=5"))
        self.assertIn("RestartSecs", " ".join(self.complaints()))

    def test_little_is_exposed(self):
        out = self.analyze("security", "--offline=true", f"--root={self.root}",
                           "oortd.service")[1]
        exposure = re.search(r"exposure level for oortd.service: ([0-9.]+)", out)
        self.assertIsNotNone(exposure, out)
        self.assertLessEqual(float(exposure.group(1)), EXPOSURE_MAX, out)


if __name__ == "__main__":
    unittest.main()
