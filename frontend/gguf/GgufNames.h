// What tensors are called: GGUF has names of its own for those of a Hugging Face checkpoint, by
// which graphs read their weights.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFNAMES_H
#define GRAPHC_FRONTEND_GGUF_GGUFNAMES_H

#include "frontend/config/ModelConfig.h"

#include <optional>
#include <string>
#include <string_view>

namespace graphc {

/// "blk.3.attn_q.weight" of "model.layers.3.self_attn.q_proj.weight"; nothing for a name that no
/// GGUF file of the family has.
std::optional<std::string> ggufName(Family family, std::string_view name);

/// The other way round.
std::optional<std::string> checkpointName(Family family, std::string_view name);

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFNAMES_H
