// A kernel that graphc generates, ready to be timed.
#ifndef GRAPHC_TESTS_BENCH_GENERATEDKERNEL_H
#define GRAPHC_TESTS_BENCH_GENERATEDKERNEL_H

#include "runtime/exec/CodeObject.h"
#include "tools/bench/PlanWork.h"
#include "tools/trial/KernelTrial.h"

#include <memory>
#include <string>

namespace graphc::bench {

/// A kernel, and the step that it is run for.
struct KernelCase {
  std::string name; ///< "tinyllama-1.1b/gate_up/bf16/T512/t2".
  std::string text; ///< The graphc.kernel.
  int64_t tokens = 1;
  int64_t cached = 0;         ///< Tokens of the sequence before this step.
  int64_t vocabulary = 1;     ///< Ids of tokens are random numbers below.
  uint64_t streamedBytes = 0; ///< Of the weight or cache that a model has another of in each layer.
  int threads = 1;

  StepBounds bounds() const { return {tokens, tokens, cached + tokens}; }
};

/// So many copies of an operand that taken in turn they are as large as what the read loop reads:
/// they are no more in a cache than a model's weights are.
int64_t copiesOf(uint64_t bytes);

/// The kernel that a plan for `target` would have.
class GeneratedKernel {
public:
  static Expected<GeneratedKernel> create(const KernelCase &test, const Target &target);

  void run() { trial->run(kernel, tokens, *pool); }
  /// Bytes and operations of one run.
  const Work &work() const { return kernelWork; }

private:
  int64_t tokens = 1;
  std::unique_ptr<ThreadPool> pool;
  CodeObject code;
  KernelFn kernel = nullptr;
  std::unique_ptr<KernelTrial> trial;
  Work kernelWork;
};

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_GENERATEDKERNEL_H
