#include "frontend/gguf/GgufTokenizer.h"

#include "frontend/gguf/GgufPreTokenizers.h"
#include "runtime/base/Escape.h"
#include "runtime/text/Scanners.h"
#include "runtime/text/SentencePiece.h"
#include "runtime/text/TableBuilder.h"
#include "runtime/text/UnicodeForms.h"

#include <algorithm>
#include <unordered_map>

namespace graphc {

namespace {

const char kTokens[] = "tokenizer.ggml.tokens";
const char kScores[] = "tokenizer.ggml.scores";
const char kTypes[] = "tokenizer.ggml.token_type";
const char kMerges[] = "tokenizer.ggml.merges";
const char kCharsmap[] = "tokenizer.ggml.precompiled_charsmap";

class Reader {
public:
  Reader(const GgufMetadata &metadata, const std::string &path) : metadata(metadata), path(path) {}

  Expected<TokenizerSpec> readSentencePiece();
  Expected<TokenizerSpec> readByteLevel();

private:
  Status readPieces();
  Status readScores();
  Status readTypes();
  Status readCharsmap(SentencePieceModel &model);
  Status readMerges(TokenizerSpec &spec);
  Status readSpecialIds(TokenizerSpec &spec, bool addsBos);
  Status takeId(const char *key, uint32_t &id);
  void keepOneUnknown(uint32_t unknownId);
  Status stripAroundPhi3(TokenizerSpec &spec);

  const GgufMetadata &metadata;
  const std::string &path;
  std::vector<SentencePieceModel::Piece> pieces;
};

Status Reader::readPieces() {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::string_view> tokens, metadata.strings(kTokens));
  if (tokens.empty())
    return metadata.wrong(kTokens, "a list of strings", "nothing");
  pieces.resize(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i)
    pieces[i].text = tokens[i];
  GRAPHC_RETURN_IF_ERROR(readScores());
  return readTypes();
}

/// Absent where there are merges.
Status Reader::readScores() {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<double> scores, metadata.numbers(kScores));
  if (!scores.empty() && scores.size() != pieces.size())
    return metadata.wrong(kScores, "as many as tokens: " + std::to_string(pieces.size()),
                          std::to_string(scores.size()));
  for (size_t i = 0; i < scores.size(); ++i)
    pieces[i].score = static_cast<float>(scores[i]);
  return {};
}

/// Absent where all are normal. A token without text is never one.
Status Reader::readTypes() {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int64_t> types, metadata.integers(kTypes));
  if (!types.empty() && types.size() != pieces.size())
    return metadata.wrong(kTypes, "as many as tokens: " + std::to_string(pieces.size()),
                          std::to_string(types.size()));
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] < 0 || types[i] > kPieceTypes)
      return metadata.wrong(kTypes, "types from 0 to " + std::to_string(kPieceTypes),
                            std::to_string(types[i]));
    pieces[i].type = types[i] == 0 ? PieceType::Unused : static_cast<PieceType>(types[i]);
  }
  for (SentencePieceModel::Piece &piece : pieces)
    if (piece.text.empty())
      piece.type = PieceType::Unused;
  return {};
}

/// Bytes, as an array of 8 bit integers.
Status Reader::readCharsmap(SentencePieceModel &model) {
  const GgufValue *value = metadata.find(kCharsmap);
  if (!value)
    return {};
  if (!value->isArray() || byteSize(value->elements) != 1)
    return metadata.wrong(kCharsmap, "an array of bytes", describe(*value));
  model.charsmap.assign(reinterpret_cast<const char *>(value->bytes.data()), value->bytes.size());
  return {};
}

Status Reader::takeId(const char *key, uint32_t &id) {
  std::string name = std::string("tokenizer.ggml.") + key + "_token_id";
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> value, metadata.integer(name));
  // Files mark what is not there with the largest number, too.
  if (!value || *value == kNone)
    return {};
  if (*value < 0 || *value >= std::ssize(pieces))
    return metadata.wrong(name, "the id of one of " + std::to_string(pieces.size()) + " tokens",
                          std::to_string(*value));
  id = static_cast<uint32_t>(*value);
  return {};
}

