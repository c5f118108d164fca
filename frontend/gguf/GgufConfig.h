// What the metadata of a GGUF file says of a network, as a ModelConfig.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFCONFIG_H
#define GRAPHC_FRONTEND_GGUF_GGUFCONFIG_H

#include "frontend/config/ModelConfig.h"
#include "frontend/gguf/GgufFile.h"

namespace graphc {

/// Reads and checks it, with the same limits as config.json. BadInput for a key that is missing,
/// ill-typed or out of range, Unsupported for an architecture or a kind of rope that graphc does
/// not know.
///
/// What the converter did to weights is undone by GgufSource (order of rows) or said here: norms
/// of Gemma come with their 1 added.
Expected<ModelConfig> readGgufConfig(const GgufFile &file);

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFCONFIG_H
