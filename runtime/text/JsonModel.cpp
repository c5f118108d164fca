#include "runtime/text/JsonModel.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"

#include <algorithm>

namespace graphc {

namespace {

/// The model's kind; old files leave it out where merges say that it is BPE.
Expected<std::string> modelKind(const JsonFields &model) {
  return model.stringOr("type", model.has("merges") ? "BPE" : "");
}

/// Options of BPE that would change how text is encoded and that graphc does not have.
Status refuseUnsupported(const JsonFields &model) {
  for (const char *key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    GRAPHC_ASSIGN_OR_RETURN(std::string affix, model.stringOr(key, ""));
    if (!affix.empty())
      return unsupported(model.place() + "." + key + ": '" + escapeForMessage(affix) +
                         "' is not supported; supported: none");
  }
  const Json *dropout = model.find("dropout");
  if (dropout && !(dropout->is_number() && dropout->get<double>() == 0.0))
    return unsupported(model.place() + ".dropout: " + showJson(*dropout) +
                       " makes encoding random; supported: null, 0");
  return {};
}

/// Ids from 0 to the largest, without allocating more than the pieces justify.
Status readVocabulary(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids) {
  GRAPHC_ASSIGN_OR_RETURN(JsonFields vocabulary, model.object("vocab"));
  const Json &entries = *model.find("vocab");
  uint64_t largest = 0;
  for (const auto &[text, id] : entries.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > kMaxPieceId)
      return badInput(vocabulary.place() + ": '" + escapeForMessage(text) +
                      "': expected an id from 0 to " + std::to_string(kMaxPieceId) + ", but got " +
                      showJson(id));
    largest = std::max(largest, id.get<uint64_t>());
  }
  if (largest > entries.size() + kMaxUnusedIds)
    return badInput(vocabulary.place() + ": the largest id is " + std::to_string(largest) +
                    ", but there are only " + std::to_string(entries.size()) + " pieces; at most " +
                    std::to_string(kMaxUnusedIds) + " ids may be unused");
  spec.pieces.resize(entries.empty() ? 0 : largest + 1);
  ids.reserve(entries.size());
  for (const auto &[text, id] : entries.items()) {
    auto number = id.get<uint32_t>();
    GRAPHC_RETURN_IF_ERROR(placePiece(spec.pieces, number, text, vocabulary.place()));
    ids.emplace(text, number);
  }
  return {};
}

/// The halves of a merge: a pair of strings or, in old files, one string with a blank between.
bool splitMerge(const Json &merge, std::string &left, std::string &right) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    left = merge[0].get<std::string>();
    right = merge[1].get<std::string>();
    return true;
  }
  if (!merge.is_string())
    return false;
  const std::string &text = merge.get_ref<const std::string &>();
  size_t blank = text.find(' ');
  if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos)
    return false;
  left = text.substr(0, blank);
  right = text.substr(blank + 1);
  return true;
}

/// Merges by id; each names two pieces, and what they make must be a piece as well.
Status readMerges(const JsonFields &model, const PieceIds &ids, TokenizerSpec &spec) {
  GRAPHC_ASSIGN_OR_RETURN(const Json *merges, model.array("merges"));
  spec.merges.reserve(merges->size());
  std::string halves[3]; // Left, right, and both together.
  for (const Json &merge : *merges) {
    std::string place = model.place() + ".merges[" + std::to_string(spec.merges.size()) + "]";
    if (!splitMerge(merge, halves[0], halves[1]))
      return badInput(place + ": expected two pieces, but got " + showJson(merge));
    halves[2] = halves[0] + halves[1];
    uint32_t found[3];
    for (size_t i = 0; i < 3; ++i) {
      auto entry = ids.find(halves[i]);
      if (entry == ids.end())
        return badInput(place + ": '" + escapeForMessage(halves[i]) + "' is not in the vocabulary");
      found[i] = entry->second;
    }
    auto rank = static_cast<uint32_t>(spec.merges.size());
    spec.merges.push_back({found[0], found[1], found[2], rank});
  }
  return {};
}

Status readBpe(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids) {
  GRAPHC_RETURN_IF_ERROR(refuseUnsupported(model));
  GRAPHC_ASSIGN_OR_RETURN(spec.byteFallback, model.booleanOr("byte_fallback", false));
  GRAPHC_ASSIGN_OR_RETURN(spec.ignoreMerges, model.booleanOr("ignore_merges", false));
  GRAPHC_ASSIGN_OR_RETURN(spec.fuseUnknown, model.booleanOr("fuse_unk", false));
  GRAPHC_RETURN_IF_ERROR(readVocabulary(model, spec, ids));
  return readMerges(model, ids, spec);
}

