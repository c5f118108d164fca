#include "runtime/plan/PieceJoiner.h"

#include <algorithm>

namespace graphc {

/// So many chunks wait at most: more than the threads of a machine have open at a time, and a bound
/// on memory where the rest of a chunk never comes.
static constexpr size_t kMostWaiting = 64;

/// The part of a chunk that there is.
PieceJoiner::Range PieceJoiner::chunkOf(uint64_t offset) const {
  const uint64_t first = offset / kChunkBytes * kChunkBytes;
  return {std::max(first, begin), std::min(first + kChunkBytes, end)};
}

Status PieceJoiner::add(uint64_t offset, std::span<const std::byte> piece, const Write &write) {
  const uint64_t stop = offset + piece.size();
  if (piece.empty())
    return {};
  const Range first = chunkOf(offset), last = chunkOf(stop - 1);
  uint64_t wholeBegin = first.begin == offset ? offset : first.end;
  uint64_t wholeEnd = last.end == stop ? stop : last.begin;
  if (wholeBegin >= wholeEnd) // Nothing is whole; perhaps there are two parts.
    wholeBegin = wholeEnd = std::min(first.end, stop);
  auto part = [&](uint64_t from, uint64_t to) { return piece.subspan(from - offset, to - from); };
  GRAPHC_RETURN_IF_ERROR(join(offset, part(offset, wholeBegin), write));
  if (wholeBegin < wholeEnd)
    GRAPHC_RETURN_IF_ERROR(write(wholeBegin, part(wholeBegin, wholeEnd)));
  return join(wholeEnd, part(wholeEnd, stop), write);
}

Status PieceJoiner::join(uint64_t offset, std::span<const std::byte> part, const Write &write) {
  return part.empty() ? Status() : writeChunks(takeReady(offset, part), write);
}

/// Adds a part of one chunk, and takes what has to be written then off the list.
std::list<PieceJoiner::Chunk> PieceJoiner::takeReady(uint64_t offset,
                                                     std::span<const std::byte> part) {
  const Range place = chunkOf(offset);
  std::list<Chunk> ready;
  std::lock_guard lock(mutex);
  auto chunk = std::find_if(waiting.begin(), waiting.end(),
                            [&](const Chunk &other) { return other.begin == place.begin; });
  if (chunk == waiting.end()) {
    if (waiting.size() == kMostWaiting)
      ready.splice(ready.end(), waiting, waiting.begin());
    chunk = waiting.insert(waiting.end(), Chunk{place.begin, {}, {}});
    chunk->bytes.resize(place.end - place.begin);
  }
  fill(*chunk, offset - place.begin, part);
  const Range &first = chunk->filled.front();
  if (first.begin == 0 && first.end == chunk->bytes.size())
    ready.splice(ready.end(), waiting, chunk);
  return ready;
}

void PieceJoiner::fill(Chunk &chunk, uint64_t at, std::span<const std::byte> part) {
  std::copy(part.begin(), part.end(), chunk.bytes.begin() + static_cast<ptrdiff_t>(at));
  std::vector<Range> &filled = chunk.filled;
  auto next = std::find_if(filled.begin(), filled.end(),
                           [&](const Range &range) { return range.begin > at; });
  next = filled.insert(next, {at, at + part.size()});
  auto joinWithNext = [&](size_t i) {
    if (i + 1 < filled.size() && filled[i].end == filled[i + 1].begin) {
      filled[i].end = filled[i + 1].end;
      filled.erase(filled.begin() + static_cast<ptrdiff_t>(i) + 1);
    }
  };
  const size_t own = static_cast<size_t>(next - filled.begin());
  joinWithNext(own);
  if (own > 0)
    joinWithNext(own - 1);
}

Status PieceJoiner::writeChunks(const std::list<Chunk> &chunks, const Write &write) {
  for (const Chunk &chunk : chunks)
    for (const Range &range : chunk.filled)
      GRAPHC_RETURN_IF_ERROR(
          write(chunk.begin + range.begin,
                std::span(chunk.bytes).subspan(range.begin, range.end - range.begin)));
  return {};
}

Status PieceJoiner::flush(const Write &write) {
  std::list<Chunk> rest;
  {
    std::lock_guard lock(mutex);
    rest.swap(waiting);
  }
  return writeChunks(rest, write);
}

} // namespace graphc
