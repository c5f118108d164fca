#!/bin/sh
# Fails when one of the given programs or libraries needs the compiler's libraries, at any depth.
for file in "$@"; do
  readelf -d "$file" >/dev/null || exit 1
  needed=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; ldd "$file" 2>/dev/null)
  found=$(echo "$needed" | grep -E 'libMLIR|libLLVM|liblld|libdnnl|libgraphc-compiler')
  if [ -n "$found" ]; then
    echo "$file needs $found"
    exit 1
  fi
  echo "$file: $(readelf -d "$file" | grep -c NEEDED) libraries, none of the compiler's"
done
