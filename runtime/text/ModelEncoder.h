// The encoders of words, one for each kind of model.
#ifndef GRAPHC_RUNTIME_TEXT_MODELENCODER_H
#define GRAPHC_RUNTIME_TEXT_MODELENCODER_H

#include "runtime/text/PreTokenizer.h"
#include "runtime/text/TokenizerTables.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace graphc {

/// An encoder for the model of these tables: takes words and appends their ids to `out`. It serves
/// one call of encode and refers to its arguments.
std::unique_ptr<WordSink> makeEncoder(const TokenizerTables &tables, std::vector<int32_t> &out);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_MODELENCODER_H