/// Pieces with scores, in the order of their ids. Of pieces with one text, the last is meant.
Status readUnigram(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids) {
  spec.model = ModelKind::Unigram;
  GRAPHC_ASSIGN_OR_RETURN(spec.byteFallback, model.booleanOr("byte_fallback", false));
  GRAPHC_ASSIGN_OR_RETURN(const Json *entries, model.array("vocab"));
  if (entries->size() > kMaxPieceId)
    return model.wrong("vocab", "at most " + std::to_string(kMaxPieceId) + " pieces");
  double lowest = 0;
  for (const Json &entry : *entries) {
    auto id = static_cast<uint32_t>(spec.pieces.size());
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      return badInput(model.place() + ".vocab[" + std::to_string(id) +
                      "]: expected a piece and its score, but got " + showJson(entry));
    spec.pieces.emplace_back(entry[0].get<std::string>());
    spec.scores.push_back(entry[1].get<double>());
    lowest = id == 0 ? spec.scores[0] : std::min(lowest, spec.scores[id]);
    ids.insert_or_assign(*spec.pieces[id], id);
  }
  for (uint32_t id = 0; id < spec.pieces.size(); ++id)
    if (ids.at(*spec.pieces[id]) != id)
      spec.unreachable.push_back(id);
  spec.unknownScore = lowest - kUnknownPenalty;
  return {};
}

Status readWordPiece(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids) {
  constexpr uint32_t kUsualLimit = 100;
  spec.model = ModelKind::WordPiece;
  spec.wordLimit = kUsualLimit;
  GRAPHC_ASSIGN_OR_RETURN(spec.wordPrefix, model.stringOr("continuing_subword_prefix", "##"));
  if (model.has("max_input_chars_per_word")) {
    GRAPHC_ASSIGN_OR_RETURN(spec.wordLimit,
                            model.integer("max_input_chars_per_word", kMaxWordLimit));
  }
  return readVocabulary(model, spec, ids);
}

Status readWordLevel(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids) {
  spec.model = ModelKind::WordLevel;
  return readVocabulary(model, spec, ids);
}

struct ModelReader {
  const char *type;
  Status (*read)(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids);
};

constexpr ModelReader kModels[] = {{"BPE", readBpe},
                                   {"Unigram", readUnigram},
                                   {"WordPiece", readWordPiece},
                                   {"WordLevel", readWordLevel}};

} // namespace

Status placePiece(std::vector<std::optional<std::string>> &pieces, uint32_t id,
                  const std::string &text, const std::string &place) {
  if (id >= pieces.size())
    pieces.resize(id + size_t(1));
  if (pieces[id] && *pieces[id] != text)
    return badInput(place + ": id " + std::to_string(id) + " is given to '" +
                    escapeForMessage(*pieces[id]) + "' and to '" + escapeForMessage(text) + "'");
  pieces[id] = text;
  return {};
}

Status readModel(const JsonFields &model, TokenizerSpec &spec, PieceIds &ids) {
  GRAPHC_ASSIGN_OR_RETURN(std::string kind, modelKind(model));
  std::string known;
  for (const ModelReader &reader : kModels) {
    if (kind == reader.type)
      return reader.read(model, spec, ids);
    appendToList(known, reader.type);
  }
  return unsupported(model.place() + ".type: '" + escapeForMessage(kind) +
                     "' tokenizers are not supported; supported: " + known);
}

/// Unigram and word models cannot do without: the reference fails where they would need one.
Status readUnknownToken(const JsonFields &model, const PieceIds &ids, TokenizerSpec &spec) {
  if (spec.model == ModelKind::Unigram) {
    if (spec.pieces.empty())
      return badInput(model.place() + ".vocab: expected at least one piece, but got none");
    GRAPHC_ASSIGN_OR_RETURN(spec.unknownId,
                            model.integer("unk_id", static_cast<uint32_t>(spec.pieces.size()) - 1));
    return {};
  }
  if (spec.model == ModelKind::Bpe && !model.has("unk_token"))
    return {};
  GRAPHC_ASSIGN_OR_RETURN(std::string token, model.string("unk_token"));
  auto found = ids.find(token);
  if (found == ids.end())
    return badInput(model.place() + ".unk_token: '" + escapeForMessage(token) +
                    "' is not in the vocabulary");
  spec.unknownId = found->second;
  return {};
}

} // namespace graphc
