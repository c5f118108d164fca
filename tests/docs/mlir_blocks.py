#!/usr/bin/python3
"""Parses and verifies every ```mlir block of the documentation with graphc-opt.

Looks into all Markdown files and, but for those of ir/ (docs/ir-reference.md has them), all .td files.
A block is a whole module, or a list of ops on values that lines like

    // Given %x: tensor<?x64xf32>, %step: !graphc.step

at its beginning declare; such a block is put into a function with these arguments.

  mlir_blocks.py GRAPHC_OPT SOURCE_DIR
"""
import os
import re
import subprocess
import sys

BLOCK = re.compile(r"^([ \t]*)```mlir\n(.*?)^[ \t]*```", re.M | re.S)
GIVEN = re.compile(r"^\s*// Given (.*)$", re.M)
SKIPPED = {".git", "build", "node_modules"}


def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        for name in sorted(names):
            path = os.path.join(folder, name)
            in_ir = os.path.relpath(path, root).startswith("ir" + os.sep)
            if name.endswith(".md") or (name.endswith(".td") and not in_ir):
                yield path


def blocks(path):
    """Line number and text of every block of a file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for match in BLOCK.finditer(text):
        yield text.count("\n", 0, match.start()) + 2, match.group(2)


def as_module(block):
    given = ", ".join(GIVEN.findall(block))
    if not given and re.search(r"^\s*(module|func\.func|graphc\.(weight|kernel|plan))\b", block,
                               re.M):
        return block
    # One line before and the same line numbers otherwise: a diagnostic names a line of the block.
    return f"func.func @example({given}) {{\n{block}return }}\n"


def check(graphc_opt, text):
    run = subprocess.run([graphc_opt, "-", "-o", os.devnull], input=text, capture_output=True,
                         text=True)
    return None if run.returncode == 0 else run.stderr


def main():
    graphc_opt, root = sys.argv[1:]
    count = failures = 0
    for path in files(root):
        for line, block in blocks(path):
            count += 1
            error = check(graphc_opt, as_module(block))
            if error:
                failures += 1
                print(f"{os.path.relpath(path, root)}:{line}: this block is refused:\n{error}")
    print(f"{count} blocks, {failures} refused")
    # No blocks at all means that this script looks in the wrong place.
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
