#include "frontend/weights/RandomSource.h"

#include "frontend/weights/RandomNormal.h"
#include "frontend/weights/Rows.h"

#include <algorithm>

namespace graphc {

/// By the name alone.
static WeightInit usualInit(std::string_view name) {
  return name.ends_with("norm.weight") ? WeightInit{.mean = 1}
                                       : WeightInit{.deviation = RandomSource::kDeviation};
}

RandomSource::RandomSource(uint64_t seed, std::span<const ExpectedTensor> expected) : seed(seed) {
  for (const ExpectedTensor &tensor : expected) {
    if (tensor.copyOf.empty())
      tensors.try_emplace(tensor.name, Entry{TensorInfo{ElementType::F32, tensor.shape},
                                             tensor.init.value_or(usualInit(tensor.name))});
  }
}

const TensorInfo *RandomSource::find(std::string_view name) const {
  auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second.info;
}

std::vector<std::string> RandomSource::names() const {
  std::vector<std::string> result;
  result.reserve(tensors.size());
  for (const auto &[name, entry] : tensors)
    result.push_back(name);
  return result;
}

Status RandomSource::readRows(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                              std::span<float> out) const {
  const TensorInfo *info = find(name);
  GRAPHC_RETURN_IF_ERROR(checkRowRange(name, info, rowBegin, rowEnd, out.size()));
  const WeightInit &init = tensors.find(name)->second.init;
  if (init.deviation == 0) {
    std::fill(out.begin(), out.end(), init.mean);
    return {};
  }
  uint64_t first = static_cast<uint64_t>(rowBegin * info->columns());
  fillNormal(randomKey(seed, name), first, init.deviation, out);
  return {};
}

} // namespace graphc
