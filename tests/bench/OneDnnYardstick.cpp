#include "OneDnnYardstick.h"

#include "GeneratedKernel.h"
#include "tools/trial/TrialMemory.h"

namespace graphc::bench {

Expected<OneDnnYardstick> OneDnnYardstick::create(const MatmulCase &test) {
  OneDnnYardstick result;
  result.threads = test.threads;
  limitOneDnnThreads(test.threads); // which code it generates depends on it too
  OneDnnProduct product{test.tokens,           test.depth(),
                        test.channels(),       test.type->yardstick,
                        /*unsignedRows=*/true, OneDnnProduct::Weight::Own};
  GRAPHC_ASSIGN_OR_RETURN(OneDnnMatmul matmul, OneDnnMatmul::create(product));
  result.matmul = std::make_unique<OneDnnMatmul>(std::move(matmul));
  result.chosen = result.matmul->implementation();
  auto bytes = [](int64_t rows, int64_t columns, int64_t each) {
    return static_cast<uint64_t>(rows * columns * each);
  };
  GRAPHC_ASSIGN_OR_RETURN(
      result.rows, trialMemory(bytes(test.tokens, test.depth(), byteSize(test.type->yardstick))));
  GRAPHC_ASSIGN_OR_RETURN(result.result,
                          trialMemory(bytes(test.tokens, test.channels(), sizeof(float))));
  GRAPHC_ASSIGN_OR_RETURN(result.scratch, trialMemory(result.matmul->scratchBytes()));
  for (int64_t i = copiesOf(result.matmul->weightBytes()); i > 0; --i) {
    GRAPHC_ASSIGN_OR_RETURN(MappedMemory weight, trialMemory(result.matmul->weightBytes()));
    result.weights.push_back(std::move(weight));
  }
  return result;
}

Status OneDnnYardstick::run() {
  limitOneDnnThreads(threads);
  const MappedMemory &weight = weights[nextWeight++ % weights.size()];
  return matmul->run(rows.data(), weight.data(), result.data(), scratch.data());
}

} // namespace graphc::bench
