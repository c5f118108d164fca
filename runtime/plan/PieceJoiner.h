// Pieces of a section joined to large writes.
//
// What a page cache holds depends on how it was written: a write that covers an aligned 2 MiB of
// the file leaves a huge page, by which the file is mapped later, and parts of it leave small pages
// for as long as they stay. Matrices begin and end anywhere, so their edges are kept until the rest
// of their chunk has come. (Measured on Linux 6.18 and ext4, with 1.1 B parameters in int4:
// decoding is 6 to 9 % faster with huge pages everywhere than with small ones in a third of the
// weights.)
#ifndef GRAPHC_RUNTIME_PLAN_PIECEJOINER_H
#define GRAPHC_RUNTIME_PLAN_PIECEJOINER_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <span>
#include <vector>

namespace graphc {

class PieceJoiner {
public:
  /// Bytes of a chunk, and what chunks are aligned to in the file.
  static constexpr uint64_t kChunkBytes = uint64_t(2) << 20;

  /// Writes at an offset of the file.
  using Write = std::function<Status(uint64_t offset, std::span<const std::byte> bytes)>;

  /// For bytes [begin, end) of a file.
  PieceJoiner(uint64_t begin, uint64_t end) : begin(begin), end(end) {}

  /// Takes over a piece for `offset` of the file: what of it fills chunks is written at once, the
  /// rest when its chunk is full, when too many chunks wait, or by flush(). Called from many
  /// threads; no byte comes twice.
  Status add(uint64_t offset, std::span<const std::byte> piece, const Write &write);

  /// Writes all that waits.
  Status flush(const Write &write);

private:
  struct Range {
    uint64_t begin, end;
  };

  /// A chunk of which only parts have come.
  struct Chunk {
    uint64_t begin = 0; ///< In the file.
    std::vector<std::byte> bytes;
    std::vector<Range> filled; ///< In the chunk, apart from each other, in order.
  };

  Range chunkOf(uint64_t offset) const;
  Status join(uint64_t offset, std::span<const std::byte> part, const Write &write);
  std::list<Chunk> takeReady(uint64_t offset, std::span<const std::byte> part);
  static Status writeChunks(const std::list<Chunk> &chunks, const Write &write);
  static void fill(Chunk &chunk, uint64_t at, std::span<const std::byte> part);

  uint64_t begin, end;
  std::mutex mutex;
  std::list<Chunk> waiting; ///< The oldest first.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PIECEJOINER_H
