# SPDX-License-Identifier: Apache-2.0
import shutil
import subprocess
import unittest

from toy import ROOT, ToyTree


class Scripts(ToyTree):
    def setUp(self):
        super().setUp()
        for name in ("format.sh", "shell.sh"):
            self.write(f"tools/{name}", (ROOT / "tools" / name).read_text())
            (self.root / "tools" / name).chmod(0o755)
        shutil.copy(ROOT / ".clang-format", self.root)
        for folder in ("include", "src", "tests", "examples"):
            (self.root / folder).mkdir()
        self.write("src/a.cpp", "int a = 1;\n")

    def run_script(self, *command):
        return subprocess.run([self.root / "tools" / command[0], *command[1:]],
                              capture_output=True, text=True, check=False)

    def test_format_bites_and_mends(self):
        self.assertEqual(self.run_script("format.sh").returncode, 0)
        self.write("src/a.cpp", "int  a=1;\n")
        done = self.run_script("format.sh")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("src/a.cpp:1", done.stderr)
        self.assertEqual(self.run_script("format.sh", "--fix").returncode, 0)
        self.assertEqual((self.root / "src/a.cpp").read_text(), "int a = 1;\n")

    def test_shellcheck_bites_also_without_a_suffix(self):
        self.assertEqual(self.run_script("shell.sh").returncode, 0)
        self.write("dev", "#!/usr/bin/env bash\nrm -r $1\n")
        (self.root / "dev").chmod(0o755)
        done = self.run_script("shell.sh")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("SC2086", done.stdout)


if __name__ == "__main__":
    unittest.main()
