# SPDX-License-Identifier: Apache-2.0
"""The entry `./dev`, in a machine made of a few programs and fakes."""
import os
import re
import shutil
import subprocess
import unittest

from toy import ROOT, ToyTree

TOOLS = "bash cat comm dirname env find head nproc sed sort tr".split()


class Dev(ToyTree):
    def setUp(self):
        super().setUp()
        for name in TOOLS:
            (self.root / "bin").mkdir(exist_ok=True)
            (self.root / "bin" / name).symlink_to(shutil.which(name))
        self.write("repo/dev", (ROOT / "dev").read_text())
        (self.root / "repo/dev").chmod(0o755)
        self.write("repo/tools/packages.txt", "# Libraries\nliba-dev\nlibb-dev  # why\n\nc++\n")
        self.fake("id", "echo 0")
        self.fake("npm", "")
        self.fake("apt-get", f'echo "$@" >>{self.root}/apt.log')
        self.installed("liba-dev", "libb-dev", "c++")

    def fake(self, name, body):
        self.write(f"bin/{name}", f"#!{shutil.which('bash')}\n{body}\n")
        (self.root / "bin" / name).chmod(0o755)

    def installed(self, *packages):
        self.fake("dpkg-query", "printf '%s\\n' " + " ".join(f"'ii  {p}'" for p in packages)
                  + " 'rc  removed-dev'")

    def dev(self, *arguments):
        return subprocess.run([self.root / "repo/dev", *arguments], cwd=self.root,
                              env={"PATH": str(self.root / "bin"), "HOME": os.devnull},
                              capture_output=True, text=True, check=False)

    def apt_calls(self):
        log = self.root / "apt.log"
        return log.read_text().splitlines() if log.exists() else []

    def test_setup_touches_nothing_when_all_is_there(self):
        self.assertEqual(self.dev("setup").returncode, 0)
        self.assertEqual(self.apt_calls(), [])

    def test_setup_installs_exactly_what_is_missing(self):
        self.installed("liba-dev")
        done = self.dev("setup")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.apt_calls(), [
            "update -q", "install -y -q --no-install-recommends c++ libb-dev"])
        self.assertIn("Installing 2 packages: c++ libb-dev", done.stderr)

    def test_a_removed_package_is_missing(self):
        self.write("repo/tools/packages.txt", "removed-dev\n")
        self.dev("setup")
        self.assertIn("removed-dev", self.apt_calls()[-1])

    def test_node_comes_only_where_there_is_no_npm(self):
        (self.root / "bin/npm").unlink()
        self.dev("setup")
        self.assertTrue(self.apt_calls()[-1].endswith(" nodejs npm"), self.apt_calls())

    def test_setup_needs_root_or_sudo_and_says_so(self):
        self.installed()
        self.fake("id", "echo 1000")
        done = self.dev("setup")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no sudo", done.stderr)
        self.fake("sudo", '"$@"')
        self.assertEqual(self.dev("setup").returncode, 0)
        self.assertEqual(len(self.apt_calls()), 2)

    def test_a_failed_install_stops_everything(self):
        self.installed()
        self.fake("apt-get", "exit 100")
        self.fake("cmake", f"touch {self.root}/built")
        self.assertNotEqual(self.dev("test").returncode, 0)
        self.assertFalse((self.root / "built").exists())

    def test_tests_end_with_the_words_and_the_code_of_ctest(self):
        self.fake("cmake", "echo building")
        self.fake("ctest", "echo 90% tests passed; exit 8")
        done = self.dev("test")
        self.assertEqual(done.returncode, 8)
        self.assertEqual(done.stdout, "90% tests passed\n")

    def test_what_is_not_built_is_named(self):
        done = self.dev("exec", "oortd")
        self.assertEqual(done.returncode, 1)
        self.assertIn("oortd is not built: run ./dev build", done.stderr)

    def test_programs_run_where_the_caller_stands(self):
        self.write("repo/build/dev/bin/oortd", f"#!{shutil.which('bash')}\necho \"$PWD $*\"\n")
        (self.root / "repo/build/dev/bin/oortd").chmod(0o755)
        done = self.dev("env", "--dir", "x")
        self.assertEqual(done.stdout, f"{self.root} devnet env --dir x\n")

    def test_benches_and_drills_are_listed(self):
        self.write("repo/tests/bench/CMakeLists.txt", "oort_bench(s3-small SOURCES a.cpp)\n")
        self.write("repo/tests/bench/finality.py", "")
        (self.root / "repo/tests/bench/finality.py").chmod(0o755)
        self.assertEqual(self.dev("bench").stdout, "finality\ns3-small\n")
        self.assertEqual(self.dev("bench", "speed").returncode, 1)

    def test_help_names_every_command(self):
        text = (ROOT / "dev").read_text()
        commands = re.findall(r"^cmd_(\w+)\(\)", text, re.M)
        self.assertGreater(len(commands), 12)
        shown = self.dev("--help")
        self.assertEqual(shown.returncode, 0)
        for command in commands:
            self.assertRegex(shown.stdout, rf"(?m)^  {command}\b")
            self.assertRegex(text, rf"(?m)^  .*\b{command}\b.*[|\\)]")
        self.assertEqual(self.dev("dance").returncode, 2)


if __name__ == "__main__":
    unittest.main()
