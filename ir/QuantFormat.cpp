#include "ir/QuantFormat.h"

#include "runtime/base/Assert.h"
#include "runtime/base/ElementType.h"
#include "runtime/base/VectorClones.h"

#include <algorithm>
#include <cmath>
#include <cstring>

// The same bits on every machine and in every number of lanes: multiply and add stay apart, and the
// numbers of a group are added up in their order.
#pragma clang fp contract(off)

namespace graphc {

namespace {

/// Numbers of `lanes` groups side by side. Only references to them are passed on: how a vector
/// travels between functions would depend on the instruction set.
template <int64_t lanes>
using Floats = float __attribute__((ext_vector_type(lanes)));
template <int64_t lanes>
using Ints = int32_t __attribute__((ext_vector_type(lanes)));

/// What an element type's integers are, as floats.
struct Bounds {
  float least, most;
};

Bounds boundsOf(const QuantFormat &format) {
  return {static_cast<float>(format.least()), static_cast<float>(format.most())};
}

// Scales that the search tries, as parts of the one that makes the largest magnitude the largest
// integer. Smaller ones cut large numbers off, which pays where the others gain more from finer
// steps. With 4 bits, negative ones as well: they give the extra integer, -8, to the other sign.
constexpr float kSteps4[] = {1.0f,  0.95f, 0.9f,   0.85f,  0.8f,   0.75f,
                             0.69f, 1.06f, -0.94f, -0.88f, -0.82f, -0.76f};
constexpr float kSteps8[] = {1.0f, 0.994f, 0.987f};

std::span<const float> stepsOf(const QuantFormat &format) {
  return format.bits == 4 ? std::span<const float>(kSteps4) : std::span(kSteps8);
}

/// `lanes` groups of numbers: number k of group c is values[k * lanes + c]. All arithmetic is done
/// lane by lane, so that the results of a group do not depend on how many there are.
template <int64_t lanes>
struct Groups {
  using F = Floats<lanes>;

  const float *values;
  int64_t count; ///< Numbers of a group.
  Bounds bounds;

  /// The scales of the groups, numbers of f16.
  [[gnu::always_inline]] void findScales(std::span<const float> steps, F &scale) const {
    F largest;
    findLargest(largest);
    F plain = largest / bounds.most;
    roundToF16(plain);
    scale = plain;
    if (steps.empty())
      return;
    F searched, plainError, searchedError;
    searchScales(largest, steps, searched);
    roundToF16(searched);
    findErrors(plain, plainError);
    findErrors(searched, searchedError);
    scale = plain != 0 && searchedError < plainError ? searched : plain;
  }

  /// The reciprocals of scales; 0 where numbers become too small for one: all integers are 0 then.
  [[gnu::always_inline]] static void invert(const F &scale, F &inverse) {
    F reciprocal = 1.0f / scale;
    inverse = __builtin_elementwise_abs(reciprocal) <= kLargestFloat ? reciprocal : F(0);
  }

  /// The integers of the groups' numbers k, as floats.
  [[gnu::always_inline]] void roundNumbers(int64_t k, const F &inverse, F &q) const {
    F x;
    load(k, x);
    round(x, inverse, q);
  }

  [[gnu::always_inline]] void load(int64_t k, F &x) const {
    std::memcpy(&x, values + k * lanes, lanes * sizeof(float));
  }

  /// To the nearest integer, ties to even; what is not a number becomes the least.
  [[gnu::always_inline]] void round(const F &x, const F &inverse, F &q) const {
    F scaled = x * inverse;
    scaled = scaled > bounds.least ? scaled : F(bounds.least);
    scaled = scaled < bounds.most ? scaled : F(bounds.most);
    q = (scaled + kRounder) - kRounder;
  }

  /// The largest magnitudes, found among the numbers' bits: as integers, magnitudes are in the same
  /// order, and NaN is above all.
  [[gnu::always_inline]] void findLargest(F &largest) const {
    Ints<lanes> bits = 0;
    for (int64_t k = 0; k < count; ++k) {
      F x;
      load(k, x);
      F positive = __builtin_elementwise_abs(x);
      auto magnitude = __builtin_bit_cast(Ints<lanes>, positive);
      bits = bits < magnitude ? magnitude : bits;
    }
    largest = __builtin_bit_cast(F, bits);
  }

  /// How well the integers of some scale fit a group is seen from two sums, xq of x q and qq of
  /// q^2: with the best scale for them, s = xq / qq, the squared error is sum x^2 - xq^2 / qq.
  [[gnu::always_inline]] void searchScales(const F &largest, std::span<const float> steps,
                                           F &best) const {
    F bestGain = F(0);
    best = F(0);
    for (float step : steps) {
      F inverse = bounds.most / (largest * step);
      F xq = F(0), qq = F(0);
      for (int64_t k = 0; k < count; ++k) {
        F x, q;
        load(k, x);
        round(x, inverse, q);
        xq += x * q;
        qq += q * q;
      }
      F scale = qq > 0 ? xq / qq : F(0);
      F gain = scale * xq;
      best = gain > bestGain ? scale : best;
      bestGain = gain > bestGain ? gain : bestGain;
    }
  }

