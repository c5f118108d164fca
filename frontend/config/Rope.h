// The frequencies of rotary position embedding.
//
// Position p turns pair i of a head (elements i and i + D/2 of the D that are rotated) by the angle
// p * f[i], and multiplies it with `scale`:
//
//   default   f[i] = theta ^ (-2i / D), scale 1
//   linear    f[i] / factor
//   dynamic   with the context C and M = max_position_embeddings: f[i] of the base
//               theta * (factor * max(C, M) / M - (factor - 1)) ^ (D / (D - 2))
//   llama3    with the wavelength w = 2 pi / f[i] and L = original_max_position_embeddings:
//               w < L / high_freq_factor   f[i]                       (fast: kept)
//               w > L / low_freq_factor    f[i] / factor              (slow: stretched)
//               else                       (1-s) f[i]/factor + s f[i],
//                                          s = (L/w - low_freq_factor) / (high_freq_factor -
//                                          low_freq_factor)
//   yarn      (1-r) f[i] + r f[i]/factor, where r rises from 0 to 1 between the pairs that turn
//               beta_fast and beta_slow times in L positions; scale: attention_factor, or
//               m(mscale) / m(mscale_all_dim) with m(x) = 0.1 x ln(factor) + 1, or m(1)
//   longrope  f[i] / short_factor[i] if C <= L, else f[i] / long_factor[i]; scale:
//               attention_factor, or sqrt(1 + ln(M/L) / ln(L)) if M > L
//
// L is original_max_position_embeddings, or M where the file has no such key. Yarn takes `factor`
// as the file has it; some versions of the reference took M/L instead, which is the same in files
// that state the grown context. The reference computes dynamic and longrope anew when a sequence
// grows; here the context that a plan is compiled for decides, once.
#ifndef GRAPHC_FRONTEND_CONFIG_ROPE_H
#define GRAPHC_FRONTEND_CONFIG_ROPE_H

#include "frontend/config/ModelConfig.h"

#include <vector>

namespace graphc {

struct RopeFrequencies {
  /// In radians per position, first pair first: rotaryDim() / 2 of them.
  std::vector<double> inverse;
  double scale = 1;
};

/// Those of `rope`, one of the model's, for `context` positions.
///
/// The reference implementation computes them with f32 tensors, and at position 100000 the last bit
/// of such a frequency is a hundredth of a radian. So each step here is computed in f64 and rounded
/// to f32 where the reference has an f32 tensor; every result is an f32 value. The angle p * f[i]
/// is such a tensor too (graphc.rope_table).
RopeFrequencies ropeFrequencies(const ModelConfig &config, const RopeConfig &rope, int64_t context);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_ROPE_H
