#include "runtime/text/TableBuilder.h"

#include "runtime/text/AddedTokens.h"
#include "runtime/text/BlobWriter.h"
#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/Normalizer.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/TrieBuilder.h"
#include "runtime/text/Unicode.h"

#include <algorithm>
#include <set>

namespace graphc {

namespace {

class TableBuilder {
public:
  explicit TableBuilder(const TokenizerSpec &spec) : spec(spec) {}

  Expected<std::vector<std::byte>> build() {
    GRAPHC_RETURN_IF_ERROR(collectPieces());
    collectFallbacks();
    writeHeader();
    writePieceIndex();
    markAtoms();
    writePieces();
    writeSymbols();
    writeMerges();
    writeJoins();
    GRAPHC_RETURN_IF_ERROR(writeScores());
    blob.add(Section::WordPrefix, spec.wordPrefix.data(), spec.wordPrefix.size());
    writeSteps();
    GRAPHC_RETURN_IF_ERROR(writeAddedTokens());
    blob.add(Section::PrefixIds, spec.prefixIds);
    blob.add(Section::SuffixIds, spec.suffixIds);
    return blob.finish();
  }

private:
  /// A piece as the runtime sees it.
  struct Piece {
    std::string text;
    uint8_t flags = 0;
    bool encodable = false; ///< A piece of the model that text can become.
  };

  /// Bytes of a piece for byte-level models; a spelling outside the alphabet stands for itself.
  std::string runtimeText(const std::string &spelling, bool &inAlphabet) const {
    std::optional<std::string> bytes = spec.byteLevel ? bytesOfPiece(spelling) : spelling;
    inAlphabet = bytes.has_value();
    return inAlphabet ? *std::move(bytes) : spelling;
  }

  Status collectPieces();
  void collectFallbacks();
  void writeHeader();
  void writePieces();
  void writePieceIndex();
  void markAtoms();
  void writeSymbols();
  void writeMerges();
  void writeJoins();
  std::vector<JoinSlot> collectJoins(bool &separable) const;
  Status writeScores();
  void writeSteps();
  Expected<std::string> soughtText(const AddedTokenSpec &token, const Normalizer &normalizer) const;
  Status writeAddedTokens();
  uint32_t find(std::string_view text) const;
  uint32_t edgeSymbol(uint32_t id, bool last) const;

