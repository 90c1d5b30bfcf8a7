# SPDX-License-Identifier: Apache-2.0
"""The link check and the check of self-contained headers, on a toy project with our own CMake."""
import subprocess
import unittest

from toy import ROOT, ToyTree

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
TOP = """cmake_minimum_required(VERSION 3.24)
project(toy LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(OORT_PCH OFF)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_SOURCE_DIR}/cmake")
add_library(oort_warnings INTERFACE)
include(oort_module)
add_subdirectory(src/low)
add_subdirectory(src/high)
oort_finish()
"""


class Build(ToyTree):
    def setUp(self):
        super().setUp()
        for folder in ("cmake", "tools"):
            (self.root / folder).symlink_to(ROOT / folder)
        self.write("CMakeLists.txt", TOP)
        self.write("src/low/CMakeLists.txt",
                   "oort_module(low SOURCES low.cpp PUBLIC_HEADERS low.hpp)\n")
        self.write("include/oort/low/low.hpp", SPDX + "#pragma once\nint low();\n")
        self.write("src/low/low.cpp", '#include "oort/low/low.hpp"\nint low() { return 1; }\n')
        self.write("include/oort/high/high.hpp", SPDX + "#pragma once\nint high();\n")
        self.high("DEPS low", '#include "oort/low/low.hpp"\nint high() { return low(); }\n')

    def high(self, deps, body):
        self.write("src/high/CMakeLists.txt",
                   f"oort_module(high SOURCES high.cpp PUBLIC_HEADERS high.hpp {deps})\n")
        self.write("src/high/high.cpp", body)

    def build(self, *targets):
        out = ""
        for command in (["cmake", "-G", "Ninja", "-B", "build", "-S", "."],
                        ["cmake", "--build", "build", "-j", "1", "--target", *targets]):
            done = subprocess.run(command, cwd=self.root, capture_output=True, text=True,
                                  check=False)
            out += done.stdout + done.stderr
            if done.returncode != 0:
                return done.returncode, out
        return 0, out

    def test_an_honest_project_passes(self):
        code, out = self.build("all", "link_check", "all_verify_interface_header_sets")
        self.assertEqual(code, 0, out)

    def test_undeclared_dependency_does_not_link(self):
        # Declared by hand, so that no include betrays it: only the linker can know.
        self.high(deps="", body="int low();\nint high() { return low(); }\n")
        code, out = self.build("all")
        self.assertEqual(code, 0, "an archive alone does not notice: " + out)
        code, out = self.build("link_check")
        self.assertNotEqual(code, 0)
        self.assertRegex(out, r"undefined (symbol|reference).*low\(\)")

    def test_undeclared_include_fails_the_ordinary_build(self):
        self.high(deps="", body='#include "oort/low/low.hpp"\nint high() { return 1; }\n')
        code, out = self.build("all")
        self.assertNotEqual(code, 0)
        self.assertIn("src/high/high.cpp:1", out)
        self.assertIn("does not state low", out)

    def test_header_that_needs_another_before_it(self):
        self.write("include/oort/high/high.hpp", SPDX + "#pragma once\nstd::string high();\n")
        self.high(deps="", body='#include <string>\n#include "oort/high/high.hpp"\n'
                  "std::string high() { return {}; }\n")
        code, out = self.build("all")
        self.assertEqual(code, 0, out)
        code, out = self.build("all_verify_interface_header_sets")
        self.assertNotEqual(code, 0)
        self.assertIn("high.hpp", out)


if __name__ == "__main__":
    unittest.main()