  /// Squared errors of the groups with some scales.
  [[gnu::always_inline]] void findErrors(const F &scale, F &error) const {
    F inverse;
    invert(scale, inverse);
    error = F(0);
    for (int64_t k = 0; k < count; ++k) {
      F x, q;
      load(k, x);
      round(x, inverse, q);
      F difference = x - scale * q;
      error += difference * difference;
    }
  }

  [[gnu::always_inline]] static void roundToF16(F &numbers) {
    for (int64_t lane = 0; lane < lanes; ++lane)
      numbers[lane] = static_cast<float>(static_cast<_Float16>(numbers[lane]));
  }

  // Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even.
  static constexpr float kRounder = 12582912.0f;
  static constexpr float kLargestFloat = 3.40282347e+38f;
};

} // namespace

/// Writes the integers of 32 groups as units of 32 bits.
template <int64_t bits>
[[gnu::always_inline]] static inline void writeUnits(const Groups<kBlockChannels> &groups,
                                                     const Floats<kBlockChannels> &inverse,
                                                     std::byte *out) {
  constexpr QuantFormat kFormat = {bits};
  constexpr int64_t kColumns = 32 / bits;
  constexpr int32_t kAdded = bits == 4 ? 8 : 0, kMask = (1 << bits) - 1;
  for (int64_t begin = 0; begin < groups.count; begin += kColumns) {
    Ints<kBlockChannels> unit = 0;
    for (int64_t k = 0; k < kColumns; ++k) {
      Floats<kBlockChannels> q;
      groups.roundNumbers(begin + k, inverse, q);
      auto integers = __builtin_convertvector(q, Ints<kBlockChannels>);
      unit |= ((integers + kAdded) & kMask) << static_cast<int32_t>(kFormat.bitOf(k));
    }
    std::memcpy(out, &unit, sizeof unit);
    out += sizeof unit;
  }
}

GRAPHC_VECTOR_CLONES
static void quantizeChannels(int64_t bits, Groups<kBlockChannels> groups,
                             std::span<const float> steps, std::byte *block) {
  Floats<kBlockChannels> scale, inverse;
  groups.findScales(steps, scale);
  for (int64_t channel = 0; channel < kBlockChannels; ++channel) {
    auto half = static_cast<_Float16>(scale[channel]);
    std::memcpy(block + channel * QuantFormat::kScaleBytes, &half, sizeof half);
  }
  groups.invert(scale, inverse);
  std::byte *units = block + kBlockChannels * QuantFormat::kScaleBytes;
  if (bits == 4)
    writeUnits<4>(groups, inverse, units);
  else
    writeUnits<8>(groups, inverse, units);
}

void quantizeBlock(const QuantFormat &format, bool search, std::span<const float> values,
                   std::span<std::byte> block) {
  GRAPHC_ASSERT(std::ssize(values) == format.group * kBlockChannels, "a group of each channel");
  GRAPHC_ASSERT(std::ssize(block) == format.blockBytes(kBlockChannels), "room for one block");
  GRAPHC_ASSERT(!format.hasTwoLevels() && !format.hasMinimum, "scales alone are found");
  GRAPHC_ASSERT(format.highBits() == 0 && !format.isNonlinear, "to int4 and int8");
  const std::span<const float> steps = search ? stepsOf(format) : std::span<const float>();
  quantizeChannels(format.bits, {values.data(), format.group, boundsOf(format)}, steps,
                   block.data());
}

float quantizeGroup(const QuantFormat &format, bool search, std::span<const float> values,
                    std::span<int8_t> out) {
  GRAPHC_ASSERT(values.size() == out.size(), "as many integers as numbers");
  const Groups<1> group{values.data(), std::ssize(values), boundsOf(format)};
  Floats<1> scale, inverse, q;
  group.findScales(search ? stepsOf(format) : std::span<const float>(), scale);
  group.invert(scale, inverse);
  for (size_t k = 0; k < out.size(); ++k) {
    group.roundNumbers(static_cast<int64_t>(k), inverse, q);
    out[k] = static_cast<int8_t>(q[0]);
  }
  return scale[0];
}

float quantizeRowGroup(std::span<const float> values, std::span<int8_t> out) {
  constexpr Bounds kBounds{-127.0f, 127.0f};
  const Groups<1> group{values.data(), std::ssize(values), kBounds};
  Floats<1> largest, inverse, q;
  group.findLargest(largest);
  group.invert(largest / kBounds.most, inverse);
  for (size_t k = 0; k < values.size(); ++k) {
    group.roundNumbers(static_cast<int64_t>(k), inverse, q);
    out[k] = static_cast<int8_t>(q[0]);
  }
  return largest[0] / kBounds.most;
}

} // namespace graphc
