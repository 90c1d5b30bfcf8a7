# SPDX-License-Identifier: Apache-2.0
import unittest

from toy import ToyTree

import tidy

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HASH_SPDX = "# SPDX-License-Identifier: Apache-2.0\n"


class Tidy(ToyTree):
    def rules(self):
        return sorted(violation.rule for violation in tidy.check(self.root))

    def source(self, body, path="src/store/a.cpp"):
        """Makes `body` the only source, a listed one, and returns the rules that are broken."""
        for old in [*self.root.rglob("*.cpp"), *self.root.rglob("CMakeLists.txt")]:
            old.unlink()
        folder, _, name = path.rpartition("/")
        self.write(path, SPDX + ("#pragma once\n" if path.endswith(".hpp") else "") + body)
        if path.endswith(".cpp"):
            self.write("CMakeLists.txt", HASH_SPDX + f"add_subdirectory({folder})\n")
            self.write(f"{folder}/CMakeLists.txt", HASH_SPDX + f"oort_module(x SOURCES {name})\n")
        return self.rules()

    def test_accepts_plain_code(self):
        self.assertEqual(self.source(
            "// A new peer may delete a block; std::cout is no stream of ours.\n"
            'const char* text = "new double using namespace";\n'
            "#include <new>\n"
            "struct A {\n  A(const A&) = delete;\n};\nauto b = std::make_unique<A>();\n"
            "auto c = std::unique_ptr<A>(new A(1));\nstd::unique_ptr<A> d(new A(1));\n"), [])

    def test_line_length(self):
        self.assertEqual(self.source("int " + "a, " * 40 + "b;\n"), ["line-length"])

    def test_a_word_that_cannot_be_broken_may_be_long(self):
        self.assertEqual(self.source(f'auto vector = "{"ab" * 60}";\n'), [])

    def test_file_length(self):
        self.assertEqual(self.source("int a;\n" * tidy.FILE_LINES_MAX), ["file-length"])

    def test_examples_are_short_and_of_the_house(self):
        path = "examples/cpp/a.cpp"
        self.assertEqual(self.source("int a;\n" * tidy.EXAMPLE_LINES_MAX, path), ["file-length"])
        self.assertEqual(self.source("auto* a = new int(1);\n", path), ["new"])
        self.write("examples/cpp/b.cpp", SPDX)
        self.assertEqual(self.source("std::cout << 1;\n", path), [])
        self.write("examples/cpp/b.cpp", SPDX)
        self.assertEqual(self.rules(), ["unlisted"])

    def test_function_length(self):
        body = "void f() {\n" + "  g();\n" * tidy.FUNCTION_LINES_MAX + "}\n"
        self.assertEqual(self.source(body), ["function-length"])

    def test_ratchet_only_shrinks(self):
        body = "void f() {\n" + "  g();\n" * 78 + "}\n"
        self.write(tidy.RATCHET, "src/store/a.cpp:f 80\n")
        self.assertEqual(self.source(body), [])
        self.write(tidy.RATCHET, "src/store/a.cpp:f 79\n")
        self.assertEqual(self.source(body), ["function-length"])
        self.write(tidy.RATCHET, "src/store/a.cpp:f 90\n")
        self.assertEqual(self.source(body), ["ratchet"])
        self.write(tidy.RATCHET, "src/store/gone.cpp:f 90\n")
        self.assertEqual(self.source("int a;\n"), ["ratchet"])

    def test_banned_everywhere(self):
        for rule, line in {
            "new": "auto* a = new int(1);",
            "delete": "delete a;",
            "using-namespace": "using namespace std;",
            "cout": "std::cout << 1;",
            "clock": "auto t = std::chrono::steady_clock::now();",
            "name": "class PeerManager {};",
        }.items():
            with self.subTest(rule):
                self.assertEqual(self.source(line + "\n"), [rule])

    def test_says_what_to_use_instead(self):
        self.source("auto* a = new int(1);\n")
        self.assertEqual(tidy.check(self.root)[0].message, "'new': use std::make_unique")

    def test_delete_of_an_array(self):
        self.assertEqual(self.source("delete[] a;\n"), ["delete"])

    def test_literals_may_be_opened(self):
        self.assertEqual(self.source("using namespace std::chrono_literals;\n"), [])

    def test_homes(self):
        self.assertEqual(self.source("std::cout << 1;\n", "src/cli/a.cpp"), [])
        self.assertEqual(self.source("auto t = std::chrono::system_clock::now();\n",
                                     "src/host/a.cpp"), [])

    def test_determinism(self):
        for rule, line in {
            "float": "double a = 1;",
            "unordered": "std::unordered_map<int, int> a;",
            "hash": "std::hash<int> a;",
            "pointer-order": "std::set<const Node*> a;",
            "thread": "#include <mutex>",
            "random": "#include <random>",
            "coroutine": "co_return a;",
            "clock": "using Clock = std::chrono::steady_clock;",
            "environment": 'auto a = std::getenv("A");',
            "locale": 'std::setlocale(LC_ALL, "");',
        }.items():
            for room in tidy.DETERMINISTIC:
                with self.subTest(rule, room=room):
                    self.assertEqual(self.source(line + "\n", f"src/{room}/a.cpp"), [rule])
            with self.subTest(rule, room="store"):
                self.assertEqual(self.source(line + "\n"), [])

    def test_sleeping_test(self):
        line = "TEST(A, B) { std::this_thread::sleep_for(1s); }\n"
        self.assertEqual(self.source(line, "tests/core/a.cpp"), ["sleep"])

    def test_awaited_temporary(self):
        self.assertEqual(self.source("task f() { co_await g(Agg{1}); }\n"), ["co-await"])

    def test_pragma_once(self):
        self.write("tests/support/a.hpp", SPDX + "int a;\n")
        self.assertEqual(self.rules(), ["pragma-once"])

    def test_spdx(self):
        self.write("src/store/CMakeLists.txt", HASH_SPDX + "add_library(a a.cpp)\n")
        self.write("CMakeLists.txt", HASH_SPDX + "add_subdirectory(src/store)\n")
        self.write("src/store/a.cpp", "int a;\n")
        self.write("tools/a.py", "#!/usr/bin/env python3\n" + HASH_SPDX)
        self.write("dev", "#!/bin/sh\necho\n")
        self.assertEqual(self.rules(), ["spdx", "spdx"])

    def test_history_in_a_comment(self):
        for comment in ("// This used to be a map.\n", "/* Formerly a map. */\n",
                        "// Previously, a map.\n", "// It no longer calls the store.\n"):
            with self.subTest(comment):
                self.assertEqual(self.source(comment), ["history"])

    def test_the_present_is_no_history(self):
        self.assertEqual(self.source(
            "// The key used to sign; a lease no longer held; a previously seen vote.\n"), [])

    def test_todo(self):
        self.assertEqual(self.source("// TODO fix\n// TODO(#12): bound the queue.\n"), ["todo"])

    def test_machine_path(self):
        self.write("docs/A.md", "# A\nSee /work" + "/main/a.\n")
        self.assertEqual(self.rules(), ["machine-path"])

    def test_source_that_nobody_builds(self):
        self.source("int a;\n")
        self.write("src/store/b.cpp", SPDX)
        self.assertEqual(self.rules(), ["unlisted"])

    def test_listed_by_a_variable_or_from_above(self):
        self.write("tests/CMakeLists.txt", HASH_SPDX + "add_library(a support/a.cpp)\n")
        self.write("tests/support/a.cpp", SPDX)
        self.write("tests/fuzz/CMakeLists.txt", HASH_SPDX + "oort_fuzz(x SOURCES ${n}_fuzz.cpp)\n")
        self.write("tests/fuzz/block_fuzz.cpp", SPDX)
        self.assertEqual(self.rules(), [])

    def test_public_header_that_nobody_checks(self):
        self.source("int a;\n")
        self.write("include/oort/store/b.hpp", SPDX + "#pragma once\n")
        self.assertEqual(self.rules(), ["unlisted"])

    def test_room_that_nobody_adds(self):
        self.write("CMakeLists.txt", HASH_SPDX)
        self.write("src/store/CMakeLists.txt", HASH_SPDX)
        self.assertEqual(self.rules(), ["unlisted"])

    def test_titles(self):
        self.write("docs/A.md", "# A\n```\n# a comment\n```\n")
        self.assertEqual(self.rules(), [])
        self.write("docs/A.md", "# A\n\n# B\n")
        self.assertEqual(self.rules(), ["title"])

    def test_dead_links(self):
        self.write("docs/B.md", "# Big title: `x`\n## Part two\n")
        self.write("docs/A.md", "# A\n[b](B.md#part-two) [c](https://example.org/x) [d](#a)\n")
        self.assertEqual(self.rules(), [])
        self.write("docs/A.md", "# A\n[b](C.md)\n")
        self.assertEqual(self.rules(), ["dead-link"])
        self.write("docs/A.md", "# A\n[b](B.md#part-three)\n")
        self.assertEqual(self.rules(), ["dead-link"])

    def test_blob(self):
        self.write("docs/a.bin", "a" * (tidy.BLOB_BYTES_MAX + 1))
        self.assertEqual(self.rules(), ["blob"])

    def test_blob_of_a_frozen_network(self):
        self.write("tests/frozen/v1.tar.xz", "a" * tidy.FROZEN_BYTES_MAX)
        self.assertEqual(self.rules(), [])
        self.write("tests/frozen/v1.tar.xz", "a" * (tidy.FROZEN_BYTES_MAX + 1))
        self.assertEqual(self.rules(), ["blob"])

    def test_uncited_invariant(self):
        self.write("src/store/README.md", "# store\n\n## Invariants\n\n- **S1** A.\n- **S2** B.\n")
        body = "TEST(A, Holds_S1) {}\n"
        self.assertEqual(self.source(body, "tests/store/a.cpp"), ["invariant"])
        self.assertEqual(self.source(body + "// Also S2.\n", "tests/store/a.cpp"), [])

    def test_uncited_invariant_of_a_header(self):
        self.source("TEST(A, Holds_K1) {}\n", "tests/env/a.cpp")
        self.write("include/oort/env/a.hpp",
                   SPDX + "#pragma once\n/// Invariants\n///   K1  A.\n///   K2  B.\n")
        self.write("src/env/CMakeLists.txt", HASH_SPDX + "oort_module(env PUBLIC_HEADERS a.hpp)\n")
        self.write("CMakeLists.txt", HASH_SPDX + "add_subdirectory(src/env)\n")
        self.assertEqual(self.rules(), ["invariant"])

    def test_reasons_are_documented(self):
        self.source("int a;\n")
        self.write("src/core/CMakeLists.txt", HASH_SPDX + "oort_module(core\n  reasons.hpp)\n")
        self.write("CMakeLists.txt", HASH_SPDX + "add_subdirectory(src/core)\n"
                   "add_subdirectory(src/store)\n")
        self.write("include/oort/core/reasons.hpp", SPDX + '#pragma once\nauto a = "NO_QUORUM";\n')
        self.write("docs/ERRORS.md", "# Errors\n\n| `NO_QUORUM` | Too few votes. |\n")
        self.assertEqual(self.rules(), [])
        self.write("docs/ERRORS.md", "# Errors\n")
        self.assertEqual(self.rules(), ["reason"])
        self.write("docs/ERRORS.md", "# Errors\n\n| `NO_QUORUM` | A. |\n| `GONE` | B. |\n")
        self.assertEqual(self.rules(), ["reason"])

    def test_every_fault_has_its_test(self):
        self.source("int a;\n")
        self.write("tests/integration/a_test.py",
                   HASH_SPDX + "class A:\n    def test_x(self):\n        pass\n")
        table = "# Faults\n\n| fault | test |\n|---|---|\n| gone | {} |\n"
        for cell, expected in (("`a.test_x`", []), ("–", ["fault"]), ("`a.test_y`", ["fault"]),
                               ("`b.test_x`", ["fault"]), ("`a.test_x`, `a.test_y`", ["fault"])):
            self.write("docs/FAULTS.md", table.format(cell))
            self.assertEqual(self.rules(), expected, cell)

    def test_every_room_has_its_row(self):
        self.source("int a;\n")
        self.write("docs/ARCHITECTURE.md", "# A\n\n| `host` `store` | drivers |\n")
        self.assertEqual(self.rules(), [])
        self.write("docs/ARCHITECTURE.md", "# A\n\n| `host` | the `store` and more |\n")
        self.assertEqual(self.rules(), ["room"])

    def test_a_reason_allows(self):
        line = "auto* a = new int;\n"
        self.assertEqual(self.source("// tidy: allow(new) gRPC deletes it.\n" + line), [])
        self.assertEqual(self.source("// tidy: allow(new)\n" + line), ["new"])
        self.assertEqual(self.source("// tidy: allow(delete) wrong.\n" + line), ["new"])


if __name__ == "__main__":
    unittest.main()
