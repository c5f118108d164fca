#!/usr/bin/env bash
# Installs the Debian packages that graphc builds and tests with, where they are missing. Needs root or sudo only then.
set -euo pipefail

packages=(
  clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools liblld-22-dev libclang-rt-22-dev
  clang-format-22 clang-tidy-22 cmake ninja-build libstdc++-12-dev binutils
  nlohmann-json3-dev libcli11-dev libutf8proc-dev libpcre2-dev libxxhash-dev libzstd-dev zlib1g-dev libdnnl-dev
  libgtest-dev libgmock-dev libbenchmark-dev python3 python3-numpy
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null; then
  as_root=(sudo)
else
  echo "tools/setup.sh: these packages are missing and neither root nor sudo is there to install them:" >&2
  echo "  ${missing[*]}" >&2
  exit 1
fi

echo "tools/setup.sh: installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
