#include "runtime/plan/BlockHashes.h"

#include "runtime/plan/PlanFormat.h"

#include <algorithm>

namespace graphc {

BlockHashes::BlockHashes(uint64_t sectionBytes)
    : sectionBytes(sectionBytes), known(hashBlocks(sectionBytes)) {}

void BlockHashes::add(uint64_t offset, std::span<const std::byte> piece) {
  const uint64_t pieceEnd = offset + piece.size();
  for (uint64_t at = offset; at < pieceEnd;) {
    const uint64_t block = at / kHashBlockBytes;
    const uint64_t begin = block * kHashBlockBytes;
    const uint64_t end = std::min(begin + kHashBlockBytes, sectionBytes);
    std::optional<uint64_t> hash; // stays empty for a part: what else is in the block, none knows
    if (begin >= offset && end <= pieceEnd)
      hash = hashBytes(piece.subspan(begin - offset, end - begin));
    std::lock_guard lock(mutex);
    known[block] = hash;
    at = end;
  }
}

uint64_t BlockHashes::finish(std::span<const std::byte> section) const {
  return sectionHash(section, known);
}

} // namespace graphc
