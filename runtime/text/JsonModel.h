// Reads the "model" of tokenizer.json: vocabulary and merges.
#ifndef GRAPHC_RUNTIME_TEXT_JSONMODEL_H
#define GRAPHC_RUNTIME_TEXT_JSONMODEL_H

#include "runtime/base/Status.h"
#include "runtime/text/JsonFields.h"
#include "runtime/text/TokenizerSpec.h"

#include <string>
#include <unordered_map>

namespace graphc {

/// Largest id that is accepted, and the most ids that may be without a piece: bounds on what a few
/// bytes of JSON can make the program allocate.
inline constexpr uint32_t kMaxPieceId = (1u << 24) - 1;
inline constexpr uint32_t kMaxUnusedIds = 1u << 16;

/// Pieces by their spelling.
using PieceIds = std::unordered_map<std::string, uint32_t>;

/// Fills pieces, merges, scores and the model's flags of a spec; `ids` gets the vocabulary.
/// BadInput for duplicate ids, ids that leave too many unused, and merges of pieces that do not
/// exist; Unsupported for kinds and options of models that graphc does not know. The unknown token
/// is left to readUnknownToken, as it may be among the added tokens.
Status readModel(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids);

/// Sets the unknown id from the model's "unk_token" (Unigram: "unk_id"), sought in `ids`, which now
/// has the added tokens.
Status readUnknownToken(const JsonFields &model, const PieceIds &ids, TokenizerSpec &spec);

/// Puts a piece into a list by id. BadInput if the id has another piece or is too large.
Status placePiece(std::vector<std::optional<std::string>> &pieces, uint32_t id,
                  const std::string &text, const std::string &place);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_JSONMODEL_H
