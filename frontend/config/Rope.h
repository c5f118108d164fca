// The frequencies of rotary position embedding.
//
// Position p turns pair i of a head (elements i and i + head_dim/2) by the angle p * f[i]:
//
//   default   f[i] = theta ^ (-2i / head_dim)
//   linear    f[i] / factor
//   llama3    with the wavelength w = 2 pi / f[i] and L = original_max_position_embeddings:
//               w < L / high_freq_factor   f[i]                       (fast: kept)
//               w > L / low_freq_factor    f[i] / factor              (slow: stretched)
//               else                       (1-s) f[i]/factor + s f[i],
//                                          s = (L/w - low_freq_factor) / (high_freq_factor -
//                                          low_freq_factor)
#ifndef GRAPHC_FRONTEND_CONFIG_ROPE_H
#define GRAPHC_FRONTEND_CONFIG_ROPE_H

#include "frontend/config/ModelConfig.h"

#include <vector>

namespace graphc {

/// The headDim/2 frequencies of a model, in radians per position, first pair first.
///
/// The reference implementation computes them with f32 tensors, and at position 100000 the last bit
/// of such a frequency is a hundredth of a radian. So each step here is computed in f64 and rounded
/// to f32 where the reference has an f32 tensor; every result is an f32 value. The angle p * f[i]
/// is such a tensor too (graphc.rope_table).
std::vector<double> ropeInverseFrequencies(const ModelConfig &config);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_ROPE_H
