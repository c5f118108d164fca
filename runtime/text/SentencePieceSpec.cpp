// A SentencePiece model as a tokenizer.
#include "runtime/base/Escape.h"
#include "runtime/text/CharacterRules.h"
#include "runtime/text/JsonModel.h"
#include "runtime/text/SentencePiece.h"
#include "runtime/text/Unicode.h"

#include <algorithm>
#include <numeric>

namespace graphc {

namespace {

constexpr char kBlank[] = "\xE2\x96\x81"; // U+2581
/// Longest piece that merges are sought for: the work grows with the square of it.
constexpr size_t kMaxMergedPiece = 256;

class SpecMaker {
public:
  SpecMaker(const SentencePieceModel &model, const std::string &place)
      : model(model), place(place) {}

  Expected<TokenizerSpec> make() {
    spec.model = model.kind;
    spec.byteFallback = model.byteFallback;
    spec.fuseUnknown = true;
    spec.floatScores = true;
    GRAPHC_RETURN_IF_ERROR(readPieces());
    makeNormalizer();
    makeDecoder();
    if (model.kind == ModelKind::Bpe)
      GRAPHC_RETURN_IF_ERROR(makeMerges());
    else
      makeScores();
    GRAPHC_RETURN_IF_ERROR(makeAddedTokens());
    return std::move(spec);
  }

private:
  std::string nameOf(uint32_t id) const {
    return place + ": piece " + std::to_string(id) + " ('" +
           escapeForMessage(model.pieces[id].text) + "')";
  }

  /// Can merges or scores make it?
  static bool isPlain(PieceType type) {
    return type == PieceType::Normal || type == PieceType::UserDefined;
  }

  Status readPieces();
  Status makeMerges();
  Status addMergesOf(uint32_t id, uint32_t rank);
  void makeScores();
  void makeNormalizer();
  void makeDecoder();
  Status makeAddedTokens();

  const SentencePieceModel &model;
  const std::string &place;
  TokenizerSpec spec;
  PieceIds ids;
};

Status SpecMaker::readPieces() {
  for (uint32_t id = 0; id < model.pieces.size(); ++id) {
    const SentencePieceModel::Piece &piece = model.pieces[id];
    if (piece.text.empty() && piece.type != PieceType::Unused)
      return badInput(nameOf(id) + " is empty");
    if (!ids.emplace(piece.text, id).second && piece.type != PieceType::Unused)
      return badInput(nameOf(id) + " has the text of piece " + std::to_string(ids[piece.text]));
    if (piece.type == PieceType::Unknown && spec.unknownId != kNone)
      return badInput(nameOf(id) + " is a second unknown piece, after " +
                      std::to_string(spec.unknownId));
    if (piece.type == PieceType::Unknown)
      spec.unknownId = id;
    spec.pieces.emplace_back(piece.text);
    if (!isPlain(piece.type))
      spec.unreachable.push_back(id);
  }
  return {};
}

/// All pairs of pieces that make a normal piece, in the order of scores.
Status SpecMaker::makeMerges() {
  std::vector<uint32_t> order(model.pieces.size());
  std::iota(order.begin(), order.end(), 0);
  auto score = [&](uint32_t id) { return model.pieces[id].score; };
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return score(a) != score(b) ? score(a) > score(b) : a < b;
  });
  uint32_t rank = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    rank += i > 0 && score(order[i]) != score(order[i - 1]);
    PieceType type = model.pieces[order[i]].type;
    // A user-defined piece is one from the start.
    if (type == PieceType::Normal || type == PieceType::Unused)
      GRAPHC_RETURN_IF_ERROR(addMergesOf(order[i], rank));
  }
  return {};
}

Status SpecMaker::addMergesOf(uint32_t id, uint32_t rank) {
  const std::string &text = model.pieces[id].text;
  if (text.size() > kMaxMergedPiece)
    return unsupported(nameOf(id) + " has " + std::to_string(text.size()) + " bytes; at most " +
                       std::to_string(kMaxMergedPiece) + " are supported");
  for (size_t cut = 0; cut < text.size();) {
    cut += decodeChar(text, cut).length;
    auto left = ids.find(text.substr(0, cut));
    auto right = left == ids.end() ? ids.end() : ids.find(text.substr(cut));
    if (right == ids.end() || model.pieces[left->second].type != PieceType::Normal ||
        model.pieces[right->second].type != PieceType::Normal)
      continue;
    if (model.pieces[id].type == PieceType::Unused)
      return unsupported(nameOf(id) + " is unused, but text could become it; that is not "
                                      "supported in a BPE model");
    spec.merges.push_back({left->second, right->second, id, rank});
  }
  return {};
}

