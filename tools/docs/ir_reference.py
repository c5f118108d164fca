#!/usr/bin/python3
"""Writes docs/ir-reference.md from the ODS definitions in ir/*.td, or checks that it is up to date.

mlir-tblgen does the work; this puts its pages together: operations in the order of ir/GraphOps.td
instead of the alphabet, interfaces at the end, and without the traits that say nothing to a reader.

  tools/docs/ir_reference.py            write (CMake target: docs)
  tools/docs/ir_reference.py --check    fail when the file differs (test docs_ir_reference)
"""
import argparse
import difflib
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUTPUT = os.path.join(ROOT, "docs", "ir-reference.md")

# Sections that are in every op and tell nothing about it.
NOISE = re.compile(
    r"^(Traits: `AlwaysSpeculatableImplTrait`|Effects: `MemoryEffects::Effect\{\}`)$\n\n?", re.M)
NOISE_ITEMS = [
    "`AlwaysSpeculatableImplTrait`, ", ", `AlwaysSpeculatableImplTrait`",
    "`ConditionallySpeculatable`, ", "`NoMemoryEffect (MemoryEffectOpInterface)`, ",
    ", `NoMemoryEffect (MemoryEffectOpInterface)`",
]


def tblgen(program, include, backend, *args):
    command = [program, backend, *args, "-I", ROOT, "-I", include]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def group_order():
    """Summaries of the op groups, in the order in which GraphOps.td includes their files."""
    order = []
    with open(os.path.join(ROOT, "ir", "GraphOps.td"), encoding="utf-8") as file:
        includes = re.findall(r'include "(.*)"', file.read())
    for include in includes:
        with open(os.path.join(ROOT, include), encoding="utf-8") as file:
            order += re.findall(r': OpDocGroup \{\s*let summary = "(.*)"', file.read())
    return order


def reorder_groups(page):
    """Puts the op groups (### headings below ## Operations) in the order of their files."""
    before, rest = page.split("## Operations\n", 1)
    operations, after = re.split(r"(?=^## )", rest, maxsplit=1, flags=re.M)
    parts = re.split(r"^(?=### )", operations, flags=re.M)
    titles = group_order()
    groups = sorted(parts[1:], key=lambda part: titles.index(part.split("\n", 1)[0][4:]))
    return before + "## Operations\n" + parts[0] + "".join(groups) + after


def tidy(page):
    for item in NOISE_ITEMS:
        page = page.replace(item, "")
    page = NOISE.sub("", page)
    page = re.sub(r"^Interfaces: `NoMemoryEffect \(MemoryEffectOpInterface\)`\n\n?", "", page,
                  flags=re.M)
    page = page.replace("[TOC]\n\n", "")
    page = re.sub(r"[ \t]+$", "", page, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", page).rstrip() + "\n"


def generate(program, include):
    ops = os.path.join(ROOT, "ir", "GraphOps.td")
    interfaces = os.path.join(ROOT, "ir", "GraphInterfaces.td")
    page = tblgen(program, include, "-gen-dialect-doc", "-dialect=graphc", ops)
    page = page.split("-->", 1)[1].lstrip()
    extra = tblgen(program, include, "-gen-op-interface-docs", interfaces)
    extra = extra.split("-->", 1)[-1].strip()
    extra = re.sub(r"^# .*\n+", "", extra)
    extra = re.sub(r"^(##+ )", r"#\1", extra, flags=re.M)
    header = ("<!-- Generated from ir/*.td by tools/docs/ir_reference.py (CMake target `docs`); "
              "do not edit. -->\n\n")
    return header + tidy(reorder_groups(page) + "\n## Interfaces\n\n" + extra)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tblgen", default="/usr/lib/llvm-22/bin/mlir-tblgen")
    parser.add_argument("--include", default="/usr/lib/llvm-22/include")
    args = parser.parse_args()
    page = generate(args.tblgen, args.include)
    if not args.check:
        with open(OUTPUT, "w", encoding="utf-8") as file:
            file.write(page)
        return 0
    with open(OUTPUT, encoding="utf-8") as file:
        current = file.read()
    if current == page:
        return 0
    sys.stdout.writelines(
        difflib.unified_diff(current.splitlines(True), page.splitlines(True), OUTPUT, "generated"))
    print("docs/ir-reference.md is out of date: build the target `docs`")
    return 1


if __name__ == "__main__":
    sys.exit(main())
