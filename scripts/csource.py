"""What the linters know of C: files, code without comments, tokens, functions.

Imported by the check-* scripts; not a command.
"""
import os
import re
import subprocess
import sys

PIECE = re.compile(r"""
      (?P<comment>/\*.*?\*/|//[^\n]*)
    | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
""", re.S | re.X)
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|->|::|[^\s\w]")


class Lint:
    """Collects offences and ends the program with what was found."""

    def __init__(self):
        self.root = sys.argv[1] if len(sys.argv) > 1 else "."
        if not os.path.isdir(os.path.join(self.root, "src")):
            sys.exit(f"{os.path.basename(sys.argv[0])}: no folder src "
                     f"below {self.root}")
        self.found = set()

    def offence(self, path, line, what):
        self.found.add((path, line, what))

    def files(self, *folders, suffixes=(".c", ".h")):
        """Paths below these folders, relative to the root, sorted."""
        out = []
        for folder in folders:
            top = os.path.join(self.root, folder)
            for here, below, names in os.walk(top):
                below[:] = [b for b in below if b != "__pycache__"]
                out += [os.path.relpath(os.path.join(here, n), self.root)
                        for n in names if n.endswith(suffixes)]
        return sorted(out)

    def read(self, path):
        full = os.path.join(self.root, path)
        with open(full, encoding="utf-8", errors="replace") as f:
            return f.read()

    def run(self, *argv, **more):
        """Output of a tool that must not fail."""
        p = subprocess.run(argv, cwd=self.root, text=True,
                           capture_output=True, check=False, **more)
        if p.returncode != 0:
            sys.exit(f"{argv[0]}: {p.stderr.strip()}")
        return p.stdout

    def finish(self):
        for path, line, what in sorted(self.found):
            print(f"{path}:{line}: {what}")
        sys.exit(1 if self.found else 0)


def blank(text):
    """As many lines, and no other character."""
    return "\n" * text.count("\n")


def code(text, keep_includes=False):
    """The text without comments, with empty strings: same line numbers."""
    def piece(m):
        if m.group("comment") is not None:
            return " " + blank(m.group())
        return m.group()[0] + m.group()[-1]
    out = PIECE.sub(piece, text)
    if not keep_includes:
        out = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*",
                     lambda m: blank(m.group()), out, flags=re.M)
    return out


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def data_lines(text):
    """How many lines belong to static const tables at file level."""
    n = 0
    inside = False
    for line in text.split("\n"):
        if re.match(r"static const\b.*=\s*(\{.*)?$", line) and \
                not line.rstrip().endswith(";"):
            inside = True
        n += inside
        if re.match(r"\S.*;\s*$", line):
            inside = False
    return n


def tokens(text):
    return TOKEN.findall(text)


def closing(toks, i):
    """Index behind the bracket that closes the one at i."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    depth = 0
    while i < len(toks):
        if toks[i] in pairs:
            depth += 1
        elif toks[i] in pairs.values():
            depth -= 1
            if depth == 0:
                return i + 1
        i += 1
    return i


class Nesting:
    """The deepest control statement of a function body, given as tokens.

    `else if` is as deep as its `if`; a body without braces counts like one
    with them.
    """

    def __init__(self, toks):
        self.toks = toks
        self.deepest = 0
        self.statement(0, 0)

    def at(self, i):
        return self.toks[i] if i < len(self.toks) else ""

    def body(self, i, depth):
        self.deepest = max(self.deepest, depth + 1)
        return self.statement(i, depth + 1)

    def block(self, i, depth):
        i += 1
        while i < len(self.toks) and self.at(i) != "}":
            i = self.statement(i, depth)
        return i + 1

    def branch(self, i, depth):
        i = self.body(closing(self.toks, i + 1), depth)
        if self.at(i) != "else":
            return i
        if self.at(i + 1) == "if":
            return self.branch(i + 1, depth)
        return self.body(i + 1, depth)

    def simple(self, i):
        """An expression, declaration or jump, up to its semicolon."""
        while i < len(self.toks) and self.at(i) not in (";", "}"):
            i = closing(self.toks, i) if self.at(i) in "([{" else i + 1
        return i + 1 if self.at(i) == ";" else i

    def label(self, i):
        while i < len(self.toks) and self.at(i) != ":":
            i = closing(self.toks, i) if self.at(i) in "([{" else i + 1
        return i + 1

    def statement(self, i, depth):
        t = self.at(i)
        if t == "{":
            return self.block(i, depth)
        if t == "if":
            return self.branch(i, depth)
        if t in ("for", "while", "switch"):
            return self.body(closing(self.toks, i + 1), depth)
        if t == "do":
            return self.simple(self.body(i + 1, depth))
        if t in ("case", "default"):
            return self.label(i)
        if re.match(r"[A-Za-z_]", t or " ") and self.at(i + 1) == ":":
            return i + 2
        return self.simple(i)
