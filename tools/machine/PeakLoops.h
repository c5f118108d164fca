// The peaks of the multiply-add units: what a matmul is compared with.
#ifndef GRAPHC_TOOLS_MACHINE_PEAKLOOPS_H
#define GRAPHC_TOOLS_MACHINE_PEAKLOOPS_H

#include "runtime/base/CpuFeatures.h"
#include "runtime/base/ElementType.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace graphc {

/// A loop of independent instructions on registers, enough of them to hide their latency. A
/// multiplication and an addition count as two operations.
struct PeakLoop {
  ElementType type = ElementType::F32; ///< Of the factors: f32, bf16 or i8.
  std::string_view instruction;        ///< For people, e.g. "vdpbf16ps zmm".
  std::string_view feature;            ///< That the processor must have.
  double operationsPerRound = 0;
  void (*run)(int64_t rounds) = nullptr;
};

/// All loops; of each type the widest first. Empty on processors that graphc has none for.
std::span<const PeakLoop> peakLoops();

/// The first loop of that type which these features allow, or null.
const PeakLoop *bestPeakLoop(ElementType type, const CpuFeatures &features);

/// Rate of `threads` threads running the loop, in 1e9 operations a second: the best of a few tries
/// that take `seconds` together.
double measurePeak(const PeakLoop &loop, int threads, double seconds);

} // namespace graphc

#endif // GRAPHC_TOOLS_MACHINE_PEAKLOOPS_H
