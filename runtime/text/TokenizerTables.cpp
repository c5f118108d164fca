#include "runtime/text/TokenizerTables.h"

#include "runtime/base/CheckedMath.h"

#include <algorithm>
#include <string>

namespace graphc {

namespace {

Status damaged(const std::string &what) { return badInput("tokenizer tables: " + what); }

const char *sectionName(Section section) {
  static constexpr const char *kNames[kSectionCount] = {
      "piece offsets", "piece text",   "piece flags", "piece index",     "symbol ids",
      "fallback ids",  "merge index",  "join index",  "piece scores",    "piece trie",
      "word prefix",   "added tokens", "raw trie",    "normalized trie", "normalizer",
      "pre-tokenizer", "decoder",      "step text",   "template prefix", "template suffix"};
  return kNames[static_cast<size_t>(section)];
}

/// Largest of the ids that are there, or 0; counts what is absent. Written to be vectorized: it
/// runs over all tables at every start.
uint32_t largestId(std::span<const uint32_t> ids, size_t &absent) {
  uint32_t largest = 0;
  uint32_t missing = 0;
  for (uint32_t id : ids) {
    missing += id == kNone;
    largest = std::max(largest, id == kNone ? 0 : id);
  }
  absent = missing;
  return largest;
}

/// Checks that all ids of a section exist; kNone may stand for an id only where `mayBeAbsent`.
Status checkIdList(std::span<const uint32_t> ids, uint32_t pieceCount, Section section,
                   bool mayBeAbsent) {
  size_t absent = 0;
  uint32_t largest = largestId(ids, absent);
  if ((largest >= pieceCount && absent < ids.size()) || (absent && !mayBeAbsent))
    return damaged(std::string(sectionName(section)) + " names an id that does not exist");
  return {};
}

} // namespace

template <typename T>
Status TokenizerTables::bind(std::span<const std::byte> blob, Section section,
                             std::span<const T> &out) const {
  const SectionRange &range = header->sections[static_cast<size_t>(section)];
  // The section table is as untrusted as the rest.
  std::optional<uint64_t> end = checkedAdd(range.offset, range.size);
  if (!end || *end > blob.size() || range.offset % kSectionAlignment || range.size % sizeof(T))
    return damaged("section '" + std::string(sectionName(section)) + "' of " +
                   std::to_string(range.size) + " bytes at " + std::to_string(range.offset) +
                   " does not fit into " + std::to_string(blob.size()) + " bytes");
  out = {reinterpret_cast<const T *>(blob.data() + range.offset), range.size / sizeof(T)};
  return {};
}

Status TokenizerTables::bindSections(std::span<const std::byte> blob) {
  std::span<const char> texts, prefixText;
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PieceOffsets, pieceOffsets));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PieceText, pieceBytes));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PieceFlags, flagsOfPieces));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PieceIndex, pieceIndex));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::SymbolIds, symbolIds));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::FallbackIds, fallbackIds));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::MergeIndex, mergeIndex));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::JoinIndex, joinIndex));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PieceScores, scores));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PieceTrie, pieceNodes));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::WordPrefix, prefixText));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::AddedTokens, added));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::RawTrie, rawNodes));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::NormalizedTrie, normalizedNodes));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::NormalizerSteps, normalizer));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PreTokenizerSteps, preTokenizer));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::DecoderSteps, decoder));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::StepText, texts));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::PrefixIds, prefix));
  GRAPHC_RETURN_IF_ERROR(bind(blob, Section::SuffixIds, suffix));
  pieceChars = pieceBytes.data();
  stepChars = {texts.data(), texts.size()};
  prefixChars = {prefixText.data(), prefixText.size()};
  return {};
}

Expected<TokenizerTables> TokenizerTables::open(std::span<const std::byte> blob) {
  if (blob.size() < sizeof(TokenizerHeader))
    return damaged(std::to_string(blob.size()) + " bytes are less than the header");
  if (reinterpret_cast<uintptr_t>(blob.data()) % alignof(TokenizerHeader))
    return damaged("not aligned in memory");
  TokenizerTables tables;
  tables.header = reinterpret_cast<const TokenizerHeader *>(blob.data());
  if (tables.header->magic != kTokenizerMagic)
    return damaged("expected a tokenizer, but the first bytes are something else");
  if (tables.header->version != kTokenizerVersion)
    return planMismatch("tokenizer tables of version " + std::to_string(tables.header->version) +
                        ", but this graphc reads version " + std::to_string(kTokenizerVersion));
  if (tables.header->totalSize > blob.size())
    return damaged("cut off: " + std::to_string(blob.size()) + " bytes of " +
                   std::to_string(tables.header->totalSize));
  GRAPHC_RETURN_IF_ERROR(tables.bindSections(blob));
  GRAPHC_RETURN_IF_ERROR(tables.checkPieces());
  GRAPHC_RETURN_IF_ERROR(tables.checkIds());
  GRAPHC_RETURN_IF_ERROR(tables.checkMerges());
  GRAPHC_RETURN_IF_ERROR(tables.checkModel());
  for (std::span<const TrieNode> trie : {tables.rawNodes, tables.normalizedNodes})
    GRAPHC_RETURN_IF_ERROR(tables.checkTrie(trie, tables.added.size()));
  for (std::span<const Step> steps : {tables.normalizer, tables.preTokenizer, tables.decoder})
    GRAPHC_RETURN_IF_ERROR(tables.checkSteps(steps));
  return tables;
}

