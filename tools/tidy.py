#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the repository for the house rules of docs/STYLE.md that a compiler cannot see.

A line that has a good reason to break a rule says so in a comment on that line or the one above:
`tidy: allow(rule) reason`.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

import cpp_text

Violation = collections.namedtuple("Violation", "path line rule message")

LINE_LENGTH_MAX = 100
FILE_LINES_MAX = 800
# An example is read as a whole before it is copied.
EXAMPLE_LINES_MAX = 150
FUNCTION_LINES_MAX = 70
# A test tells a story in order, so it may be longer than what it tests.
TEST_LINES_MAX = 100
BLOB_BYTES_MAX = 256 * 1024
# A whole network, once for each change of a format.
FROZEN_BYTES_MAX = 1024 * 1024
RATCHET = "tools/long_functions.txt"

CPP = (".cpp", ".hpp", ".h", ".c", ".cu")
CODE = CPP + (".py", ".sh", ".cmake", ".proto")
DETERMINISTIC = "consensus ledger codec".split()
PURE = "core crypto codec env consensus ledger chain object datahub".split()


def _rooms(*folders, but=()):
    """Paths of these top folders, less those of some rooms."""
    def applies(path):
        parts = path.split("/")
        room = parts[2] if parts[0] == "include" and len(parts) > 2 else (parts + [""])[1]
        return parts[0] in folders and room not in but
    return applies


def _deterministic(path):
    return any(re.match(rf"(src|include/oort)/{room}/", path) for room in DETERMINISTIC)


def _pure_tests(path):
    return any(path.startswith(f"tests/{room}/") for room in PURE)


# Rule, where it applies, what is banned in code, and what to write instead.
BANNED = [
    ("new", _rooms("src", "include", "tests", "examples"),
     # A smart pointer that is made around it may name a private constructor.
     r"^(?!.*_ptr<[^;]*>\s*\w*\(new\b).*?(?P<word>(?<!operator )(?<!<)\bnew\b)(?!\s*[,;()\]])",
     "std::make_unique"),
    ("delete", _rooms("src", "include", "tests", "examples"),
     r"(?<!operator )\bdelete\b(?:\s*\[\s*\])?\s*[\w(*]", "a std::unique_ptr that owns"),
    ("using-namespace", _rooms("src", "include", "examples"),
     r"\busing\s+namespace\b(?!\s+std::(?:chrono;|(?:\w+::)*\w*literals\b))",
     "the name in full, or an alias"),
    ("cout", _rooms("src", "include", but=["cli"]),
     r"\bstd::cout\b", "oort::log, or a stream that the caller gives"),
    ("clock", _rooms("src", "include", but=["host"]),
     r"\bstd::chrono::\w+_clock::now\b", "env::Clock"),
    ("sleep", _pure_tests,
     r"\bsleep_(?:for|until)\b|\bu?sleep\s*\(", "a fake clock, or a condition to wait for"),
    ("name", _rooms("src", "include", "tests", "examples"),
     r"\b(?:class|struct)\s+\w*(?:Manager|Helpers?|Utils?|Info)\b(?!\s*;)",
     "a word that says what it is"),
    ("float", _deterministic, r"\b(?:float|double)\b", "checked integers"),
    ("unordered", _deterministic, r"\bstd::unordered_\w+", "std::map, or a sorted std::vector"),
    ("hash", _deterministic, r"\bstd::hash\b", "crypto's BLAKE3, or an ordered container"),
    ("pointer-order", _deterministic,
     r"\bstd::(?:set|map)<\s*(?:const\s+)?[\w:]+(?:\s+const)?\s*\*", "a key that is a value"),
    ("thread", _deterministic,
     r"#\s*include\s*<(?:thread|mutex|shared_mutex|condition_variable|future|atomic|stop_token)>"
     r"|\bstd::(?:jthread|thread|mutex|atomic|async)\b|\bthread_local\b",
     "a step function; its driver owns the threads"),
    ("random", _deterministic, r"#\s*include\s*<random>|\bs?rand\s*\(|\brandom_device\b",
     "a seed in the input"),
    ("coroutine", _deterministic, r"\bco_(?:await|return|yield)\b",
     "outputs that a driver acts on"),
    ("clock", _deterministic,
     r"\bstd::chrono::\w+_clock\b|\bgettimeofday\b|\bclock_gettime\b"
     r"|(?<![\w.>])time\s*\(\s*(?:nullptr|0|NULL)\s*\)",
     "the time that the input carries"),
    ("environment", _deterministic, r"\b(?:secure_)?getenv\b", "a field of the genesis"),
    ("locale", _deterministic, r"\bsetlocale\b|\bstd::locale\b|#\s*include\s*<locale>",
     "bytes as they are"),
]
BANNED = [(rule, applies, re.compile(ban), use) for rule, applies, ban, use in BANNED]

