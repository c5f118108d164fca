// Who computes a product in the benchmark: graphc's generated kernel, and oneDNN.
#ifndef GRAPHC_TESTS_BENCH_CONTESTANTS_H
#define GRAPHC_TESTS_BENCH_CONTESTANTS_H

#include "MatmulCase.h"

#include "runtime/exec/CodeObject.h"
#include "runtime/onednn/OneDnnMatmul.h"
#include "tools/bench/PlanWork.h"
#include "tools/trial/KernelTrial.h"

#include <memory>
#include <string>
#include <vector>

namespace graphc::bench {

/// The kernel that a plan for `target` would have, with its epilogue.
class GeneratedMatmul {
public:
  static Expected<GeneratedMatmul> create(const MatmulCase &test, const Target &target);

  void run();
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

/// The bare product in oneDNN, in the weight layout of its own choice, on its own threads.
class OneDnnYardstick {
public:
  static Expected<OneDnnYardstick> create(const MatmulCase &test);

  Status run();
  const std::string &implementation() const { return chosen; }

private:
  int threads = 1;
  std::string chosen;
  std::unique_ptr<OneDnnMatmul> matmul;
  MappedMemory rows, result, scratch;
  std::vector<MappedMemory> weights;
  size_t nextWeight = 0;
};

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_CONTESTANTS_H
