#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names what clang-tidy's answer about a source depends on.

Reads sources on standard input and writes `KEY SOURCE` lines. A key is a hash over the rules (the
words given as arguments: versions, files), the command that compiles the source, the source, and
every header of the repository that it includes, however deep. Vendors' headers count by name only:
they come from the packages of one distribution. A source that nobody compiles has the key `-`.
"""
import argparse
import functools
import hashlib
import json
import pathlib
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<(oort/v1/[^>]+)>)', re.MULTILINE)


@functools.cache
def content_of(path):
    return path.read_bytes()


@functools.cache
def includes_of(path):
    """What a file includes of ours, as written: (in quotes, generated)."""
    return INCLUDE.findall(content_of(path).decode(errors="replace"))


def files_behind(root, source):
    """The source, every header of ours behind it, and all protos where it reads generated code."""
    room = pathlib.PurePath(*source.relative_to(root).parts[:2])
    seen, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for quoted, generated in includes_of(path):
            if generated:
                seen.update(root.glob("proto/**/*.proto"))
                continue
            for folder in (path.parent, root / room, root / "include"):
                if (folder / quoted).is_file():
                    waiting.append((folder / quoted).resolve())
                    break
    return sorted(seen)


def key_of(root, source, command, rules):
    digest = hashlib.sha256(rules)
    digest.update(command.replace(str(root), "").encode())
    for path in files_behind(root, source):
        digest.update(f"\0{path.relative_to(root)}\0{len(content_of(path))}\0".encode())
        digest.update(content_of(path))
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--commands", required=True, help="compile_commands.json")
    parser.add_argument("rules", nargs="*", help="files, or words where there is no such file")
    arguments = parser.parse_args()
    root = pathlib.Path.cwd().resolve()
    commands = {pathlib.Path(one["file"]).resolve(): one["command"]
                for one in json.loads(pathlib.Path(arguments.commands).read_text())}
    rules = b"\0".join(pathlib.Path(rule).read_bytes() if pathlib.Path(rule).is_file()
                       else rule.encode() for rule in arguments.rules)
    for line in filter(None, map(str.strip, sys.stdin)):
        source = (root / line).resolve()
        command = commands.get(source)
        print(key_of(root, source, command, rules) if command else "-", line)


if __name__ == "__main__":
    main()
