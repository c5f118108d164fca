// The hash of a section that is written in pieces, taken while the pieces are in the cache.
#ifndef GRAPHC_RUNTIME_PLAN_BLOCKHASHES_H
#define GRAPHC_RUNTIME_PLAN_BLOCKHASHES_H

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace graphc {

/// Hashes the blocks of 1 MiB (PlanFormat.h) that arrive in one piece; those of which only parts
/// do, and those that never come, are left to be read back.
class BlockHashes {
public:
  explicit BlockHashes(uint64_t sectionBytes);

  /// `piece` has been written at `offset`. Called from many threads, for different ranges.
  void add(uint64_t offset, std::span<const std::byte> piece);

  /// sectionHash() of the section, which holds what was added and is `section` when read back.
  uint64_t finish(std::span<const std::byte> section) const;

private:
  uint64_t sectionBytes;
  std::mutex mutex;
  std::vector<std::optional<uint64_t>> known; ///< By block.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_BLOCKHASHES_H
