#include "tools/bench/Workload.h"

#include "tools/machine/Together.h"

#include <algorithm>

namespace graphc {

SessionOptions sessionOptionsFor(std::span<const BenchCase> cases, SessionOptions base) {
  base.maxSequences = base.cachePages = 1;
  for (const BenchCase &benchCase : cases)
    base.maxSequences = std::max(base.maxSequences, benchCase.batch);
  base.resultRows = base.maxSequences;
  // Sequences that a smaller batch leaves alone keep their tokens.
  for (const BenchCase &benchCase : cases)
    base.cachePages =
        std::max(base.cachePages, base.maxSequences * pagesForTokens(benchCase.depth) +
                                      benchCase.batch * pagesForTokens(benchCase.tokens));
  return base;
}

Workload::Workload(Session &session) : session(session) {
  const PlanHeader &header = session.plan().header();
  for (int64_t i = 0; i < header.context; ++i)
    pattern.push_back(static_cast<int32_t>((i * 7919 + 13) % header.model.vocabulary));
}

Workload::~Workload() {
  for (KvCache::SequenceId id : sequences)
    session.cache().free(id);
}

Status Workload::reach(int64_t count, int64_t depth) {
  KvCache &cache = session.cache();
  while (std::ssize(sequences) < count)
    sequences.push_back(cache.createSequence());
  for (int64_t i = 0; i < count; ++i) {
    KvCache::SequenceId id = sequences[static_cast<size_t>(i)];
    RunLog ignored;
    cache.truncate(id, std::min(depth, cache.length(id)));
    GRAPHC_RETURN_IF_ERROR(prefill({&id, 1}, depth - cache.length(id), WantedRows::None, ignored));
  }
  return {};
}

Expected<RunLog> Workload::run(const BenchCase &benchCase) {
  Ids ids = Ids(sequences).first(static_cast<size_t>(benchCase.batch));
  RunLog log;
  double start = secondsNow();
  Status status = benchCase.prefill ? prefill(ids, benchCase.tokens, WantedRows::Last, log)
                                    : decode(ids, benchCase.tokens, log);
  log.seconds = secondsNow() - start;
  for (KvCache::SequenceId id : ids)
    session.cache().truncate(id, benchCase.depth);
  GRAPHC_RETURN_IF_ERROR(status);
  return log;
}

/// Steps are filled with pieces of one sequence after the other, as the generator does it.
Status Workload::prefill(Ids ids, int64_t tokens, WantedRows last, RunLog &log) {
  int64_t room = session.plan().header().maxTokens;
  for (KvCache::SequenceId id : ids) {
    for (int64_t left = tokens; left > 0;) {
      int64_t count = std::min(left, room);
      left -= count;
      room -= count;
      addPart(id, count, left == 0 ? last : WantedRows::None);
      if (room > 0)
        continue;
      GRAPHC_RETURN_IF_ERROR(step(log));
      room = session.plan().header().maxTokens;
    }
  }
  return batch.empty() ? Status() : step(log);
}

Status Workload::decode(Ids ids, int64_t tokens, RunLog &log) {
  for (int64_t i = 0; i < tokens; ++i) {
    for (KvCache::SequenceId id : ids)
      addPart(id, 1, WantedRows::Last);
    GRAPHC_RETURN_IF_ERROR(step(log));
  }
  return {};
}

void Workload::addPart(KvCache::SequenceId id, int64_t tokens, WantedRows rows) {
  // In one step a sequence occurs once, so its length is that before the step.
  auto at = static_cast<size_t>(session.cache().length(id));
  batch.push_back({id, std::span(pattern).subspan(at, static_cast<size_t>(tokens)), rows});
}

Status Workload::step(RunLog &log) {
  StepShapes shapes;
  for (const StepSequence &part : batch) {
    auto tokens = static_cast<double>(part.tokens.size());
    shapes.push_back(
        {.tokens = tokens,
         .rows = part.rows == WantedRows::Last ? 1.0 : 0.0,
         .columns = static_cast<double>(session.cache().length(part.sequence)) + tokens});
  }
  log.steps.push_back(std::move(shapes));
  Status status = session.step(batch).status();
  batch.clear();
  return status;
}

} // namespace graphc
