#include "frontend/config/Rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace graphc {

/// To f32 and back. For one +, -, * or / of f32 values this is the result of the f32 instruction.
static double round32(double value) { return static_cast<float>(value); }

/// theta ^ exponent of pair `i` among `pairs`.
static double powerOf(int64_t pair, int64_t width, double theta) {
  double exponent = round32(static_cast<double>(2 * pair) / static_cast<double>(width));
  return round32(std::pow(round32(theta), exponent));
}

/// A number divided by a tensor: the reference multiplies by the reciprocal.
static double divideInto(double number, double value) {
  return round32(round32(1.0 / value) * round32(number));
}

static double llama3Frequency(double frequency, const RopeConfig &rope) {
  double length = static_cast<double>(rope.originalMaxPositions);
  double factor = round32(rope.factor);
  double wavelength = divideInto(2 * std::numbers::pi, frequency);
  if (wavelength < round32(length / rope.highFreqFactor))
    return frequency;
  if (wavelength > round32(length / rope.lowFreqFactor))
    return round32(frequency / factor);
  double rotations = round32(divideInto(length, wavelength) - round32(rope.lowFreqFactor));
  double smooth = round32(rotations / round32(rope.highFreqFactor - rope.lowFreqFactor));
  double slow = round32(round32(round32(1 - smooth) * frequency) / factor);
  return round32(slow + round32(smooth * frequency));
}

/// The context before it grew.
static double trainedContext(const ModelConfig &config, const RopeConfig &rope) {
  for (int64_t positions : {rope.originalMaxPositions, config.originalMaxPositions})
    if (positions > 0)
      return static_cast<double>(positions);
  return static_cast<double>(config.maxPositions);
}

static double dynamicTheta(const ModelConfig &config, const RopeConfig &rope, int64_t context) {
  const double trained = trainedContext(config, rope), width = double(config.rotaryDim());
  const double length = std::max(static_cast<double>(context), trained);
  const double growth = rope.factor * length / trained - (rope.factor - 1);
  return width > 2 ? rope.theta * std::pow(growth, width / (width - 2)) : rope.theta;
}

namespace {
/// Between which pairs YaRN goes over from what it keeps to what it stretches.
struct YarnRamp {
  YarnRamp(const ModelConfig &config, const RopeConfig &rope) {
    const double width = double(config.rotaryDim()), trained = trainedContext(config, rope);
    auto pairOf = [&](double rotations) {
      return width * std::log(trained / (rotations * 2 * std::numbers::pi)) /
             (2 * std::log(rope.theta));
    };
    low = pairOf(rope.betaFast);
    high = pairOf(rope.betaSlow);
    if (rope.truncatesBounds) {
      low = std::floor(low);
      high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, width - 1);
    if (low == high)
      high += 0.001;
  }

  /// How far pair `i` is stretched, from 0 to 1.
  double at(int64_t pair) const {
    const double place = round32(round32(double(pair) - low) / round32(high - low));
    return std::clamp(place, 0.0, 1.0);
  }

  double low = 0, high = 0;
};
} // namespace

static double yarnFrequency(int64_t pair, double power, const YarnRamp &ramp, double factor) {
  const double kept = round32(1.0 / power);
  const double stretched = round32(1.0 / round32(round32(factor) * power));
  const double keeps = round32(1.0 - ramp.at(pair));
  return round32(round32(stretched * round32(1.0 - keeps)) + round32(kept * keeps));
}

static double yarnScale(const RopeConfig &rope) {
  auto scaleOf = [&](double weight) {
    return rope.factor <= 1 ? 1.0 : 0.1 * weight * std::log(rope.factor) + 1.0;
  };
  if (rope.attentionFactor)
    return *rope.attentionFactor;
  // 0 is what files say that mean neither.
  if (rope.mscale.value_or(0) != 0 && rope.mscaleAllDim.value_or(0) != 0)
    return scaleOf(*rope.mscale) / scaleOf(*rope.mscaleAllDim);
  return scaleOf(1);
}

static double longRopeScale(const ModelConfig &config, const RopeConfig &rope) {
  if (rope.attentionFactor)
    return *rope.attentionFactor;
  const double trained = trainedContext(config, rope);
  const double factor = static_cast<double>(config.maxPositions) / trained;
  return factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(trained));
}

RopeFrequencies ropeFrequencies(const ModelConfig &config, const RopeConfig &rope,
                                int64_t context) {
  const int64_t width = config.rotaryDim();
  const bool isLong = static_cast<double>(context) > trainedContext(config, rope);
  const double theta =
      rope.kind == RopeKind::Dynamic ? dynamicTheta(config, rope, context) : rope.theta;
  const YarnRamp ramp(config, rope);
  auto frequencyOf = [&](int64_t pair) {
    const double power = powerOf(pair, width, theta);
    const double plain = round32(1.0 / power);
    switch (rope.kind) {
    case RopeKind::Default:
    case RopeKind::Dynamic:
      return plain;
    case RopeKind::Linear:
      return round32(plain / round32(rope.factor));
    case RopeKind::Llama3:
      return llama3Frequency(plain, rope);
    case RopeKind::Yarn:
      return yarnFrequency(pair, power, ramp, rope.factor);
    case RopeKind::LongRope: {
      const auto &factors = isLong ? rope.longFactor : rope.shortFactor;
      return round32(1.0 / round32(round32(factors[static_cast<size_t>(pair)]) * power));
    }
    }
    return plain;
  };
  RopeFrequencies result;
  for (int64_t pair = 0; pair < width / 2; ++pair)
    result.inverse.push_back(frequencyOf(pair));
  if (rope.kind == RopeKind::Yarn)
    result.scale = yarnScale(rope);
  else if (rope.kind == RopeKind::LongRope)
    result.scale = longRopeScale(config, rope);
  return result;
}

} // namespace graphc
