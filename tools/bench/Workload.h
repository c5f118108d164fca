// Sequences of made-up tokens that a session is kept busy with.
#ifndef GRAPHC_TOOLS_BENCH_WORKLOAD_H
#define GRAPHC_TOOLS_BENCH_WORKLOAD_H

#include "runtime/exec/Session.h"
#include "tools/bench/BenchCase.h"
#include "tools/bench/PlanWork.h"

#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

/// What a run did.
struct RunLog {
  double seconds = 0;
  std::vector<StepShapes> steps;
};

/// Options of a session that can run these cases; they must have passed checkCase().
SessionOptions sessionOptionsFor(std::span<const BenchCase> cases, SessionOptions base);

/// Runs cases on a session. Which tokens they are does not matter to the time a step takes, so they
/// are a fixed pattern; nothing is sampled.
class Workload {
public:
  /// The session must outlive the workload and be used by nobody else.
  explicit Workload(Session &session);
  ~Workload();

  /// Makes the first `batch` sequences `depth` tokens long: what is missing is computed, what is
  /// too much forgotten.
  Status reach(int64_t batch, int64_t depth);

  /// Gives each of the first `batch` sequences so many tokens, in steps as large as the plan's
  /// (prefill) or one token each (decode), and takes them away again. Status of the step that
  /// failed.
  Expected<RunLog> run(const BenchCase &benchCase);

private:
  using Ids = std::span<const KvCache::SequenceId>;

  Status prefill(Ids ids, int64_t tokens, WantedRows last, RunLog &log);
  Status decode(Ids ids, int64_t tokens, RunLog &log);
  Status step(RunLog &log);
  void addPart(KvCache::SequenceId id, int64_t tokens, WantedRows rows);

  Session &session;
  std::vector<int32_t> pattern; ///< One token for each position.
  std::vector<KvCache::SequenceId> sequences;
  std::vector<StepSequence> batch; ///< The step that is being put together.
};

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_WORKLOAD_H
