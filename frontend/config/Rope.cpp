#include "frontend/config/Rope.h"

#include <cmath>
#include <numbers>

namespace graphc {

/// To f32 and back. For one +, -, * or / of f32 values this is the result of the f32 instruction.
static double round32(double value) { return static_cast<float>(value); }

static double baseFrequency(int64_t pair, int64_t headDim, double theta) {
  double exponent = round32(static_cast<double>(2 * pair) / static_cast<double>(headDim));
  return round32(1.0 / round32(std::pow(round32(theta), exponent)));
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

static double scaledFrequency(double frequency, const RopeConfig &rope) {
  switch (rope.kind) {
  case RopeKind::Default:
    return frequency;
  case RopeKind::Linear:
    return round32(frequency / round32(rope.factor));
  case RopeKind::Llama3:
    return llama3Frequency(frequency, rope);
  }
  return frequency;
}

std::vector<double> ropeInverseFrequencies(const ModelConfig &config) {
  std::vector<double> result;
  result.reserve(static_cast<size_t>(config.headDim / 2));
  for (int64_t pair = 0; pair < config.headDim / 2; ++pair)
    result.push_back(
        scaledFrequency(baseFrequency(pair, config.headDim, config.rope.theta), config.rope));
  return result;
}

} // namespace graphc
