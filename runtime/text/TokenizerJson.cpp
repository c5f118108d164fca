#include "runtime/text/TokenizerJson.h"

#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"
#include "runtime/text/JsonFields.h"
#include "runtime/text/JsonModel.h"
#include "runtime/text/JsonSteps.h"
#include "runtime/text/JsonTemplate.h"

#include <algorithm>
#include <unordered_set>

namespace graphc {

namespace {

/// Reads the added tokens and enters them into the list of all pieces and its inverse, which find
/// contradictions.
Status readAddedTokens(const JsonFields &root, TokenizerSpec &spec, PieceIds &ids) {
  if (!root.has("added_tokens"))
    return {};
  GRAPHC_ASSIGN_OR_RETURN(const Json *tokens, root.array("added_tokens"));
  std::vector<std::optional<std::string>> all = spec.pieces;
  size_t limit = ids.size() + tokens->size() + kMaxUnusedIds;
  std::unordered_set<uint32_t> seen;
  for (size_t i = 0; i < tokens->size(); ++i) {
    std::string place = root.place() + " added_tokens[" + std::to_string(i) + "]";
    GRAPHC_ASSIGN_OR_RETURN(JsonFields fields, JsonFields::of((*tokens)[i], place));
    GRAPHC_ASSIGN_OR_RETURN(uint32_t id, fields.integer("id", kMaxPieceId));
    GRAPHC_ASSIGN_OR_RETURN(AddedTokenSpec token, readAddedToken(fields, id));
    if (token.content.empty())
      continue; // The reference ignores it, too.
    if (token.id >= limit)
      return badInput(place + ".id: " + std::to_string(token.id) +
                      " is far from all others; at most " + std::to_string(kMaxUnusedIds) +
                      " ids may be unused");
    GRAPHC_RETURN_IF_ERROR(placePiece(all, token.id, token.content, place));
    auto [entry, isNew] = ids.emplace(token.content, token.id);
    if (entry->second != token.id)
      return badInput(place + ": '" + escapeForMessage(token.content) + "' has id " +
                      std::to_string(token.id) + ", but elsewhere " +
                      std::to_string(entry->second));
    if (seen.insert(token.id).second)
      spec.addedTokens.push_back(std::move(token));
  }
  return {};
}

/// Ids that the template names must exist.
Status checkTemplate(const TokenizerSpec &spec, const PieceIds &ids, const std::string &place) {
  std::vector<uint32_t> known;
  for (const auto &[text, id] : ids)
    known.push_back(id);
  std::sort(known.begin(), known.end());
  for (const std::vector<uint32_t> &list : {spec.prefixIds, spec.suffixIds})
    for (uint32_t id : list)
      if (!std::binary_search(known.begin(), known.end(), id))
        return badInput(place + ": id " + std::to_string(id) + " is not in the vocabulary");
  return {};
}

/// Reads all parts of the document.
Status readTokenizer(const JsonFields &root, TokenizerSpec &spec) {
  std::string place = root.place() + " ";
  PieceIds ids;
  GRAPHC_ASSIGN_OR_RETURN(JsonFields model, root.object("model"));
  // The steps first: an unsupported one is found before a long vocabulary is read.
  GRAPHC_RETURN_IF_ERROR(readNormalizer(root.find("normalizer"), place + "normalizer", spec));
  GRAPHC_RETURN_IF_ERROR(
      readPreTokenizer(root.find("pre_tokenizer"), place + "pre_tokenizer", spec));
  GRAPHC_RETURN_IF_ERROR(readDecoder(root.find("decoder"), place + "decoder", spec));
  GRAPHC_RETURN_IF_ERROR(
      readPostProcessor(root.find("post_processor"), place + "post_processor", spec));
  GRAPHC_RETURN_IF_ERROR(readModel(model, spec, ids));
  GRAPHC_RETURN_IF_ERROR(readAddedTokens(root, spec, ids));
  GRAPHC_RETURN_IF_ERROR(readUnknownToken(model, ids, spec));
  GRAPHC_RETURN_IF_ERROR(checkTemplate(spec, ids, place + "post_processor"));
  // The best guess for files without tokenizer_config.json.
  if (spec.prefixIds.size() == 1)
    spec.bosId = spec.prefixIds.front();
  return {};
}

/// Id of a token given by name or as an object with its "content"; kNone when there is none.
Expected<uint32_t> readTokenName(const JsonFields &config, const std::string &key,
                                 const TokenizerSpec &spec) {
  const Json *value = config.find(key);
  if (!value)
    return uint32_t(kNone);
  std::string name;
  if (value->is_object()) {
    GRAPHC_ASSIGN_OR_RETURN(JsonFields token, config.object(key));
    GRAPHC_ASSIGN_OR_RETURN(name, token.string("content"));
  } else {
    GRAPHC_ASSIGN_OR_RETURN(name, config.string(key));
  }
  for (const AddedTokenSpec &token : spec.addedTokens)
    if (token.content == name)
      return uint32_t(token.id);
  auto found = std::find(spec.pieces.begin(), spec.pieces.end(), name);
  return found == spec.pieces.end() ? uint32_t(kNone)
                                    : static_cast<uint32_t>(found - spec.pieces.begin());
}

} // namespace

Expected<AddedTokenSpec> readAddedToken(const JsonFields &fields, uint32_t id) {
  AddedTokenSpec token;
  token.id = id;
  GRAPHC_ASSIGN_OR_RETURN(token.content, fields.string("content"));
  GRAPHC_ASSIGN_OR_RETURN(token.singleWord, fields.booleanOr("single_word", false));
  GRAPHC_ASSIGN_OR_RETURN(token.leftStrip, fields.booleanOr("lstrip", false));
  GRAPHC_ASSIGN_OR_RETURN(token.rightStrip, fields.booleanOr("rstrip", false));
  GRAPHC_ASSIGN_OR_RETURN(token.special, fields.booleanOr("special", false));
  GRAPHC_ASSIGN_OR_RETURN(bool normalized, fields.booleanOr("normalized", !token.special));
  token.search = normalized ? TokenSearch::Normalized : TokenSearch::Raw;
  return token;
}

Expected<TokenizerSpec> readTokenizerJson(std::string_view text, const std::string &name) {
  GRAPHC_ASSIGN_OR_RETURN(Json document, parseJson(text, name));
  GRAPHC_ASSIGN_OR_RETURN(JsonFields root, JsonFields::of(document, name + ":"));
  TokenizerSpec spec;
  GRAPHC_RETURN_IF_ERROR(readTokenizer(root, spec));
  return spec;
}

Status readTokenizerConfig(std::string_view text, const std::string &name, TokenizerSpec &spec) {
  GRAPHC_ASSIGN_OR_RETURN(Json document, parseJson(text, name));
  GRAPHC_ASSIGN_OR_RETURN(JsonFields config, JsonFields::of(document, name + ":"));
  GRAPHC_ASSIGN_OR_RETURN(uint32_t bos, readTokenName(config, "bos_token", spec));
  GRAPHC_ASSIGN_OR_RETURN(uint32_t eos, readTokenName(config, "eos_token", spec));
  spec.bosId = bos != kNone ? bos : spec.bosId;
  spec.eosId = eos != kNone ? eos : spec.eosId;
  return {};
}

} // namespace graphc
