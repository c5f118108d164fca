// oneDNN's product beside a generated one.
#ifndef GRAPHC_TESTS_BENCH_ONEDNNYARDSTICK_H
#define GRAPHC_TESTS_BENCH_ONEDNNYARDSTICK_H

#include "MatmulCase.h"

#include "runtime/memory/MappedMemory.h"
#include "runtime/onednn/OneDnnMatmul.h"

#include <memory>
#include <string>
#include <vector>

namespace graphc::bench {

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

#endif // GRAPHC_TESTS_BENCH_ONEDNNYARDSTICK_H
