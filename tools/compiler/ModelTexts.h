// What of a model is about text: tokenizer and chat template.
#ifndef GRAPHC_TOOLS_COMPILER_MODELTEXTS_H
#define GRAPHC_TOOLS_COMPILER_MODELTEXTS_H

#include "frontend/gguf/GgufFile.h"
#include "tools/compiler/ModelInput.h"

namespace graphc {

/// Of a model folder, or a file in one: the tokenizer's tables, which must have no more tokens than
/// the model, and the chat template. A model may have neither.
Status readFolderTexts(const std::string &path, ModelInput &input);

/// The same of a GGUF file's metadata.
Status readGgufTexts(const GgufFile &file, ModelInput &input);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_MODELTEXTS_H