HISTORY = re.compile(
    r"\bformerly\b|\bpreviously,|\b(?:was|were) previously (?:an?|in|called|named|done|here)\b"
    r"|\bpreviously (?:this|it|we|a|an)\b|\b(?:it|this|we|they|there|code) used to\b"
    r"|\bused to (?:be|have|live|stand|return)\b"
    r"|\bno longer (?:uses?|calls?|takes?|returns?|needs to)\b", re.I)
TODO = re.compile(r"\b(?:TODO(?!\(#\d+\):)|FIXME|XXX|HACK)\b")
ALLOW = re.compile(r"tidy: allow\(([\w-]+)\)\s+\S+")
# Written in two parts, for this file is read too.
MACHINE_PATH = re.compile(r"(?<![\w.$})-])/" + r"(?:work/(?:main|wt|shared)|tmp/w)\b")


class Repository:
    """The files of one tree: those git knows or does not ignore, or all where there is no git."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        if (self.root / ".git").exists():
            listed = subprocess.run(
                ["git", "-C", str(self.root), "ls-files", "-coz", "--exclude-standard"],
                check=True, capture_output=True, text=True).stdout.split("\0")
        else:
            listed = [str(path.relative_to(self.root)) for path in self.root.rglob("*")]
        self.paths = sorted({path for path in listed if (self.root / path).is_file()})
        self._texts = {}

    def text(self, path):
        if path not in self._texts:
            raw = (self.root / path).read_bytes()
            is_binary = b"\0" in raw[:4096] or len(raw) > BLOB_BYTES_MAX
            self._texts[path] = "" if is_binary else raw.decode("utf-8", "replace")
        return self._texts[path]

    def lines(self, path):
        return self.text(path).splitlines()

    def under(self, *prefixes, suffixes=CPP):
        return [path for path in self.paths
                if path.startswith(prefixes) and path.endswith(suffixes)]

    def is_code(self, path):
        name = path.rsplit("/", 1)[-1]
        if path.endswith(CODE) or name == "CMakeLists.txt":
            return True
        return "." not in name.lstrip(".") and self.text(path).startswith("#!")


def check_lines(repository):
    """Length of lines and files, the licence line, places on somebody's machine."""
    for path in repository.paths:
        lines = repository.lines(path)
        for number, line in enumerate(lines, 1):
            if MACHINE_PATH.search(line):
                yield Violation(path, number, "machine-path", "names a folder of one machine")
        if not repository.is_code(path):
            continue
        for number, line in enumerate(lines, 1):
            # A word that cannot be broken, such as a test vector or an address, may stand.
            if len(line) > LINE_LENGTH_MAX and not re.search(r"[^\s,]{48}", line):
                yield Violation(path, number, "line-length",
                                f"{len(line)} characters; {LINE_LENGTH_MAX} at most")
        lines_max = EXAMPLE_LINES_MAX if path.startswith("examples/") else FILE_LINES_MAX
        if len(lines) > lines_max:
            yield Violation(path, len(lines), "file-length",
                            f"{len(lines)} lines; {lines_max} at most, so split it")
        if lines and "SPDX-License-Identifier: Apache-2.0" not in "\n".join(lines[:2]):
            yield Violation(path, 1, "spdx", "begin with SPDX-License-Identifier: Apache-2.0")


def check_cpp(repository):
    """Banned words, awaited temporaries, `#pragma once`, comments."""
    for path in repository.under("src/", "include/", "tests/", "examples/"):
        text = repository.text(path)
        code, comments = cpp_text.split(text)
        if path.endswith(".hpp") and not re.search(r"^#pragma once$", text, re.M):
            yield Violation(path, 1, "pragma-once", "a header begins with #pragma once")
        rules = [(rule, ban, use) for rule, applies, ban, use in BANNED if applies(path)]
        for number, line in enumerate(code.splitlines(), 1):
            for rule, ban, use in rules:
                match = ban.search(line)
                if match:
                    word = match.group(match.lastgroup or 0).strip()
                    yield Violation(path, number, rule, f"'{word}': use {use}")
        for number in cpp_text.awaited_braces(code):
            yield Violation(path, number, "co-await",
                            "a closure or braces in an awaited call: name it, then await it")
        for number, comment in comments:
            for offset, line in enumerate(comment.splitlines()):
                match = HISTORY.search(line)
                if match:
                    yield Violation(path, number + offset, "history",
                                    f"'{match.group()}': say what is, git says what was")
                match = TODO.search(line)
                if match:
                    yield Violation(path, number + offset, "todo",
                                    f"'{match.group()}': write TODO(#issue): or do it")


