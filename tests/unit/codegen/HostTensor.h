// Tensors of a kernel test: f32, bf16 or f16 numbers with an extent and a bound for each dimension.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_HOSTTENSOR_H
#define GRAPHC_TESTS_UNIT_CODEGEN_HOSTTENSOR_H

#include "KernelRunner.h"

#include "runtime/base/ElementType.h"
#include "runtime/plan/KvLayout.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace graphc::test {

using Index = std::vector<int64_t>;

inline uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

inline float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

/// To nearest, ties to even, of finite numbers.
inline uint16_t bf16BitsOf(float value) {
  uint32_t bits = bitsOf(value);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// `value` as a number of `type` would keep it.
inline float rounded(float value, ElementType type) {
  switch (type) {
  case ElementType::F32:
    return value;
  case ElementType::BF16:
    return floatOf(uint32_t(bf16BitsOf(value)) << 16);
  default:
    return float(_Float16(value));
  }
}

/// The number of `type` that stands at `place`.
inline float loadNumber(const void *place, ElementType type) {
  uint32_t bits = 0;
  std::memcpy(&bits, place, static_cast<size_t>(byteSize(type)));
  if (type == ElementType::F32)
    return floatOf(bits);
  if (type == ElementType::BF16)
    return floatOf(bits << 16);
  _Float16 half;
  std::memcpy(&half, place, sizeof(half));
  return float(half);
}

enum class CacheSide { Key, Value };

/// Number `d` of a key or value in a page of a cache.
inline float loadCached(const char *page, const KvLayout &layout, CacheSide side, int64_t head,
                        int64_t token, int64_t d) {
  bool isKey = side == CacheSide::Key;
  const char *place =
      page + (isKey ? layout.keyOffset(head, token, d) : layout.valueOffset(head, token, d));
  if (!layout.hasScales())
    return loadNumber(place, layout.elementType);
  int64_t scale = isKey ? layout.keyScaleOffset(head, token) : layout.valueScaleOffset(head, token);
  return loadNumber(page + scale, ElementType::F16) * float(static_cast<int8_t>(*place));
}

/// Calls `body` with every index below `extents`, in row-major order.
inline void forEachIndex(const Index &extents, const std::function<void(const Index &)> &body) {
  Index at(extents.size());
  std::function<void(size_t)> walk = [&](size_t dim) {
    if (dim == extents.size())
      return body(at);
    for (at[dim] = 0; at[dim] < extents[dim]; ++at[dim])
      walk(dim + 1);
  };
  walk(0);
}

/// Dense and row-major in its bounds, as the runtime's buffers are. Filled with a value that no
/// kernel computes, so that what is written or read beyond the extents shows.
class HostTensor {
public:
  static constexpr float kUntouched = -12345.0f;

  HostTensor(Index extents, Index bounds, ElementType type = ElementType::F32)
      : extents(std::move(extents)), bounds(std::move(bounds)), type(type),
        storage(static_cast<size_t>(count() * byteSize(type) / 64 + 1)) {
    forEachIndex(this->bounds, [&](const Index &at) { set(at, kUntouched); });
  }
  explicit HostTensor(Index extents, ElementType type = ElementType::F32)
      : HostTensor(extents, extents, type) {}

  /// Random normal numbers at the extents.
  HostTensor &randomize(int seed, float scale = 1) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::normal_distribution<float> normal(0, scale);
    forEachIndex(extents, [&](const Index &at) { set(at, normal(random)); });
    return *this;
  }

  float get(const Index &at) const {
    return loadNumber(bytes() + offset(at) * byteSize(type), type);
  }

  void set(const Index &at, float value) {
    char *place = storage.data()->bytes + offset(at) * byteSize(type);
    if (type == ElementType::F32)
      std::memcpy(place, &value, 4);
    else if (type == ElementType::BF16)
      write(place, bf16BitsOf(value));
    else
      write(place, _Float16(value));
  }

  void *data() { return storage.data(); }
  bool isInside(const Index &at) const {
    for (size_t i = 0; i < at.size(); ++i) {
      if (at[i] >= extents[i])
        return false;
    }
    return true;
  }

  Index extents, bounds;
  ElementType type;

private:
  template <typename T>
  static void write(char *place, T value) {
    std::memcpy(place, &value, sizeof(T));
  }
  int64_t count() const {
    int64_t product = 1;
    for (int64_t bound : bounds)
      product *= bound;
    return product;
  }
  int64_t offset(const Index &at) const {
    int64_t offset = 0;
    for (size_t i = 0; i < at.size(); ++i)
      offset = offset * bounds[i] + at[i];
    return offset;
  }

  struct alignas(64) Line {
    char bytes[64];
  };
  const char *bytes() const { return storage.data()->bytes; }
  std::vector<Line> storage;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_HOSTTENSOR_H
