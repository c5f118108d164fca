// A plan in execution: memory, threads, and the step.
#ifndef GRAPHC_RUNTIME_EXEC_SESSION_H
#define GRAPHC_RUNTIME_EXEC_SESSION_H

#include "runtime/exec/CodeObject.h"
#include "runtime/exec/DispatchObserver.h"
#include "runtime/exec/ProductRunner.h"
#include "runtime/exec/StepInputs.h"
#include "runtime/memory/KvCache.h"
#include "runtime/memory/MappedMemory.h"
#include "runtime/memory/MemoryPlan.h"
#include "runtime/plan/Plan.h"
#include "runtime/threads/ThreadPool.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace graphc {

struct SessionOptions {
  int threads = 1;
  int64_t maxSequences = 1; ///< In one step.
  int64_t cachePages = 1;   ///< Of the KV cache, at most; pagesForTokens() helps.
  /// Of these, pages that are needed for certain. They must fit before anything runs; the cache
  /// grows beyond them while there is memory. Absent: all.
  std::optional<int64_t> neededPages = {};
  int64_t resultRows = 1; ///< Most rows wanted in one step; at most the plan's maxTokens.
  /// When it becomes true, step() ends early with Interrupted. May be null.
  const std::atomic<bool> *cancel = nullptr;
  std::string systemRoot = "/"; ///< Where /proc and /sys tell of memory; another place in tests.
};

/// Pages that a sequence of so many tokens takes.
constexpr int64_t pagesForTokens(int64_t tokens) { return ceilDiv(tokens, kPageTokens); }

/// Runs steps of a plan. The plan must outlive the session. Not for use by several threads at once.
///
///   GRAPHC_ASSIGN_OR_RETURN(auto session, Session::create(plan, {.threads = 2, .cachePages = 8}));
///   KvCache::SequenceId id = session->cache().createSequence();
///   StepSequence part{id, tokens, WantedRows::Last};
///   GRAPHC_ASSIGN_OR_RETURN(std::span<const float> logits, session->step({&part, 1}));
///
/// The result of a row depends on its sequence's tokens alone: not on the number of threads, on
/// how the tokens were cut into steps, or on other sequences in a step. For -O2 plans that holds to
/// the bit.
class Session {
public:
  /// What a session with this variant's code takes, with the plan's mapped parts.
  static MemoryPlan memoryPlan(const Plan &plan, const PlanVariant &variant,
                               const SessionOptions &options);

  /// Checks that the memory is there, loads the code, starts the threads. Resources with the memory
  /// plan when it does not fit; Usage for impossible options.
  static Expected<std::unique_ptr<Session>> create(const Plan &plan, const SessionOptions &options);

  const Plan &plan() const { return source; }
  KvCache &cache() { return kv; }
  int threads() const { return pool->size(); }

  /// From the next step on, `observer` hears of every dispatch and how long it took. It must
  /// outlive its use. Null, as at first: nobody does, and nothing is timed.
  void observe(DispatchObserver *observer) { watcher = observer; }

  /// Cached rows that the sequences of one step may have together.
  int64_t maxColumns() const;

  /// Appends each part's tokens to its sequence and computes the wanted rows: f32 [R][resultWidth]
  /// in the order of the parts and of their tokens, valid until the next step. A sequence may occur
  /// once.
  ///
  /// Fails with nothing changed: Usage for a token outside the vocabulary, tokens where the plan
  /// takes rows or the other way round, a sequence beyond the plan's context, or a batch beyond its
  /// bounds; Resources when the cache is full or there is no memory left for it to grow;
  /// Interrupted when cancelled.
  Expected<std::span<const float>> step(std::span<const StepSequence> batch);

  /// Where the numbers of the last step went wrong: runs it again, a dispatch at a time, and names
  /// the first whose result is not finite, as in "layer 3 attn.qkv (graphc.fused_qkv)". Nothing
  /// when all are finite, or none is known. Only while the sequences are as that step left them.
  std::optional<std::string> findNonFinite();

  /// A Numeric failure about the last step's result with what findNonFinite() says; others as they
  /// are.
  Status withOrigin(const Status &failure);

private:
  /// A dispatch ready to run: its arguments are `argCount` entries of `args` from `firstArg` on.
  struct Call {
    KernelFn kernel = nullptr;
    PlanTasks tasks;
    size_t firstArg = 0;
    ProductRunner *product = nullptr; ///< Instead of the kernel, for steps that it takes.
    PlanDim rows = PlanDim::T;        ///< Of the product.
    bool together = false;            ///< With the call before it.
  };

  Session(const Plan &plan, const SessionOptions &options);

  Status allocate();
  Status prepareCalls();
  Status prepareProducts();
  int64_t addressOf(const PlanArg &arg) const;
  int64_t countOf(const StepSequence &part) const { return part.count(header.inputWidth); }
  Status checkBatch(std::span<const StepSequence> batch) const;
  Status checkPart(const StepSequence &part) const;
  Status appendAll(std::span<const StepSequence> batch);
  Status checkGrowthOfCache();
  void undoAppend(std::span<const StepSequence> batch);
  Status runCalls();
  Status runCall(const Call &call);
  void runTogether(std::span<const Call> group);
  std::span<const Call> groupFrom(size_t first) const;
  bool isProduct(const Call &call) const;
  int64_t beginCall(const Call &call);
  void runTasks(const Call &call, int64_t begin, int64_t end, int thread);

  const Plan &source;
  const PlanHeader &header;
  const PlanVariant &variant;
  SessionOptions options;

  std::unique_ptr<ThreadPool> pool;
  CodeObject code;
  KvCache kv;
  MappedMemory arena, result, scratch;
  MappedMemory shared;        ///< What shares of tasks leave each other (KernelAbi.h).
  uint64_t scratchStride = 0; ///< Bytes from one thread's scratch to the next.
  int64_t grantedPages = 0;   ///< Pages of the cache that there was memory for when it was asked.
  StepInputs inputs;
  DispatchObserver *watcher = nullptr;
  std::vector<std::unique_ptr<ProductRunner>> products; ///< By kernel; null for most.
  std::vector<Call> calls;
  std::vector<int64_t> args;
  std::vector<int64_t> groupEnds; ///< Of calls that run together: how many tasks, up to each.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_SESSION_H
