// RandomSource: weights for a model that has none (`--random-weights SEED`), so that its speed can
// be measured from a bare config.json.
//
//   normal, mean 0, standard deviation 0.02     everything but
//   1.0                                         names that end in "norm.weight"
//   what it says                                a tensor with an `init`
//
// An element depends on the seed, the tensor's name and the element's index, and on nothing else.
#ifndef GRAPHC_FRONTEND_WEIGHTS_RANDOMSOURCE_H
#define GRAPHC_FRONTEND_WEIGHTS_RANDOMSOURCE_H

#include "frontend/weights/ExpectedTensor.h"
#include "ir/WeightSource.h"

#include <map>

namespace graphc {

class RandomSource : public WeightSource {
public:
  static constexpr float kDeviation = 0.02f;

  /// Holds the given tensors, all of type F32; those that are copies of others are left out.
  RandomSource(uint64_t seed, std::span<const ExpectedTensor> tensors);

  const TensorInfo *find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  Status readRows(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                  std::span<float> out) const override;

private:
  uint64_t seed;
  struct Entry {
    TensorInfo info;
    WeightInit init;
  };
  std::map<std::string, Entry, std::less<>> tensors;
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_RANDOMSOURCE_H
