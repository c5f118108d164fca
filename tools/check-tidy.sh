#!/usr/bin/env bash
# Runs clang-tidy over the sources that differ from a revision (default: the main branch's parent), or over those named.
set -euo pipefail
cd "$(dirname "$0")/.."
base=HEAD~1
[ "${1:-}" = --base ] && { base=$2; shift 2; }
files=("$@")
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(git diff --name-only --diff-filter=AM "$base" -- '*.cpp')
[ ${#files[@]} -gt 0 ] || { echo "nothing to check"; exit 0; }
cmake --preset release >/dev/null
printf '%s\n' "${files[@]}" | xargs -P2 -n4 clang-tidy-22 -p build/release --quiet
