#include "frontend/config/Rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace graphc {

/// To f32 and back. For one +, -, * or / of f32 values this is the result of the f32 instruction.
static double round32(double value) { return static_cast<float>(value); }

/// theta ^ (2 pair / width)
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

/// The context before it grew; that of the model if the file does not say.
static double trainedContext(const ModelConfig &config, const RopeConfig &rope) {
  for (int64_t positions : {rope.originalMaxPositions, config.originalMaxPositions})
    if (positions > 0)
      return static_cast<double>(positions);
  return static_cast<double>(config.maxPositions);
}

static double dynamicTheta(const ModelConfig &config, const RopeConfig &rope, int64_t context) {
  const double trained = static_cast<double>(config.maxPositions);
  const double width = static_cast<double>(config.rotaryDim());
  const double length = std::max(static_cast<double>(context), trained);
  const double growth = rope.factor * length / trained - (rope.factor - 1);
  return width > 2 ? rope.theta * std::pow(growth, width / (width - 2)) : rope.theta;
}

namespace {
/// Between which pairs YaRN goes over from what it keeps to what it stretches.
struct YarnRamp {
  YarnRamp(const ModelConfig &config, const RopeConfig &rope) {
    const double width = static_cast<double>(config.rotaryDim());
    const double trained = trainedContext(config, rope);
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

  /// How far a pair is stretched, from 0 to 1.
  double at(int64_t pair) const {
    const double beyond = round32(static_cast<double>(pair) - round32(low));
    return std::clamp(round32(beyond / round32(high - low)), 0.0, 1.0);
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

/// By how much the context grew; a factor of the file only counts where it does not say from what.
static double longRopeScale(const ModelConfig &config, const RopeConfig &rope) {
  if (rope.attentionFactor)
    return *rope.attentionFactor;
  const double trained = trainedContext(config, rope);
  const bool isSaid = rope.originalMaxPositions > 0 || config.originalMaxPositions > 0;
  const double factor = isSaid ? static_cast<double>(config.maxPositions) / trained : rope.factor;
  return factor <= 1 || trained <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(trained));
}

/// `frequencyOf(pair, power)` of each pair, where `power` is the inverse of the plain frequency.
template <typename Function>
static std::vector<double> ofEachPair(const ModelConfig &config, double theta,
                                      Function frequencyOf) {
  const int64_t width = config.rotaryDim();
  std::vector<double> result;
  for (int64_t pair = 0; pair < width / 2; ++pair)
    result.push_back(frequencyOf(pair, powerOf(pair, width, theta)));
  return result;
}

RopeFrequencies ropeFrequencies(const ModelConfig &config, const RopeConfig &rope,
                                int64_t context) {
  auto plain = [](int64_t, double power) { return round32(1.0 / power); };
  switch (rope.kind) {
  case RopeKind::Default:
    break;
  case RopeKind::Linear:
    return {ofEachPair(config, rope.theta, [&](int64_t, double power) {
      return round32(round32(1.0 / power) / round32(rope.factor));
    })};
  case RopeKind::Dynamic:
    return {ofEachPair(config, dynamicTheta(config, rope, context), plain)};
  case RopeKind::Llama3:
    return {ofEachPair(config, rope.theta, [&](int64_t, double power) {
      return llama3Frequency(round32(1.0 / power), rope);
    })};
  case RopeKind::Yarn: {
    const YarnRamp ramp(config, rope);
    return {ofEachPair(config, rope.theta,
                       [&](int64_t pair, double power) {
                         return yarnFrequency(pair, power, ramp, rope.factor);
                       }),
            yarnScale(rope)};
  }
  case RopeKind::LongRope: {
    const bool isLong = static_cast<double>(context) > trainedContext(config, rope);
    const std::vector<double> &factors = isLong ? rope.longFactor : rope.shortFactor;
    return {ofEachPair(config, rope.theta,
                       [&](int64_t pair, double power) {
                         const double factor = round32(factors[static_cast<size_t>(pair)]);
                         return round32(1.0 / round32(factor * power));
                       }),
            longRopeScale(config, rope)};
  }
  }
  return {ofEachPair(config, rope.theta, plain)};
}

} // namespace graphc
