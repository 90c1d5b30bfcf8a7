# SPDX-License-Identifier: Apache-2.0
"""The options of .clang-tidy, on sources that each break one rule."""
import json
import os
import subprocess
import unittest

from toy import ROOT, ToyTree

CLEAN = """#include "oort/ledger/vote.hpp"

namespace oort::ledger {

constexpr int votes_count_max = 7;

enum class Kind { First, Second };

class VoteSet {
 public:
  explicit VoteSet(int votes_count) : votes_count_(votes_count) {}
  [[nodiscard]] int weight_of(const Vote& vote) const { return vote.weight + votes_count_; }

 private:
  int votes_count_;
};

int use(const Vote& vote) {
  if (vote.weight > votes_count_max) return 0;
  return VoteSet(static_cast<int>(Kind::Second)).weight_of(vote);
}

}  // namespace oort::ledger
"""


class Lint(ToyTree):
    def setUp(self):
        super().setUp()
        self.write("include/oort/ledger/vote.hpp",
                   '#pragma once\n#include "oort/ledger/deep.hpp"\n'
                   "struct Vote { int weight = 0; };\n")
        self.write("include/oort/ledger/deep.hpp",
                   "#pragma once\nstruct Deep { int depth = 0; };\n")

    def findings(self, text):
        self.write("src/a.cpp", text)
        done = subprocess.run(
            ["clang-tidy-19", "--quiet", f"--config-file={ROOT}/.clang-tidy", "src/a.cpp", "--",
             "-std=c++20", "-Iinclude"],
            cwd=self.root, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def make_tree(self):
        """Two rooms with one source each, and what tools/lint.sh needs."""
        for name in ("tools/lint.sh", "tools/lint_keys.py", ".clang-tidy", "CMakePresets.json"):
            self.write(name, (ROOT / name).read_text())
        (self.root / "tools/lint_keys.py").chmod(0o755)
        self.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.24)\nproject(toy CXX)\n"
                   "set(CMAKE_EXPORT_COMPILE_COMMANDS ON)\n"
                   "include_directories(include)\n"
                   "add_library(toy src/ledger/a.cpp src/chain/a.cpp)\n")
        source = CLEAN.replace("enum", "int deep(const Deep& deep);\n\nenum")
        for room in ("ledger", "chain"):
            self.write(f"src/{room}/a.cpp", source)

    def lint(self, *rooms):
        return subprocess.run(
            ["bash", "tools/lint.sh", "100"],
            input="".join(f"src/{room}/a.cpp\n" for room in rooms), cwd=self.root,
            capture_output=True, text=True, check=False,
            env=os.environ | {"XDG_CACHE_HOME": str(self.root / "cache")})

    def test_only_the_words_of_ones_own_room_may_come_through_its_headers(self):
        self.make_tree()
        for room, code in (("ledger", 0), ("chain", 1)):
            done = self.lint(room)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertEqual("misc-include-cleaner" in done.stdout, code == 1)

    def test_what_was_clean_is_looked_at_again_when_something_behind_it_changed(self):
        self.make_tree()
        self.assertEqual(self.lint("ledger", "chain").returncode, 1)
        done = self.lint("ledger", "chain")
        self.assertEqual(done.returncode, 1, "what was found stays found")
        self.assertIn("1 of 2 files changed", done.stderr)
        self.assertIn("0 of 1 files changed", self.lint("ledger").stderr)
        self.write("include/oort/ledger/deep.hpp", "#pragma once\nstruct deep_ { int depth; };\n"
                   "using Deep = deep_;\n")
        done = self.lint("ledger")
        self.assertIn("1 of 1 files checked", done.stderr)
        self.assertIn("readability-identifier-naming", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_a_key_is_of_the_rules_the_command_and_everything_behind_the_source(self):
        for name, text in (("src/ledger/a.cpp", '#include "near.hpp"\n#include <oort/v1/x.pb.h>\n'),
                           ("src/ledger/near.hpp", ' # include "oort/ledger/vote.hpp"\n'),
                           ("include/oort/chain/far.hpp", "int far();\n"),
                           ("proto/oort/v1/x.proto", "// x\n"), ("rules", "some")):
            self.write(name, text)

        def key(flag="-O0", source="src/ledger/a.cpp"):
            self.write("commands.json", json.dumps([
                {"file": str(self.root / "src/ledger/a.cpp"),
                 "command": f"c++ {flag} -I{self.root.resolve()}/include"}]))
            return subprocess.run(
                [ROOT / "tools/lint_keys.py", "--commands", "commands.json", "rules", "1.0"],
                input=source, cwd=self.root, capture_output=True, text=True,
                check=True).stdout.split()[0]

        self.assertEqual(key(source="src/chain/a.cpp"), "-")
        known = {key()}
        self.assertEqual({key()}, known)
        self.write("include/oort/chain/far.hpp", "int farther();\n")
        self.assertEqual({key()}, known)
        for name in ("src/ledger/a.cpp", "src/ledger/near.hpp", "include/oort/ledger/vote.hpp",
                     "include/oort/ledger/deep.hpp", "proto/oort/v1/x.proto", "rules"):
            self.write(name, (self.root / name).read_text() + " ")
            self.assertNotIn(key(), known, name)
            known.add(key())
        self.assertNotIn(key("-O1"), known)

    def test_accepts_the_house_style(self):
        self.assertEqual(self.findings(CLEAN), (0, ""))

    def test_bites(self):
        for check, old, new in (
                ("readability-identifier-naming", "votes_count_max", "kVotesCountMax"),
                ("readability-identifier-naming", "weight_of", "weightOf"),
                ("readability-identifier-naming", "VoteSet", "vote_set"),
                ("readability-identifier-naming", "First", "first"),
                ("readability-identifier-naming", "votes_count_;", "votes_count_;\n  int bare;"),
                ("readability-else-after-return", "return 0;\n", "return 0;\n  else use(vote);\n"),
                ("misc-const-correctness", "  if", "  int n = 1;\n  if (n == 3) return 3;\n  if"),
                ("cppcoreguidelines-init-variables", "  if", "  int n;\n  n = use(vote);\n  if"),
                ("misc-include-cleaner", "constexpr", "int deep(const Deep& deep);\nconstexpr"),
                ("modernize-use-nullptr", "return 0;", "return static_cast<int*>(0) == nullptr;")):
            with self.subTest(check, new=new):
                self.assertIn(old, CLEAN)
                code, out = self.findings(CLEAN.replace(old, new))
                self.assertNotEqual(code, 0)
                self.assertIn(check, out)


if __name__ == "__main__":
    unittest.main()
