// A tensor that a model's graph reads from its checkpoint.
#ifndef GRAPHC_FRONTEND_WEIGHTS_EXPECTEDTENSOR_H
#define GRAPHC_FRONTEND_WEIGHTS_EXPECTEDTENSOR_H

#include "frontend/weights/WeightInit.h"

#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

struct ExpectedTensor {
  std::string name;
  std::vector<int64_t> shape;
  /// When not empty, nothing reads this tensor: it may be absent, and where it is there it must
  /// hold the bytes of the tensor named here. With tied embeddings that is
  ///   {"lm_head.weight", {vocab, hidden}, "model.embed_tokens.weight"}
  /// since some tools save both. A head that differs contradicts the configuration.
  std::string copyOf = {};
  /// What random weights make of it; without, what its name says (RandomSource.h).
  std::optional<WeightInit> init = {};
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_EXPECTEDTENSOR_H
