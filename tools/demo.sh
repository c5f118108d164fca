#!/usr/bin/env bash
# Sets up, builds graphc, compiles the example model and lets it tell a story.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target graphc graphc-compiler

graphc=build/release/bin/graphc
out=build/demo
mkdir -p "$out"
"$graphc" compile examples/tiny-stories -o "$out/tiny-stories.gcplan" \
  --dump-ir "$out/ir" --report "$out/fusion-report.json"

echo
"$graphc" run "$out/tiny-stories.gcplan" -n 200 --seed 7
echo
cat <<END

The plan:           $out/tiny-stories.gcplan   (build/release/bin/graphc inspect $out/tiny-stories.gcplan)
IR after each pass: $out/ir/
What fused, or why: $out/fusion-report.json
END
