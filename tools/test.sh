#!/usr/bin/env bash
# Sets up, builds everything and runs all tests. Arguments go to ctest, e.g. tools/test.sh -L passes
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh
preset=${GRAPHC_PRESET:-release}
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
ctest --test-dir build/release --output-on-failure -j2 -LE heavy "$@"
