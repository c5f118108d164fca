#!/usr/bin/env bash
# Says which files .clang-format would change; --fix changes them.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run --Werror)
[ "${1:-}" = --fix ] && mode=(-i)
git ls-files '*.cpp' '*.h' | xargs clang-format-22 "${mode[@]}"
