#include "ir/QuantFormat.h"

#include "runtime/base/Assert.h"
#include "runtime/base/ElementType.h"
#include "runtime/base/VectorClones.h"

#include <algorithm>
#include <array>
#include <cmath>

// The same bits on every machine: multiply and add stay apart, sums have a fixed order.
#pragma clang fp contract(off)

namespace graphc {

namespace {

constexpr int64_t kLanes = 16;
using Lanes = std::array<float, kLanes>;

/// What an element type's integers are, as floats.
struct Bounds {
  float least, most;
};

/// How well the integers of some scale fit a group: with the best scale for them, s = xq / qq, the
/// squared error is sum x^2 - xq^2 / qq.
struct Fit {
  float xq = 0; ///< sum x q
  float qq = 0; ///< sum q^2

  float gain() const { return qq > 0 ? xq / qq * xq : 0; }
  float scale() const { return qq > 0 ? xq / qq : 0; }
};

} // namespace

// Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even.
static constexpr float kRounder = 12582912.0f;

static inline float roundedInteger(float value, float inverse, Bounds bounds) {
  float scaled = std::min(std::max(value * inverse, bounds.least), bounds.most);
  return (scaled + kRounder) - kRounder;
}

/// Calls add(i, lane) for every number i in [0, count), whole vectors of lanes side by side.
template <typename Add>
[[gnu::always_inline]] static inline void forEachNumber(int64_t count, Add add) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane)
      add(i + lane, lane);
  for (; i < count; ++i)
    add(i, 0);
}

static float sum(const Lanes &lanes) {
  float total = 0;
  for (float lane : lanes)
    total += lane;
  return total;
}

GRAPHC_VECTOR_CLONES
static float largestMagnitude(const float *values, int64_t count) {
  Lanes largest{};
  forEachNumber(count, [&](int64_t i, int64_t lane) __attribute__((always_inline)) {
    float magnitude = std::fabs(values[i]);
    largest[lane] = largest[lane] < magnitude ? magnitude : largest[lane];
  });
  return *std::max_element(largest.begin(), largest.end());
}

GRAPHC_VECTOR_CLONES
static Fit fitOf(const float *values, int64_t count, float inverse, Bounds bounds) {
  Lanes xq{}, qq{};
  auto add = [&](int64_t i, int64_t lane) __attribute__((always_inline)) {
    float q = roundedInteger(values[i], inverse, bounds);
    xq[lane] += values[i] * q;
    qq[lane] += q * q;
  };
  forEachNumber(count, add);
  return {sum(xq), sum(qq)};
}

GRAPHC_VECTOR_CLONES
static void roundAll(const float *values, int64_t count, float inverse, Bounds bounds,
                     int8_t *out) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<int8_t>(roundedInteger(values[i], inverse, bounds));
}

GRAPHC_VECTOR_CLONES
static float squaredError(const float *values, const int8_t *integers, int64_t count, float scale) {
  Lanes error{};
  auto add = [&](int64_t i, int64_t lane) __attribute__((always_inline)) {
    float difference = values[i] - scale * static_cast<float>(integers[i]);
    error[lane] += difference * difference;
  };
  forEachNumber(count, add);
  return sum(error);
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

// Scales that the search tries, as parts of the one that makes the largest magnitude the largest
// integer. Smaller ones cut large numbers off, which pays where the others gain more from finer
// steps. With 4 bits, negative ones as well: they give the extra integer, -8, to the other sign.
static constexpr float kSteps4[] = {1.0f,  0.95f, 0.9f,   0.85f,  0.8f,   0.75f,
                                    0.69f, 1.06f, -0.94f, -0.88f, -0.82f, -0.76f};
static constexpr float kSteps8[] = {1.0f, 0.994f, 0.987f};

static float toF16Value(float value) { return fromF16(toF16(value)); }

/// The reciprocal of a scale; 0 where numbers become too small for one: all integers are 0 then.
static float inverseOf(float scale) {
  float inverse = 1.0f / scale;
  return std::isfinite(inverse) ? inverse : 0.0f;
}

float quantizeGroup(const QuantFormat &format, bool search, std::span<const float> values,
                    std::span<int8_t> out) {
  GRAPHC_ASSERT(values.size() == out.size(), "as many integers as numbers");
  const auto count = static_cast<int64_t>(values.size());
  const Bounds bounds{static_cast<float>(format.least()), static_cast<float>(format.most())};
  const float largest = largestMagnitude(values.data(), count);
  const float plain = toF16Value(largest / bounds.most);
  roundAll(values.data(), count, inverseOf(plain), bounds, out.data());
  if (!search || plain == 0)
    return plain;

  Fit best;
  for (float step : format.bits == 4 ? std::span<const float>(kSteps4) : std::span(kSteps8)) {
    Fit fit = fitOf(values.data(), count, bounds.most / (largest * step), bounds);
    if (fit.gain() > best.gain())
      best = fit;
  }
  const float plainError = squaredError(values.data(), out.data(), count, plain);
  const float searched = toF16Value(best.scale());
  roundAll(values.data(), count, inverseOf(searched), bounds, out.data());
  if (squaredError(values.data(), out.data(), count, searched) < plainError)
    return searched;
  roundAll(values.data(), count, inverseOf(plain), bounds, out.data());
  return plain;
}

float quantizeRowGroup(std::span<const float> values, std::span<int8_t> out) {
  constexpr Bounds kBounds{-127.0f, 127.0f};
  const auto count = static_cast<int64_t>(values.size());
  const float largest = largestMagnitude(values.data(), count);
  roundAll(values.data(), count, inverseOf(largest / kBounds.most), kBounds, out.data());
  return largest / kBounds.most;
}

} // namespace graphc