def check_functions(repository):
    """No function is longer than the maximum, and those on the ratchet list may only shrink."""
    listed = {}
    if RATCHET in repository.paths:
        for number, line in enumerate(repository.lines(RATCHET), 1):
            if line.strip() and not line.startswith("#"):
                key, _, length = line.rpartition(" ")
                listed[key] = (int(length), number)
    longest = {}
    for path in repository.under("src/", "include/", "tests/", "examples/"):
        lines_max = TEST_LINES_MAX if path.startswith("tests/") else FUNCTION_LINES_MAX
        if repository.text(path).count("\n") < lines_max:
            continue
        for name, first, last in cpp_text.functions(cpp_text.split(repository.text(path))[0]):
            key, length = f"{path}:{name}", last - first + 1
            if length > max(lines_max, longest.get(key, (0, 0, 0))[0]):
                longest[key] = (length, first, lines_max)
    for key, (length, first, lines_max) in longest.items():
        allowed = listed.get(key, (lines_max, 0))[0]
        if length > allowed:
            path, _, name = key.partition(":")
            yield Violation(path, first, "function-length",
                            f"{name} has {length} lines; {allowed} at most")
    for key, (length, number) in listed.items():
        present = longest.get(key, (0, 0, 0))[0]
        if present < length:
            yield Violation(RATCHET, number, "ratchet",
                            f"{key} has {present or 'few'} lines now: lower or drop its figure")


def check_listed(repository):
    """Every source and public header is named in its folder's CMakeLists.txt, or in one above."""
    lists = {path.rpartition("/")[0]: repository.text(path) for path in repository.paths
             if path.rsplit("/", 1)[-1] == "CMakeLists.txt"}

    def is_listed(path, folder, relative):
        while True:
            for token in re.findall(r'[^\s()"]+', re.sub(r"#.*", "", lists.get(folder, ""))):
                token = re.sub(r"^\$\{CMAKE_(?:CURRENT_)?SOURCE_DIR\}/", "", token)
                pattern = re.escape(token)
                if "${" in token:
                    pattern = re.sub(r"\\\$\\\{\w+\\\}", r"[\\w./-]+", pattern)
                if token in (relative, path) or re.fullmatch(pattern, relative):
                    return True
            if not folder:
                return False
            folder, _, name = folder.rpartition("/")
            relative = f"{name}/{relative}"

    def is_to_come(folder):
        """A room's interface and first sources may come before the room is built."""
        return "Filled in with the room." in lists.get(folder, "")

    for path in repository.under("src/", "tests/", "examples/", suffixes=(".cpp",)):
        folder, _, name = path.rpartition("/")
        if not is_to_come(folder) and not is_listed(path, folder, name):
            yield Violation(path, 1, "unlisted", "stands in no CMakeLists.txt, so nobody builds it")
    for path in repository.under("include/oort/", suffixes=(".hpp",)):
        _, _, room, name = path.split("/", 3)
        if not is_to_come(f"src/{room}") and not is_listed(path, f"src/{room}", name):
            yield Violation(path, 1, "unlisted",
                            f"is no public header in src/{room}/CMakeLists.txt")
    top = repository.text("CMakeLists.txt") if "CMakeLists.txt" in repository.paths else ""
    for folder in lists:
        if re.fullmatch(r"src/\w+", folder) and f"add_subdirectory({folder})" not in top:
            yield Violation(f"{folder}/CMakeLists.txt", 1, "unlisted",
                            "the top CMakeLists.txt does not add this room")


def _without_fences(text):
    return re.sub(r"^(```|~~~).*?^\1", lambda match: re.sub(r"[^\n]", " ", match.group()), text,
                  flags=re.M | re.S)


def _anchors(text):
    for heading in re.findall(r"^#+\s+(.*?)\s*#*$", _without_fences(text), re.M):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower())
        yield plain.replace(" ", "-")


def check_documents(repository):
    """One title a document, and no link to what is not there."""
    for path in repository.paths:
        if not path.endswith(".md"):
            continue
        text = _without_fences(repository.text(path))
        titles = re.findall(r"^# ", text, re.M)
        if len(titles) != 1:
            yield Violation(path, 1, "title", f"{len(titles)} titles (#); a document has one")
        for match in re.finditer(r"(?<!\\)\]\(<?([^)\s>]+)>?[^)]*\)", re.sub(
                r"`[^`\n]*`", lambda match: " " * len(match.group()), text)):
            target, _, anchor = match.group(1).partition("#")
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            number = text.count("\n", 0, match.start()) + 1
            base = repository.root if target.startswith("/") else (repository.root / path).parent
            file = (base / target.lstrip("/")) if target else repository.root / path
            if not file.exists():
                yield Violation(path, number, "dead-link", f"'{target}' does not exist")
            elif anchor and file.suffix == ".md" and anchor not in _anchors(file.read_text()):
                yield Violation(path, number, "dead-link", f"'{target}' has no heading '#{anchor}'")