/// Ids by role, and which of them stand around a text.
Status Reader::readSpecialIds(TokenizerSpec &spec, bool addsBos) {
  GRAPHC_RETURN_IF_ERROR(takeId("bos", spec.bosId));
  GRAPHC_RETURN_IF_ERROR(takeId("eos", spec.eosId));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<bool> bos,
                          metadata.boolean("tokenizer.ggml.add_bos_token"));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<bool> eos,
                          metadata.boolean("tokenizer.ggml.add_eos_token"));
  if (bos.value_or(addsBos) && spec.bosId != kNone)
    spec.prefixIds.push_back(spec.bosId);
  if (eos.value_or(false) && spec.eosId != kNone)
    spec.suffixIds.push_back(spec.eosId);
  return {};
}

/// Files do not say that the special tokens of Phi-3 take the white space after them.
Status Reader::stripAroundPhi3(TokenizerSpec &spec) {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<std::string> architecture,
                          metadata.string("general.architecture"));
  if (architecture != "phi3")
    return {};
  for (AddedTokenSpec &token : spec.addedTokens)
    token.rightStrip =
        token.content != "<unk>" && token.content != "<s>" && token.content != "<|endoftext|>";
  return {};
}

/// Converters mark padding behind the vocabulary as unknown, too; the file's id says which piece it
/// is. The others are special tokens like those that control.
void Reader::keepOneUnknown(uint32_t unknownId) {
  for (size_t id = 0; unknownId != kNone && id < pieces.size(); ++id)
    if (pieces[id].type == PieceType::Unknown && id != unknownId)
      pieces[id].type = PieceType::Control;
}

Expected<TokenizerSpec> Reader::readSentencePiece() {
  GRAPHC_RETURN_IF_ERROR(readPieces());
  uint32_t unknownId = kNone;
  GRAPHC_RETURN_IF_ERROR(takeId("unknown", unknownId));
  keepOneUnknown(unknownId);
  SentencePieceModel model;
  model.kind = ModelKind::Bpe;
  model.byteFallback = true;
  model.userDefinedRaw = true;
  GRAPHC_ASSIGN_OR_RETURN(std::optional<bool> prefix,
                          metadata.boolean("tokenizer.ggml.add_space_prefix"));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<bool> remove,
                          metadata.boolean("tokenizer.ggml.remove_extra_whitespaces"));
  model.addDummyPrefix = prefix.value_or(true);
  model.removeExtraWhitespaces = remove.value_or(false);
  GRAPHC_RETURN_IF_ERROR(readCharsmap(model));
  model.pieces = std::move(pieces);
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec, makeSentencePieceSpec(model, path));
  pieces = std::move(model.pieces);
  if (unknownId != kNone)
    spec.unknownId = unknownId;
  GRAPHC_RETURN_IF_ERROR(readSpecialIds(spec, /*addsBos=*/true));
  GRAPHC_RETURN_IF_ERROR(stripAroundPhi3(spec));
  return spec;
}

