#include "runtime/text/TokenizerFiles.h"

#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"
#include "runtime/base/MappedFile.h"
#include "runtime/base/TextFile.h"
#include "runtime/text/JsonModel.h"
#include "runtime/text/SentencePiece.h"
#include "runtime/text/TableBuilder.h"
#include "runtime/text/TokenizerJson.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace fs = std::filesystem;

namespace graphc {

namespace {

/// A JSON file that need not be there; then an empty object.
Expected<Json> readOptionalJson(const fs::path &file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    return Json(Json::object());
  return readJsonFile(file.string());
}

/// Reads tokenizer_config.json, if it is there beside `file`.
Status readConfigBeside(const fs::path &file, TokenizerSpec &spec) {
  fs::path config = file.parent_path() / "tokenizer_config.json";
  std::error_code ignored;
  if (!fs::exists(config, ignored))
    return {};
  GRAPHC_ASSIGN_OR_RETURN(std::string text, readTextFile(config.string()));
  return readTokenizerConfig(text, config.string(), spec);
}

/// Adds a token that a file beside tokenizer.model names, or the flags that it gives to a piece.
Status addToken(const AddedTokenSpec &token, const std::string &place, TokenizerSpec &spec) {
  if (token.content.empty())
    return {};
  if (token.id > spec.pieces.size() + spec.addedTokens.size() + kMaxUnusedIds)
    return badInput(place + ": id " + std::to_string(token.id) + " is far from all others");
  if (token.id < spec.pieces.size() && spec.pieces[token.id] != token.content)
    return badInput(place + ": id " + std::to_string(token.id) + " is given to '" +
                    escapeForMessage(token.content) + "' and, in tokenizer.model, to '" +
                    escapeForMessage(*spec.pieces[token.id]) + "'");
  auto same = [&](const AddedTokenSpec &other) { return other.id == token.id; };
  std::erase_if(spec.addedTokens, same);
  spec.addedTokens.push_back(token);
  return {};
}

/// The id that a key of added_tokens_decoder spells.
Expected<uint32_t> readIdKey(const std::string &key, const std::string &place) {
  uint32_t id = 0;
  auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc() || end != key.data() + key.size() || id > kMaxPieceId)
    return badInput(place + ": expected ids as keys, but got '" + escapeForMessage(key) + "'");
  return id;
}

/// Tokens that were added to a SentencePiece model: tokenizer_config.json has them with their
/// flags, added_tokens.json, which is older, without.
Status readAddedTokens(const JsonFields &config, const fs::path &folder, TokenizerSpec &spec) {
  if (config.has("added_tokens_decoder")) {
    GRAPHC_ASSIGN_OR_RETURN(JsonFields tokens, config.object("added_tokens_decoder"));
    for (const auto &[key, value] : config.find("added_tokens_decoder")->items()) {
      GRAPHC_ASSIGN_OR_RETURN(uint32_t id, readIdKey(key, tokens.place()));
      GRAPHC_ASSIGN_OR_RETURN(JsonFields fields, tokens.object(key));
      GRAPHC_ASSIGN_OR_RETURN(AddedTokenSpec token, readAddedToken(fields, id));
      GRAPHC_RETURN_IF_ERROR(addToken(token, tokens.place(), spec));
    }
    return {};
  }
  std::string file = (folder / "added_tokens.json").string();
  GRAPHC_ASSIGN_OR_RETURN(Json document, readOptionalJson(file));
  GRAPHC_ASSIGN_OR_RETURN(JsonFields tokens, JsonFields::of(document, file + ":"));
  for (const auto &[content, value] : document.items()) {
    AddedTokenSpec token;
    token.content = content;
    token.search = TokenSearch::Raw;
    GRAPHC_ASSIGN_OR_RETURN(token.id, tokens.integer(content, kMaxPieceId));
    GRAPHC_RETURN_IF_ERROR(addToken(token, file, spec));
  }
  return {};
}

/// tokenizer.model, and what tokenizer_config.json says of it. The defaults are those of the Llama
/// tokenizer of the transformers library.
Expected<TokenizerSpec> readSentencePiece(const fs::path &file) {
  GRAPHC_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::open(file.string()));
  GRAPHC_ASSIGN_OR_RETURN(SentencePieceFile read,
                          readSentencePieceFile(mapped.bytes(), file.string()));
  std::string configFile = (file.parent_path() / "tokenizer_config.json").string();
  GRAPHC_ASSIGN_OR_RETURN(Json document, readOptionalJson(configFile));
  GRAPHC_ASSIGN_OR_RETURN(JsonFields config, JsonFields::of(document, configFile + ":"));
  GRAPHC_ASSIGN_OR_RETURN(bool legacy, config.booleanOr("legacy", true));
  GRAPHC_ASSIGN_OR_RETURN(bool addBos, config.booleanOr("add_bos_token", true));
  GRAPHC_ASSIGN_OR_RETURN(bool addEos, config.booleanOr("add_eos_token", false));
  read.model.prefixAtStartOnly = !legacy;
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec, makeSentencePieceSpec(read.model, file.string()));
  GRAPHC_RETURN_IF_ERROR(readAddedTokens(config, file.parent_path(), spec));
  spec.bosId = read.bosId;
  spec.eosId = read.eosId;
  GRAPHC_RETURN_IF_ERROR(readConfigBeside(file, spec));
  if (addBos && spec.bosId != kNone)
    spec.prefixIds.push_back(spec.bosId);
  if (addEos && spec.eosId != kNone)
    spec.suffixIds.push_back(spec.eosId);
  return spec;
}

Expected<TokenizerSpec> readJson(const fs::path &file) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, readTextFile(file.string()));
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec, readTokenizerJson(text, file.string()));
  GRAPHC_RETURN_IF_ERROR(readConfigBeside(file, spec));
  return spec;
}

/// The tokenizer's file in a folder; empty for none.
Expected<fs::path> findTokenizer(const fs::path &folder) {
  std::error_code ignored;
  for (const char *name : {"tokenizer.json", "tokenizer.model"})
    if (fs::exists(folder / name, ignored))
      return folder / name;
  // A folder with a tokenizer that is not understood must not pass for one without.
  for (const char *other : {"vocab.json", "tokenizer.tiktoken"})
    if (fs::exists(folder / other, ignored))
      return unsupported(folder.string() + ": the tokenizer file '" + other +
                         "' is not supported; supported: tokenizer.json, tokenizer.model");
  return fs::path();
}

} // namespace

Expected<std::vector<std::byte>> compileTokenizer(const std::string &path) {
  std::error_code ignored;
  fs::path file = path;
  if (fs::is_directory(file, ignored)) {
    GRAPHC_ASSIGN_OR_RETURN(file, findTokenizer(file));
  }
  if (!fs::exists(file, ignored))
    return std::vector<std::byte>();
  bool isJson = file.extension() == ".json";
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec, isJson ? readJson(file) : readSentencePiece(file));
  Expected<std::vector<std::byte>> tables = buildTokenizerTables(spec);
  return tables ? std::move(tables) : tables.status().withContext(file.string());
}

} // namespace graphc