def check_blobs(repository):
    for path in repository.paths:
        size = (repository.root / path).stat().st_size
        limit = FROZEN_BYTES_MAX if path.startswith("tests/frozen/") else BLOB_BYTES_MAX
        if size > limit and not path.endswith("package-lock.json"):
            yield Violation(path, 1, "blob", f"{size} bytes; {limit} at most")


def header_invariants(header):
    """(number, line) of each invariant that the comments of a header state."""
    for number, line in enumerate(header.splitlines(), 1):
        match = re.match(r"/// {2,}([A-Z]{1,2}\d{1,2})  ", line)
        if match:
            yield match.group(1), number


def invariants(readme):
    """(number, line) of each invariant under a heading of a README that speaks of invariants."""
    inside = False
    for number, line in enumerate(_without_fences(readme).splitlines(), 1):
        if line.startswith("#"):
            inside = "invariant" in line.lower()
        match = inside and re.match(r"\s*(?:[-*|]\s*)?[*`]*([A-Z]{1,3}\d{1,2})\b", line)
        if match:
            yield match.group(1), number


def check_invariants(repository):
    """Each numbered invariant of a room's README, or header, is cited by a test."""
    shared = ("tests/sim/", "tests/integration/", "tests/fuzz/", "tests/support/", "tests/drill/")
    for path in repository.paths:
        room = re.fullmatch(r"(?:src|include/oort)/(\w+)/(?:\w+/)*(?:README\.md|\w+\.hpp)", path)
        is_page = path.endswith(".md")
        if not room:
            continue
        tests = "\n".join(map(repository.text, repository.under(
            f"tests/{room.group(1)}/", *shared, suffixes=(".cpp", ".hpp", ".py", ".sh"))))
        find = invariants if is_page else header_invariants
        for invariant, number in find(repository.text(path)):
            if not re.search(rf"(?<![A-Za-z0-9]){invariant}(?![A-Za-z0-9])", tests):
                yield Violation(path, number, "invariant",
                                f"no test of {room.group(1)} cites {invariant}")


def check_reasons(repository):
    """docs/ERRORS.md explains each stable word, and no other."""
    header, page = "include/oort/core/reasons.hpp", "docs/ERRORS.md"
    if header not in repository.paths or page not in repository.paths:
        return
    words = dict.fromkeys(re.findall(r'= "([A-Z][A-Z0-9_]*)"', repository.text(header)))
    documented = re.findall(r"^\|\s*`([A-Z][A-Z0-9_]*)`\s*\|", repository.text(page), re.M)
    for word in words:
        if documented.count(word) != 1:
            yield Violation(page, 1, "reason", f"{word} has {documented.count(word)} rows, not one")
    for word in documented:
        if word not in words:
            yield Violation(page, 1, "reason", f"{word} is no word of {header}")


def check_faults(repository):
    """Each row of docs/FAULTS.md ends with tests that exist."""
    page = "docs/FAULTS.md"
    if page not in repository.paths:
        return
    for number, line in enumerate(repository.text(page).splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[-1] in ("test", "---"):
            continue
        cases = re.findall(r"`(\w+)\.(test_\w+)`", cells[-1])
        if not cases:
            yield Violation(page, number, "fault", f"no test of '{cells[0]}' is named")
        for name, case in cases:
            file = f"tests/integration/{name}_test.py"
            known = repository.text(file) if file in repository.paths else ""
            if f"def {case}(self" not in known:
                yield Violation(page, number, "fault", f"there is no {case} in {file}")


def check_rooms(repository):
    """docs/ARCHITECTURE.md has a row for each room."""
    page = "docs/ARCHITECTURE.md"
    if page not in repository.paths:
        return
    rows = re.findall(r"^\|((?: *`\w+`)+) *\|", repository.text(page), re.M)
    known = re.findall(r"\w+", " ".join(rows))
    for path in repository.paths:
        room = re.fullmatch(r"src/(\w+)/CMakeLists\.txt", path)
        if room and room.group(1) not in known:
            yield Violation(page, 1, "room", f"no row of the table of rooms has {room.group(1)}")


CHECKS = [check_lines, check_cpp, check_functions, check_listed, check_documents, check_blobs,
          check_invariants, check_reasons, check_faults, check_rooms]


def check(root):
    """All violations below `root` that no comment allows."""
    repository = Repository(root)
    found = []
    for run in CHECKS:
        for violation in run(repository):
            lines = repository.lines(violation.path)
            near = lines[max(0, violation.line - 2):violation.line]
            if violation.rule not in [m.group(1) for m in map(ALLOW.search, near) if m]:
                found.append(violation)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    found = check(parser.parse_args().root)
    for violation in found:
        print(f"{violation.path}:{violation.line}: {violation.rule}: {violation.message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