/// Merges by text: two tokens with a blank between, and what they make must be a token as well.
Status Reader::readMerges(TokenizerSpec &spec) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::string_view> merges, metadata.strings(kMerges));
  std::unordered_map<std::string_view, uint32_t> ids;
  for (uint32_t id = 0; id < pieces.size(); ++id)
    if (!pieces[id].text.empty() && !ids.emplace(pieces[id].text, id).second)
      return badInput(path + ": " + kTokens + ": '" + escapeForMessage(pieces[id].text) +
                      "' is token " + std::to_string(ids[pieces[id].text]) + " and token " +
                      std::to_string(id));
  for (std::string_view merge : merges) {
    size_t blank = merge.find(' ', 1);
    std::string_view left = merge.substr(0, blank);
    std::string_view right = blank == std::string_view::npos ? "" : merge.substr(blank + 1);
    std::string both = std::string(left).append(right);
    uint32_t found[3] = {};
    const std::string_view parts[3] = {left, right, both};
    for (size_t i = 0; i < 3; ++i) {
      auto known = ids.find(parts[i]);
      if (known == ids.end())
        return badInput(path + ": " + kMerges + "[" + std::to_string(spec.merges.size()) + "]: '" +
                        escapeForMessage(merge) + "': '" + escapeForMessage(parts[i]) +
                        "' is not a token");
      found[i] = known->second;
    }
    auto rank = static_cast<uint32_t>(spec.merges.size());
    spec.merges.push_back({found[0], found[1], found[2], rank});
  }
  return {};
}

Expected<TokenizerSpec> Reader::readByteLevel() {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<std::string> name, metadata.string("tokenizer.ggml.pre"));
  const GgufPreTokenizer *pre = findGgufPreTokenizer(name.value_or("default"));
  if (!pre)
    return unsupported(path + ": tokenizer.ggml.pre: the pre-tokenizer '" +
                       escapeForMessage(*name) +
                       "' is not supported; supported: " + ggufPreTokenizerNames());
  GRAPHC_RETURN_IF_ERROR(readPieces());
  TokenizerSpec spec;
  spec.byteLevel = true;
  spec.ignoreMerges = pre->ignoreMerges;
  if (pre->composes)
    spec.normalizer.push_back(
        makeStep(NormalizerKind::Form, static_cast<uint32_t>(UnicodeForm::Nfc)));
  for (const char *pattern : pre->patterns)
    if (pattern)
      spec.preTokenizer.push_back(
          makePatternStep(pattern, static_cast<uint32_t>(SplitBehavior::Isolated)));
  spec.decoder.push_back(makeStep(DecoderKind::ByteLevel));
  for (uint32_t id = 0; id < pieces.size(); ++id) {
    const SentencePieceModel::Piece &piece = pieces[id];
    spec.pieces.emplace_back(piece.text);
    bool special = piece.type == PieceType::Control || piece.type == PieceType::Unknown;
    if (special || piece.type == PieceType::UserDefined)
      spec.addedTokens.push_back(
          {.content = piece.text, .id = id, .search = TokenSearch::Raw, .special = special});
    if (piece.type == PieceType::Unused)
      spec.unreachable.push_back(id);
  }
  GRAPHC_RETURN_IF_ERROR(readMerges(spec));
  GRAPHC_RETURN_IF_ERROR(readSpecialIds(spec, pre->addsBos));
  return spec;
}

} // namespace

Expected<std::optional<TokenizerSpec>> readGgufTokenizer(const GgufMetadata &metadata,
                                                         const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<std::string> model,
                          metadata.string("tokenizer.ggml.model"));
  if (!model || *model == "none" || *model == "no_vocab")
    return std::optional<TokenizerSpec>();
  if (*model != "llama" && *model != "gpt2")
    return unsupported(path + ": tokenizer.ggml.model: '" + escapeForMessage(*model) +
                       "' tokenizers are not supported; supported: llama, gpt2");
  Reader reader(metadata, path);
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec,
                          *model == "llama" ? reader.readSentencePiece() : reader.readByteLevel());
  return std::optional(std::move(spec));
}

Expected<std::vector<std::byte>> compileGgufTokenizer(const GgufMetadata &metadata,
                                                      const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<TokenizerSpec> spec, readGgufTokenizer(metadata, path));
  if (!spec)
    return std::vector<std::byte>();
  Expected<std::vector<std::byte>> tables = buildTokenizerTables(*spec);
  return tables ? std::move(tables) : tables.status().withContext(path);
}

} // namespace graphc