Status TokenizerTables::checkPieces() const {
  uint64_t count = header->pieceCount;
  if (pieceOffsets.size() != count + 1 || flagsOfPieces.size() != count)
    return damaged("expected tables for " + std::to_string(count) + " pieces, but got " +
                   std::to_string(pieceOffsets.size()) + " offsets");
  bool ascending = pieceOffsets.front() == 0 && pieceOffsets.back() == pieceBytes.size();
  for (size_t i = 0; i < count; ++i)
    ascending &= pieceOffsets[i] <= pieceOffsets[i + 1]; // No early exit: this vectorizes.
  if (!ascending)
    return damaged("piece offsets do not ascend");
  return {};
}

Status TokenizerTables::checkIds() const {
  uint32_t count = header->pieceCount;
  if (symbolIds.size() != 256 || fallbackIds.size() != 256)
    return damaged("expected 256 symbols");
  // Probing ends at an empty slot, so a full table would never end it.
  size_t empty = 0;
  if (largestId(pieceIndex, empty) >= std::max(count, 1u) || empty == 0)
    return damaged("the piece index names an id that does not exist, or is full");
  GRAPHC_RETURN_IF_ERROR(checkIdList(symbolIds, count, Section::SymbolIds, true));
  GRAPHC_RETURN_IF_ERROR(checkIdList(fallbackIds, count, Section::FallbackIds, true));
  GRAPHC_RETURN_IF_ERROR(checkIdList(prefix, count, Section::PrefixIds, false));
  GRAPHC_RETURN_IF_ERROR(checkIdList(suffix, count, Section::SuffixIds, false));
  for (uint32_t id : {header->unknownId, header->bosId, header->eosId})
    if (id != kNone && id >= count)
      return damaged("special id " + std::to_string(id) + " of " + std::to_string(count));
  for (const AddedToken &token : added)
    if (token.id >= count)
      return damaged("added token " + std::to_string(token.id) + " of " + std::to_string(count));
  return {};
}

Status TokenizerTables::checkMerges() const {
  size_t empty = 0;
  uint32_t largest = 0;
  for (const MergeSlot &slot : mergeIndex) {
    empty += slot.left == kNone;
    largest = std::max(largest, slot.left == kNone ? 0 : slot.result);
  }
  if (empty == 0 || (empty < mergeIndex.size() && largest >= header->pieceCount))
    return damaged("the merge index is full or makes a piece that does not exist");
  auto isEmpty = [](const JoinSlot &slot) { return slot.left == kNone; };
  if (std::none_of(joinIndex.begin(), joinIndex.end(), isEmpty))
    return damaged("the join index is full");
  return {};
}

/// What the encoder of the model's kind relies on.
Status TokenizerTables::checkModel() const {
  bool unigram = model() == ModelKind::Unigram;
  if (header->modelKind >= kModelKinds || scores.size() != (unigram ? header->pieceCount : 0) ||
      header->wordLimit > kMaxWordLimit)
    return damaged("a model of kind " + std::to_string(header->modelKind) + " is impossible");
  return checkTrie(pieceNodes, header->pieceCount);
}

/// Children that stand after their parent make walks end and need no marks of visited nodes.
Status TokenizerTables::checkTrie(std::span<const TrieNode> nodes, size_t tokenCount) const {
  for (size_t i = 0; i < nodes.size(); ++i) {
    const TrieNode &node = nodes[i];
    uint64_t end = uint64_t(node.firstChild) + node.childCount;
    bool forward = node.childCount == 0 || (node.firstChild > i && end <= nodes.size());
    if (!forward || (node.token != kNone && node.token >= tokenCount))
      return damaged("node " + std::to_string(i) + " of a trie leads nowhere");
  }
  return {};
}

Status TokenizerTables::checkSteps(std::span<const Step> steps) const {
  constexpr size_t kMaxSteps = 64; // The programs recurse once per step.
  for (const Step &step : steps) {
    uint64_t firstEnd = uint64_t(step.firstOffset) + step.firstSize;
    uint64_t secondEnd = uint64_t(step.secondOffset) + step.secondSize;
    if (steps.size() > kMaxSteps || std::max(firstEnd, secondEnd) > stepChars.size())
      return damaged("too many steps, or the text of one is out of bounds");
  }
  return {};
}

uint32_t TokenizerTables::findPiece(std::string_view text) const {
  for (size_t i = hashSlot(hashText(text), pieceIndex.size());;) {
    uint32_t id = pieceIndex[i];
    if (id == kNone || pieceText(id) == text)
      return id;
    i = i + 1 == pieceIndex.size() ? 0 : i + 1;
  }
}

} // namespace graphc
