// Real numbers and how far a kernel's f32 may be from them: bounds that follow from the types and
// from the lengths of sums, not from what a kernel happens to reach.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_APPROX_H
#define GRAPHC_TESTS_UNIT_CODEGEN_APPROX_H

#include "runtime/base/ElementType.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace graphc::test {

/// A real number and how far a kernel's f32 may be from it. Every operation adds the bound of its
/// own rounding to those of its operands.
struct Approx {
  static constexpr double kUlp = 0x1p-24; ///< Half a unit in the last place of f32, relative.

  double value = 0;
  double error = 0;

  Approx operator+(const Approx &other) const {
    return rounded(value + other.value, error + other.error);
  }
  Approx operator-(const Approx &other) const {
    return rounded(value - other.value, error + other.error);
  }
  Approx operator*(const Approx &other) const {
    return rounded(value * other.value, std::abs(value) * other.error +
                                            std::abs(other.value) * error + error * other.error);
  }
  Approx operator/(const Approx &other) const {
    double size = std::abs(other.value);
    return rounded(value / other.value,
                   (std::abs(value) * other.error + size * error) / (size * (size - other.error)));
  }
  /// `result` of a function that is off by `units` in the last place at most, with a slope of at
  /// most `slope` where this number may be.
  Approx mapped(double result, double slope, double units) const {
    double own = slope * error;
    return {result, own + 2 * kUlp * units * (std::abs(result) + own) + 1e-37};
  }
  /// As a number of `type` keeps it.
  Approx storedAs(ElementType type) const {
    double unit = type == ElementType::F32 ? 0 : type == ElementType::F16 ? 0x1p-11 : 0x1p-8;
    double leastStep = type == ElementType::F16 ? 0x1p-25 : 0;
    return {value, error + unit * (std::abs(value) + error) + leastStep};
  }
  /// As an integer times an f16 scale that makes `largest` 127: half a step, whose size is rounded
  /// as well.
  Approx storedInStepsTo(double largest) const {
    return {value, error + 0.501 * (1 + 0x1p-11) * largest / 127};
  }
  /// The largest magnitude that the kernel's number may have.
  double most() const { return std::abs(value) + error; }

  bool holds(float found) const {
    return std::isinf(value) ? double(found) == value : std::abs(double(found) - value) <= error;
  }

private:
  static Approx rounded(double value, double error) {
    return {value, error + kUlp * (std::abs(value) + error) + 1e-37};
  }
};

/// A sum in f64 and what f32 may make of it, in whatever order. A term that goes through n
/// roundings is off by at most n * kUlp of itself (to first order; the factor covers the rest), and
/// none goes through more of them than there are terms.
class ApproxSum {
public:
  void add(const Approx &term) {
    total += term.value;
    magnitude += term.most();
    error += term.error;
    ++terms;
  }
  /// `more`: roundings of a term beyond those of the sum.
  Approx result(int64_t more = 1) const {
    return {total, error + 1.01 * double(terms + more) * Approx::kUlp * magnitude + 1e-36};
  }

private:
  double total = 0, magnitude = 0, error = 0;
  int64_t terms = 0;
};

/// How far f32 may be from an exact result r, as a part of 1 + |r|, after a sum of `length` terms
/// of about 1 in size. Partial sums grow with the root of the length, and so do as many roundings
/// of them that go either way: length * kUlp * 0.41 is their standard deviation, and this is five
/// of them and eight roundings of other operations.
constexpr double slackOfSum(int64_t length) { return 2 * Approx::kUlp * double(length + 8); }

//===----------------------------------------------------------------------===//
// Functions, as accurate as codegen/kernels/VectorMath.h says
//===----------------------------------------------------------------------===//

inline Approx exponentialOf(const Approx &x) {
  if (std::isinf(x.value) && x.value < 0)
    return {};
  return x.mapped(std::exp(x.value), std::exp(x.value + x.error), 2.2);
}

inline Approx tanhOf(const Approx &x) { return x.mapped(std::tanh(x.value), 1, 3); }

/// 1 / sqrt(x) of a positive number, each step rounded correctly.
inline Approx reciprocalRootOf(const Approx &x) {
  return x.mapped(1 / std::sqrt(x.value), std::pow(x.value - x.error, -1.5) / 2, 1);
}

/// "silu", "gelu_erf", "gelu_tanh" or "relu". Their slope is at most 1.13; 8 half-units of x are
/// room for their own errors, also where their summands are larger than their result.
inline Approx activated(std::string_view name, const Approx &x) {
  double value = x.value;
  if (name == "relu")
    return {std::max(value, 0.0), x.error};
  if (name == "silu")
    value = x.value / (1 + std::exp(-x.value));
  else if (name == "gelu_erf")
    value = x.value / 2 * (1 + std::erf(x.value / std::sqrt(2.0)));
  else
    value = x.value / 2 *
            (1 + std::tanh(std::sqrt(2 / M_PI) * (x.value + 0.044715 * std::pow(x.value, 3))));
  return {value, 1.13 * x.error + 8 * Approx::kUlp * std::abs(x.value)};
}

/// cap * tanh(x / cap), whose slope is at most 1. The bound is written as a number of f32.
inline Approx capped(const Approx &x, double cap) {
  Approx inside = x / Approx{cap};
  return inside.mapped(std::tanh(inside.value), 1, 3) * Approx{cap};
}

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_APPROX_H