/// A user-defined piece is better than whatever else its bytes could be, as in the library.
void SpecMaker::makeScores() {
  constexpr double kUserDefinedMargin = 0.1;
  float lowest = 0, highest = 0;
  bool isFirst = true;
  for (const SentencePieceModel::Piece &piece : model.pieces) {
    if (piece.type != PieceType::Normal)
      continue;
    lowest = isFirst ? piece.score : std::min(lowest, piece.score);
    highest = isFirst ? piece.score : std::max(highest, piece.score);
    isFirst = false;
  }
  for (const SentencePieceModel::Piece &piece : model.pieces) {
    auto bytes = static_cast<float>(piece.text.size());
    bool userDefined = piece.type == PieceType::UserDefined;
    spec.scores.push_back(userDefined ? static_cast<float>(bytes * highest - kUserDefinedMargin)
                                      : piece.score);
  }
  spec.unknownScore = lowest - static_cast<float>(kUnknownPenalty);
}

void SpecMaker::makeNormalizer() {
  std::vector<StepSpec> &steps = spec.normalizer;
  if (!model.charsmap.empty()) {
    steps.push_back(
        makeStep(NormalizerKind::Charsmap, static_cast<uint32_t>(CharsmapUnit::LongestMatch)));
    steps.back().first = model.charsmap;
  }
  if (model.removeExtraWhitespaces)
    steps.push_back(makeStep(NormalizerKind::CollapseBlanks));
  if (model.addDummyPrefix) {
    PrependScheme scheme = model.prefixAtStartOnly ? PrependScheme::First : PrependScheme::Always;
    steps.push_back(makeStep(NormalizerKind::Prepend, static_cast<uint32_t>(scheme)));
    steps.back().first = " ";
  }
  if (model.escapeWhitespaces) {
    steps.push_back(makeStep(NormalizerKind::Replace));
    steps.back().first = " ";
    steps.back().second = kBlank;
  }
}

void SpecMaker::makeDecoder() {
  std::vector<StepSpec> &steps = spec.decoder;
  if (model.escapeWhitespaces) {
    steps.push_back(makeStep(DecoderKind::Replace));
    steps.back().first = kBlank;
    steps.back().second = " ";
  }
  if (model.byteFallback)
    steps.push_back(makeStep(DecoderKind::ByteFallback));
  if (model.addDummyPrefix) {
    steps.push_back(makeStep(DecoderKind::Strip, /*a=*/1));
    steps.back().first = " ";
    steps.back().reserved = kStripWhole;
  }
}

/// Special pieces, and user-defined ones: those that normalization would change are sought before
/// it, so that it leaves them alone. A Unigram model finds the others by their scores.
Status SpecMaker::makeAddedTokens() {
  for (uint32_t id = 0; id < model.pieces.size(); ++id) {
    const SentencePieceModel::Piece &piece = model.pieces[id];
    bool special = piece.type == PieceType::Control || piece.type == PieceType::Unknown;
    bool userDefined = piece.type == PieceType::UserDefined;
    if (!special && !userDefined)
      continue;
    AddedTokenSpec token;
    token.content = piece.text;
    token.id = id;
    token.special = special;
    token.search = special || model.userDefinedRaw ? TokenSearch::Raw : TokenSearch::Verbatim;
    if (userDefined && token.search == TokenSearch::Verbatim && !model.charsmap.empty()) {
      GRAPHC_ASSIGN_OR_RETURN(Charsmap charsmap, Charsmap::open(model.charsmap));
      std::string mapped;
      appendMapped(mapped, piece.text, charsmap, CharsmapUnit::LongestMatch);
      if (mapped != piece.text)
        token.search = TokenSearch::Raw;
    }
    bool scored = model.kind == ModelKind::Unigram && token.search == TokenSearch::Verbatim;
    if (!scored)
      spec.addedTokens.push_back(std::move(token));
  }
  return {};
}

} // namespace

Expected<TokenizerSpec> makeSentencePieceSpec(const SentencePieceModel &model,
                                              const std::string &place) {
  return SpecMaker(model, place).make();
}

} // namespace graphc