  const TokenizerSpec &spec;
  BlobWriter blob;
  std::vector<Piece> pieces;
  std::vector<uint32_t> fallbacks = std::vector<uint32_t>(256, kNone); ///< Ids of <0x00> .. <0xFF>.
  std::vector<uint32_t> pieceIndex;
  std::vector<Step> normalizerSteps;
  std::string stepTexts;
};

Status TableBuilder::collectPieces() {
  uint32_t count = static_cast<uint32_t>(spec.pieces.size());
  for (const AddedTokenSpec &token : spec.addedTokens)
    count = std::max(count, token.id + 1);
  pieces.resize(count);
  uint64_t totalText = 0;
  for (size_t id = 0; id < spec.pieces.size(); ++id) {
    if (!spec.pieces[id])
      continue;
    bool inAlphabet = false;
    pieces[id].text = runtimeText(*spec.pieces[id], inAlphabet);
    pieces[id].flags = kPieceUsed;
    pieces[id].encodable = inAlphabet;
    totalText += pieces[id].text.size();
  }
  for (const AddedTokenSpec &token : spec.addedTokens) {
    Piece &piece = pieces[token.id];
    bool inAlphabet = false;
    piece.text = runtimeText(token.content, inAlphabet);
    piece.flags =
        static_cast<uint8_t>(kPieceUsed | kPieceAdded | (token.special ? kPieceSpecial : 0));
    piece.encodable = piece.encodable && !token.special;
    totalText += piece.text.size();
  }
  for (uint32_t id : spec.unreachable)
    pieces[id].encodable = false;
  if (totalText > UINT32_MAX)
    return unsupported("the vocabulary's texts take " + std::to_string(totalText) + " bytes");
  return {};
}

void TableBuilder::writeHeader() {
  blob.header.pieceCount = static_cast<uint32_t>(pieces.size());
  blob.header.unknownId = spec.unknownId;
  blob.header.bosId = spec.bosId;
  blob.header.eosId = spec.eosId;
  blob.header.flags =
      (spec.byteLevel ? kByteLevel : 0u) | (spec.ignoreMerges ? kIgnoreMerges : 0u) |
      (spec.fuseUnknown ? kFuseUnknown : 0u) | (spec.floatScores ? kFloatScores : 0u);
  blob.header.modelKind = static_cast<uint32_t>(spec.model);
  blob.header.wordLimit = spec.wordLimit;
  blob.header.unknownScore = spec.unknownScore;
}

void TableBuilder::writePieces() {
  std::vector<uint32_t> offsets = {0};
  std::vector<uint8_t> flags;
  std::string text;
  for (const Piece &piece : pieces) {
    text += piece.text;
    offsets.push_back(static_cast<uint32_t>(text.size()));
    flags.push_back(piece.flags);
  }
  blob.add(Section::PieceOffsets, offsets);
  blob.add(Section::PieceText, text.data(), text.size());
  blob.add(Section::PieceFlags, flags);
}

void TableBuilder::writePieceIndex() {
  pieceIndex.assign(slotCount(pieces.size()), kNone);
  for (uint32_t id = 0; id < pieces.size(); ++id)
    if (pieces[id].encodable) // No text may become a special token.
      insertSlot(
          pieceIndex, hashText(pieces[id].text), id, [](uint32_t slot) { return slot == kNone; },
          [](uint32_t) { return false; });
  blob.add(Section::PieceIndex, pieceIndex);
}

uint32_t TableBuilder::find(std::string_view text) const {
  for (size_t i = hashSlot(hashText(text), pieceIndex.size());;) {
    if (pieceIndex[i] == kNone || pieces[pieceIndex[i]].text == text)
      return pieceIndex[i];
    i = i + 1 == pieceIndex.size() ? 0 : i + 1;
  }
}

void TableBuilder::collectFallbacks() {
  for (uint32_t id = 0; spec.byteFallback && id < pieces.size(); ++id)
    if (std::optional<uint8_t> byte = byteOfPiece(pieces[id].text))
      fallbacks[*byte] = id;
}

void TableBuilder::markAtoms() {
  for (uint32_t id : fallbacks)
    if (id != kNone)
      pieces[id].flags |= kPieceAtom;
  if (spec.unknownId != kNone)
    pieces[spec.unknownId].flags |= kPieceAtom;
}

void TableBuilder::writeSymbols() {
  std::vector<uint32_t> symbols(256, kNone);
  for (unsigned byte = 0; byte < 256; ++byte) {
    char c = static_cast<char>(byte);
    if (spec.byteLevel || byte < 0x80)
      symbols[byte] = find({&c, 1});
  }
  blob.add(Section::SymbolIds, symbols);
  blob.add(Section::FallbackIds, fallbacks);
}

void TableBuilder::writeMerges() {
  std::vector<MergeSlot> slots(slotCount(spec.merges.size()), {kNone, kNone, kNone, kNone});
  // A pair that is listed twice has the later rank, as in the tokenizers' reference.
  for (const MergeSpec &merge : spec.merges)
    if (!(pieces[merge.result].flags & kPieceSpecial))
      insertPair(slots, {merge.left, merge.right, merge.rank, merge.result});
  blob.add(Section::MergeIndex, slots);
}

/// The symbol that a piece begins or ends with, or kNone.
uint32_t TableBuilder::edgeSymbol(uint32_t id, bool last) const {
  std::string_view text = pieces[id].text;
  if (text.empty())
    return kNone;
  if (spec.byteLevel)
    return find(last ? text.substr(text.size() - 1) : text.substr(0, 1));
  return find(last ? text.substr(previousChar(text, text.size()))
                   : text.substr(0, decodeChar(text, 0).length));
}

/// Two symbols can come to stand in one piece only through a merge whose left half ends with the
/// first of them and whose right half begins with the second. That needs every piece to have one
/// spelling in symbols; a model that merges atoms, or makes them, is not separable.
std::vector<JoinSlot> TableBuilder::collectJoins(bool &separable) const {
  auto isAtom = [&](uint32_t id) { return (pieces[id].flags & kPieceAtom) != 0; };
  separable = true;
  std::set<std::pair<uint32_t, uint32_t>> pairs;
  for (const MergeSpec &merge : spec.merges) {
    separable = separable && !isAtom(merge.left) && !isAtom(merge.right) && !isAtom(merge.result);
    pairs.emplace(edgeSymbol(merge.left, true), edgeSymbol(merge.right, false));
  }
  std::vector<JoinSlot> slots(slotCount(pairs.size()), {kNone, kNone});
  for (auto [left, right] : pairs)
    if (left != kNone && right != kNone)
      insertPair(slots, {left, right});
  return slots;
}

void TableBuilder::writeJoins() {
  bool separable = false;
  blob.add(Section::JoinIndex, collectJoins(separable));
  if (separable)
    blob.header.flags |= kSeparable;
}

/// Scores, and the trie of what text can become.
Status TableBuilder::writeScores() {
  TrieEntries entries;
  std::vector<double> scores = spec.scores;
  if (spec.model == ModelKind::Unigram)
    scores.resize(pieces.size());
  for (uint32_t id = 0; id < spec.scores.size(); ++id) {
    if (pieces[id].text.size() > kMaxTriePiece)
      return unsupported("a piece of " + std::to_string(pieces[id].text.size()) +
                         " bytes in a Unigram model; at most " + std::to_string(kMaxTriePiece) +
                         " are supported");
    if (pieces[id].encodable && !pieces[id].text.empty())
      entries[pieces[id].text] = id;
  }
  blob.add(Section::PieceScores, scores);
  blob.add(Section::PieceTrie, buildTrie(entries));
  return {};
}

void TableBuilder::writeSteps() {
  auto convert = [&](const std::vector<StepSpec> &program) {
    std::vector<Step> steps;
    for (const StepSpec &step : program) {
      auto offset = static_cast<uint32_t>(stepTexts.size());
      auto middle = static_cast<uint32_t>(offset + step.first.size());
      stepTexts += step.first + step.second;
      steps.push_back({step.kind, step.a, step.b, offset, static_cast<uint32_t>(step.first.size()),
                       middle, static_cast<uint32_t>(step.second.size()), step.reserved});
    }
    return steps;
  };
  normalizerSteps = convert(spec.normalizer);
  blob.add(Section::NormalizerSteps, normalizerSteps);
  blob.add(Section::PreTokenizerSteps, convert(spec.preTokenizer));
  blob.add(Section::DecoderSteps, convert(spec.decoder));
  blob.add(Section::StepText, stepTexts.data(), stepTexts.size());
}

/// Flags of an added token as the tables have them.
uint32_t addedFlags(const AddedTokenSpec &token) {
  return (token.special ? kAddedSpecial : 0u) | (token.singleWord ? kAddedSingleWord : 0u) |
         (token.leftStrip ? kAddedLeftStrip : 0u) | (token.rightStrip ? kAddedRightStrip : 0u);
}

/// What an added token is sought as.
Expected<std::string> TableBuilder::soughtText(const AddedTokenSpec &token,
                                               const Normalizer &normalizer) const {
  std::string buffer;
  std::string_view content = token.content;
  if (token.search == TokenSearch::Normalized) {
    GRAPHC_ASSIGN_OR_RETURN(content, normalizer.apply(token.content, /*atStart=*/true, buffer));
  }
  if (content.size() > kMaxAddedToken)
    return unsupported("an added token of " + std::to_string(content.size()) + " bytes; at most " +
                       std::to_string(kMaxAddedToken) + " are supported");
  return std::string(content);
}

Status TableBuilder::writeAddedTokens() {
  GRAPHC_ASSIGN_OR_RETURN(Normalizer normalizer, Normalizer::create(normalizerSteps, stepTexts));
  std::vector<AddedToken> tokens;
  TrieEntries raw, normalized;
  for (const AddedTokenSpec &token : spec.addedTokens) {
    auto index = static_cast<uint32_t>(tokens.size());
    tokens.push_back({token.id, addedFlags(token)});
    GRAPHC_ASSIGN_OR_RETURN(std::string content, soughtText(token, normalizer));
    if (!content.empty())
      (token.search == TokenSearch::Raw ? raw : normalized).emplace(content, index);
  }
  blob.add(Section::AddedTokens, tokens);
  blob.add(Section::RawTrie, buildTrie(raw));
  blob.add(Section::NormalizedTrie, buildTrie(normalized));
  return {};
}

} // namespace

Expected<std::vector<std::byte>> buildTokenizerTables(const TokenizerSpec &spec) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> blob, TableBuilder(spec).build());
  GRAPHC_RETURN_IF_ERROR(Tokenizer::open(blob).status());
  return blob;
}

} // namespace graphc
