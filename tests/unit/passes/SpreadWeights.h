// Weights for tests: made up by name and index, wide enough for attention to prefer some tokens.
#ifndef GRAPHC_TESTS_UNIT_PASSES_SPREADWEIGHTS_H
#define GRAPHC_TESTS_UNIT_PASSES_SPREADWEIGHTS_H

#include "ir/WeightSource.h"

#include <functional>
#include <map>
#include <string>

namespace graphc {

/// Number `index` of the stream `name`: uniform in [-0.25, 0.25).
inline float spreadNumber(std::string_view name, uint64_t index) {
  uint64_t x = std::hash<std::string_view>()(name) ^ (index * 0x9e3779b97f4a7c15u);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return (float((x ^ (x >> 31)) >> 40) / float(1 << 24) - 0.5f) / 2;
}

class SpreadWeights : public WeightSource {
public:
  void add(const std::string &name, std::vector<int64_t> shape) {
    tensors[name] = {ElementType::F32, std::move(shape)};
  }

  const TensorInfo *find(std::string_view name) const override {
    auto it = tensors.find(name);
    return it == tensors.end() ? nullptr : &it->second;
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> list;
    for (const auto &[name, info] : tensors)
      list.push_back(name);
    return list;
  }

  /// Norms are around 1.
  Status readRows(std::string_view name, int64_t begin, int64_t end,
                  std::span<float> out) const override {
    const int64_t columns = find(name)->columns();
    const float mean = name.ends_with("norm.weight") ? 1.0f : 0.0f;
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = mean + spreadNumber(name, uint64_t(begin * columns) + i);
    return {};
  }

private:
  std::map<std::string, TensorInfo, std::less<>> tensors;
};

} // namespace graphc

#endif // GRAPHC_TESTS_UNIT_PASSES_SPREADWEIGHTS_H
