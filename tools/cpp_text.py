# SPDX-License-Identifier: Apache-2.0
"""C++ text taken apart just far enough for the house rules: no parser, no guesses about types."""
import re

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)")
      | (?P<text>"(?:\\.|[^"\\\n])*")
      | (?P<char>(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""",
    re.S | re.X,
)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M | re.S)
_CLASS = re.compile(r"^(?:typedef\s+)?(?:class|struct|union|enum)\b")


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def split(text):
    """The code without comments and literals, and the comments as (line, text); lines stay."""
    comments = []

    def replace(match):
        if match.group("comment"):
            comments.append((text.count("\n", 0, match.start()) + 1, match.group("comment")))
            return _blank(match.group())
        quote = "'" if match.group("char") else '"'
        return quote + _blank(match.group()[1:-1]) + quote

    return _TOKEN.sub(replace, text), comments


def _head_kind(head):
    """What the brace after `head` opens: a scope to look into, a function, or something else."""
    head = re.sub(r"\b(?:public|protected|private)\s*:", " ", head).strip()
    if re.search(r"\bnamespace\b|\bextern\s*\"", head):
        return "scope"
    head = re.sub(r"\[\[.*?\]\]", " ", head).strip()
    while head.startswith("template"):
        start = head.find("<")
        depth = 0
        for index in range(start, len(head)):
            depth += {"<": 1, ">": -1}.get(head[index], 0)
            if depth == 0:
                break
        head = head[index + 1:].strip() if start >= 0 else ""
    head = re.sub(r"^requires\s*(\((?:[^()]|\([^()]*\))*\)|[\w:<>, ]+?(?=\b(class|struct)\b))", "",
                  head).strip()
    if _CLASS.match(head):
        return "scope"
    flat = head
    while re.search(r"\([^()]*\)", flat):
        flat = re.sub(r"\([^()]*\)", "@", flat)
    flat = re.sub(r"operator\s*[=!<>+*/&|^%-]+", "operator", flat)
    if "@" in flat and not re.search(r"(?<![=!<>])=(?!=)", flat):
        return "function"
    return "other"


def functions(code):
    """(name, first line, last line) of each function body in `code`, as `split` returned it."""
    code = _DIRECTIVE.sub(lambda match: _blank(match.group()), code)
    found, stack = [], []
    head_start = 0
    for match in re.finditer(r"[{};]", code):
        index, char = match.start(), match.group()
        inside = any(kind != "scope" for kind, _ in stack)
        if char == "{":
            head = code[head_start:index]
            stack.append(("other" if inside else _head_kind(head), head_start))
            if not inside:
                head_start = index + 1
        elif char == "}" and stack:
            kind, start = stack.pop()
            if any(other != "scope" for other, _ in stack):
                continue
            head_start = index + 1
            if kind == "function":
                if code[index + 1:].lstrip()[:1] in ("{", ","):
                    head_start = start  # `a_{a}` of an initialiser list: the body comes later.
                    continue
                head = re.sub(r"^\s*(?:public|protected|private)\s*:", lambda match: _blank(
                    match.group()), code[start:index])
                begin = start + len(head) - len(head.lstrip())
                name = re.search(r"([\w~]+(?:::[\w~]+)*|operator\s*\S+?)\s*\(", head)
                found.append((name.group(1) if name else "?", code.count("\n", 0, begin) + 1,
                              code.count("\n", 0, index) + 1))
        elif char == ";" and not inside:
            head_start = index + 1
    return found


def awaited_braces(code):
    """Lines of `co_await` whose awaited call holds a closure or a braced temporary."""
    lines = []
    for match in re.finditer(r"\bco_await\b", code):
        depth = 0
        for char in code[match.end():]:
            if char == "{" and depth > 0:
                lines.append(code.count("\n", 0, match.start()) + 1)
                break
            if char in "([":
                depth += 1
            elif char in ")]":
                depth -= 1
            if depth < 0 or (depth == 0 and char in ";,{"):
                break
    return lines
