#include "runtime/exec/RowRun.h"

#include "runtime/sampling/Sampler.h"

#include <algorithm>
#include <vector>

namespace graphc {

static int64_t chunkOf(const PlanHeader &header, int64_t chunk) {
  return chunk ? chunk : header.maxTokens;
}

Expected<SessionOptions> sessionOptionsFor(const Plan &plan, const RowExtents &extents,
                                           int64_t chunk, SessionOptions base) {
  const PlanHeader &header = plan.header();
  if (header.inputWidth == 0)
    return usageError(plan.path() + ": the plan takes tokens, not rows of numbers");
  if (extents.sequences < 1 || extents.length < 1 || extents.length > header.context)
    return usageError("expected sequences of 1 to " + std::to_string(header.context) +
                      " rows, which the plan was compiled for, but got " +
                      std::to_string(extents.sequences) + " of " + std::to_string(extents.length));
  if (chunk < 0 || chunk > header.maxTokens)
    return usageError("chunk: expected 1 to " + std::to_string(header.maxTokens) +
                      ", which the plan was compiled for, but got " + std::to_string(chunk));
  base.maxSequences = 1;
  base.cachePages = pagesForTokens(extents.length);
  base.neededPages = base.cachePages;
  base.resultRows = chunkOf(header, chunk);
  return base;
}

namespace {

/// A sequence of the cache, for as long as it is run.
class CachedSequence {
public:
  explicit CachedSequence(KvCache &cache) : cache(cache), id(cache.createSequence()) {}
  ~CachedSequence() { cache.free(id); }
  CachedSequence(const CachedSequence &) = delete;
  CachedSequence &operator=(const CachedSequence &) = delete;

  KvCache &cache;
  KvCache::SequenceId id;
};

} // namespace

/// Whether all rows are numbers; the first that is not is named, counted from `first`.
static Status checkRows(std::span<const float> rows, int64_t width, int64_t sequence,
                        int64_t first) {
  for (int64_t row = first; !rows.empty(); ++row) {
    if (!areUsableLogits(rows.first(static_cast<size_t>(width))))
      return numericError("sequence " + std::to_string(sequence) + ", row " + std::to_string(row) +
                          ": the results are not numbers (NaN or infinite)");
    rows = rows.subspan(static_cast<size_t>(width));
  }
  return {};
}

Status runRows(Session &session, const RowExtents &extents, int64_t chunk, RowStream &stream) {
  const PlanHeader &header = session.plan().header();
  const int64_t most = std::min(chunkOf(header, chunk), extents.length);
  std::vector<float> rows(static_cast<size_t>(most * header.inputWidth));
  for (int64_t i = 0; i < extents.sequences; ++i) {
    CachedSequence sequence(session.cache());
    for (int64_t first = 0; first < extents.length; first += most) {
      const int64_t count = std::min(most, extents.length - first);
      std::span<float> part(rows.data(), static_cast<size_t>(count * header.inputWidth));
      GRAPHC_RETURN_IF_ERROR(stream.read(i, first, part));
      StepSequence step{
          .sequence = sequence.id, .tokens = {}, .rows = WantedRows::All, .inputRows = part};
      GRAPHC_ASSIGN_OR_RETURN(std::span<const float> result, session.step({&step, 1}));
      GRAPHC_RETURN_IF_ERROR(session.withOrigin(checkRows(result, header.resultWidth, i, first)));
      GRAPHC_RETURN_IF_ERROR(stream.write(i, result));
    }
  }
  return {};
}

} // namespace graphc
