#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who includes whom.

CMake writes one line a room into layers.txt, `room: deps / private deps`. A public header may name
its own room and the deps, a source also the private deps; what a dep needs in turn must be stated
again. Rooms form no cycle. Vendors' headers stand in the rooms named here and in no public header.
Examples are programs of outside developers: of ours they name the generated messages alone.
"""
import argparse
import pathlib
import re
import sys

# Vendor, the headers that are its own, and the rooms whose sources may name them.
VENDORS = [
    ("RocksDB", r"rocksdb/", "store"),
    ("Boost.Beast", r"boost/beast", "http"),
    ("Boost.Asio", r"boost/asio|boost/system", "net http host"),
    ("OpenSSL", r"openssl/", "crypto net"),
    ("libsodium", r"sodium(\.h|/)", "crypto"),
    ("BLAKE3", r"blake3", "crypto"),
    ("ISA-L", r"isa-l(\.h|/)", "object"),
    ("gRPC", r"grpc(pp)?/", "api cli"),
    ("Protobuf", r"google/|.*\.pb\.h$", "api cli"),
    ("CUDA", r"cuda|nvml|nvrtc", "gpu"),
    ("spdlog", r"spdlog/", "core"),
    ("prometheus-cpp", r"prometheus/", "core"),
    ("pugixml", r"pugixml", "s3"),
    ("toml++", r"toml\+\+|toml\.hpp", "node"),
    ("CLI11", r"CLI/", "cli"),
    ("nlohmann-json", r"nlohmann/", "http s3 api node cli sandbox"),
    ("libsystemd", r"systemd/", "host node"),
    ("libarchive", r"archive(_entry)?\.h$", "sandbox"),
    ("seccomp", r"seccomp\.h$", "sandbox"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
STANDARD = re.compile(r"[a-z0-9_]+$|(stdint|stddef|string)\.h$")


def read_layers(text):
    """layers.txt as {room: (deps, private deps)}."""
    layers = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        room, _, rest = line.partition(":")
        deps, _, private_deps = rest.partition("/")
        layers[room.strip()] = (deps.split(), private_deps.split())
    return layers


def find_cycle(layers):
    """One cycle as a list of rooms that ends where it begins, or an empty list."""
    done, path = set(), []

    def visit(room):
        if room in path:
            return path[path.index(room):] + [room]
        if room in done or room not in layers:
            return []
        path.append(room)
        for dep in layers[room][0] + layers[room][1]:
            cycle = visit(dep)
            if cycle:
                return cycle
        path.pop()
        done.add(room)
        return []

    return next(filter(None, map(visit, layers)), [])


def check_include(name, room, is_public, layers):
    """Why a file of `room` may not include `name`, or None."""
    if ".." in name.split("/"):
        return f"'{name}' leaves its folder; name the header from include/"
    ours = re.match(r"oort/([^/]+)/", name)
    if ours and not name.endswith(".pb.h"):
        other = ours.group(1)
        if room not in layers or other == room:
            return None
        deps, private_deps = layers[room]
        if other not in deps + ([] if is_public else private_deps):
            where = "DEPS" if is_public else "DEPS or PRIVATE_DEPS"
            return f"'{name}': src/{room}/CMakeLists.txt does not state {other} in {where}"
        return None
    for vendor, pattern, homes in VENDORS:
        if re.match(pattern, name) and (is_public or room not in homes.split()):
            where = "no public header" if is_public else f"the sources of {homes}, not of {room}"
            return f"'{name}': {vendor} belongs in {where}"
    if is_public and not STANDARD.match(name) and name != "tl/expected.hpp":
        return f"'{name}': a public header includes the standard library, tl/expected.hpp and oort/"
    return None


def check_examples(root):
    """Why examples show what an outside developer does not have, as lines of text."""
    for path in sorted((root / "examples").glob("**/*.[ch]pp")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            name = (match.group(1) or match.group(2)) if match else ""
            if ".." in name.split("/") or (name.startswith("oort/")
                                           and not name.endswith(".pb.h")):
                yield (f"{path.relative_to(root)}:{number}: '{name}': "
                       "an example knows the protos and no room")


def check(root, layers):
    """All violations below `root`, as lines of text."""
    found = []
    cycle = find_cycle(layers)
    if cycle:
        found.append("layers.txt: the rooms form a cycle: " + " -> ".join(cycle))
    for room, (deps, private_deps) in layers.items():
        for dep in deps + private_deps:
            # A room whose interface came before its sources has a folder, but no line yet.
            if dep not in layers and not (root / "src" / dep).is_dir():
                found.append(f"layers.txt: {room} states {dep}, which is no room")
    for folder, is_public in (("include/oort", True), ("src", False)):
        for path in sorted((root / folder).glob("*/**/*")):
            if path.suffix not in (".hpp", ".h", ".cpp", ".c", ".cu"):
                continue
            room = path.relative_to(root / folder).parts[0]
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                name = match and (match.group(1) or match.group(2))
                why = name and check_include(name, room, is_public, layers)
                if why:
                    found.append(f"{path.relative_to(root)}:{number}: {why}")
    found.extend(check_examples(root))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--layers", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    found = check(arguments.root, read_layers(arguments.layers.read_text()))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
