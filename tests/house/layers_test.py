# SPDX-License-Identifier: Apache-2.0
import unittest

from toy import ToyTree

import layers

ROOMS = "core:  / \ncrypto: core / \nledger: core / crypto\n"


class Layers(ToyTree):
    def check(self, text=ROOMS):
        return layers.check(self.root, layers.read_layers(text))

    def assert_bites(self, found, *words):
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_accepts_what_is_stated(self):
        self.write("include/oort/ledger/a.hpp", '#include <vector>\n#include "oort/core/a.hpp"\n')
        self.write("src/ledger/a.cpp", '#include "oort/crypto/a.hpp"\n#include "b.hpp"\n')
        self.write("src/crypto/a.cpp", "#include <openssl/evp.h>\n#include <sodium.h>\n")
        self.assertEqual(self.check(), [])

    def test_source_names_an_unstated_room(self):
        self.write("src/crypto/a.cpp", '\n#include "oort/ledger/a.hpp"\n')
        self.assert_bites(self.check(), "src/crypto/a.cpp:2", "does not state ledger")

    def test_angle_brackets_are_no_way_around(self):
        self.write("src/crypto/a.cpp", "#  include <oort/ledger/a.hpp>\n")
        self.assert_bites(self.check(), "does not state ledger")

    def test_public_header_names_a_private_dep(self):
        self.write("include/oort/ledger/a.hpp", '#include "oort/crypto/a.hpp"\n')
        self.assert_bites(self.check(), "include/oort/ledger/a.hpp:1", "in DEPS")

    def test_deps_of_deps_must_be_stated(self):
        self.write("include/oort/node/a.hpp", '#include "oort/core/a.hpp"\n')
        self.assert_bites(self.check(ROOMS + "node: ledger / \n"), "does not state core")

    def test_cycle(self):
        found = self.check("a: b / \nb:  / c\nc: a / \n")
        self.assert_bites(found, "cycle", "a -> b -> c -> a")

    def test_stated_room_does_not_exist(self):
        self.assert_bites(self.check("a: ghost / \n"), "ghost")

    def test_vendor_outside_its_home(self):
        self.write("src/ledger/a.cpp", "#include <rocksdb/db.h>\n")
        self.assert_bites(self.check(), "RocksDB", "sources of store")

    def test_vendor_in_a_public_header_of_its_home(self):
        self.write("include/oort/crypto/a.hpp", "#include <openssl/evp.h>\n")
        self.assert_bites(self.check(), "OpenSSL", "no public header")

    def test_unknown_vendor_in_a_public_header(self):
        self.write("include/oort/core/a.hpp", "#include <fmt/core.h>\n#include <tl/expected.hpp>\n")
        self.assert_bites(self.check(), "fmt/core.h")

    def test_generated_grpc_outside_api(self):
        self.write("src/ledger/a.cpp", '#include "oort/v1/ledger.grpc.pb.h"\n')
        self.assert_bites(self.check(), "Protobuf")

    def test_path_out_of_the_room(self):
        self.write("src/ledger/a.cpp", '#include "../crypto/internal.hpp"\n')
        self.assert_bites(self.check(), "leaves its folder")

    def test_an_example_names_a_room(self):
        self.write("examples/cpp/a.cpp", '#include <oort/v1/node.grpc.pb.h>\n#include "b.hpp"\n'
                   "#include <openssl/evp.h>\n")
        self.assertEqual(self.check(), [])
        for header in ("oort/core/bytes.hpp", "../../src/cli/client.hpp"):
            self.write("examples/cpp/b.hpp", f'#include "{header}"\n')
            self.assert_bites(self.check(), "examples/cpp/b.hpp:1", "no room")

    def test_every_vendor_of_the_table_is_banned_somewhere(self):
        headers = {
            "RocksDB": "rocksdb/db.h", "Boost.Beast": "boost/beast/http.hpp",
            "Boost.Asio": "boost/asio/ip/tcp.hpp", "OpenSSL": "openssl/ssl.h",
            "libsodium": "sodium.h", "BLAKE3": "blake3.h", "ISA-L": "isa-l.h",
            "gRPC": "grpcpp/grpcpp.h", "Protobuf": "google/protobuf/message.h",
            "CUDA": "cuda_runtime.h", "spdlog": "spdlog/spdlog.h",
            "prometheus-cpp": "prometheus/counter.h", "pugixml": "pugixml.hpp",
            "toml++": "toml++/toml.h", "CLI11": "CLI/CLI.hpp",
            "nlohmann-json": "nlohmann/json.hpp", "libsystemd": "systemd/sd-daemon.h",
            "libarchive": "archive.h", "seccomp": "seccomp.h",
        }
        self.assertEqual(set(headers), {vendor for vendor, _, _ in layers.VENDORS})
        for vendor, header in headers.items():
            with self.subTest(vendor):
                why = layers.check_include(header, "ledger", False, {})
                self.assertIn(vendor, why or "")
                self.assertIn(vendor, layers.check_include(header, "ledger", True, {}) or "")


if __name__ == "__main__":
    unittest.main()
