// The tokenizer as it stands in a plan: one blob of flat little-endian tables that is mapped and
// used in place. TableBuilder writes it, TokenizerTables opens it.
//
//   TokenizerHeader   counts, special ids, where each section is
//   sections          arrays of the structs below, each aligned to kSectionAlignment
//
// Offsets count from the start of the blob. Hash tables use open addressing with linear probing;
// the slot of a hash h in n slots is the high part of h * n, and each table has an empty slot.
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZERFORMAT_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZERFORMAT_H

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace graphc {

static_assert(std::endian::native == std::endian::little, "tables are used in place");

inline constexpr uint32_t kTokenizerMagic = 0x4B544347; // "GCTK"
inline constexpr uint32_t kTokenizerVersion = 2;
inline constexpr size_t kSectionAlignment = 16;
/// Marks an empty slot of a hash table, and the absence of an id or index.
inline constexpr uint32_t kNone = 0xFFFFFFFFu;

/// What a section holds, in file order.
enum class Section : uint32_t {
  PieceOffsets,    ///< uint32_t[pieces + 1]: where the text of an id begins in PieceText.
  PieceText,       ///< Texts of all ids, one after the other; raw bytes for byte-level models.
  PieceFlags,      ///< uint8_t[pieces], of PieceFlag.
  PieceIndex,      ///< uint32_t[]: hash table from text to the id of a piece of the model.
  SymbolIds,       ///< uint32_t[256]: id of a byte (byte-level) or of an ASCII character, or kNone.
  FallbackIds,     ///< uint32_t[256]: id of <0x00> .. <0xFF>, all kNone without byte fallback.
  MergeIndex,      ///< MergeSlot[]: hash table from a pair of ids to their merge.
  JoinIndex,       ///< JoinSlot[]: hash table of neighbours that some merge can put in one piece.
  PieceScores,     ///< double[pieces]: log probability (Unigram; else empty).
  PieceTrie,       ///< TrieNode[]: pieces that text can become (Unigram; else empty).
  WordPrefix,      ///< Text before a piece that continues a word (WordPiece; else empty).
  AddedTokens,     ///< AddedToken[].
  RawTrie,         ///< TrieNode[]: added tokens sought in the text as it is given.
  NormalizedTrie,  ///< TrieNode[]: added tokens sought after normalization.
  NormalizerSteps, ///< Step[] of NormalizerKind.
  PreTokenizerSteps, ///< Step[] of PreTokenizerKind.
  DecoderSteps,      ///< Step[] of DecoderKind.
  StepText,          ///< Strings of steps.
  PrefixIds,         ///< uint32_t[]: ids before an encoded text when special tokens are asked for.
  SuffixIds,         ///< uint32_t[]: ids after it.
};
inline constexpr size_t kSectionCount = static_cast<size_t>(Section::SuffixIds) + 1;

struct SectionRange {
  uint64_t offset;
  uint64_t size; ///< In bytes.
};

/// Bits of TokenizerHeader::flags.
enum ModelFlag : uint32_t {
  kByteLevel = 1,    ///< Symbols are bytes, else characters.
  kIgnoreMerges = 2, ///< A word that is a piece as a whole is that piece.
  kFuseUnknown = 4,  ///< Unknown characters in a row are one unknown piece.
  kSeparable = 8,    ///< JoinIndex is complete, so words may be cut where it has no entry; and a
                     ///< piece that is no atom was merged from the symbols of its text.
  kFloatScores = 16, ///< Sums of scores are rounded to float, as in the SentencePiece library.
};

/// How words become pieces. Keep in the order of the table in ModelEncoder.cpp.
enum class ModelKind : uint32_t {
  Bpe,       ///< Symbols are merged in the order of rank.
  Unigram,   ///< The sequence of pieces with the largest sum of scores.
  WordPiece, ///< The longest piece first, from left to right.
  WordLevel, ///< A word is a piece.
};
inline constexpr uint32_t kModelKinds = 4;
/// Longest piece of a Unigram model, in bytes: it bounds the work per character of text.
inline constexpr size_t kMaxTriePiece = 1024;
/// Largest limit of a WordPiece model: its work on a word grows with the square of it.
inline constexpr uint32_t kMaxWordLimit = 1000;

struct TokenizerHeader {
  uint32_t magic;
  uint32_t version;
  uint64_t totalSize;
  uint32_t flags; ///< Of ModelFlag.
  uint32_t pieceCount;
  uint32_t unknownId; ///< kNone: characters that are not in the vocabulary vanish.
  uint32_t bosId;     ///< kNone where not known; so eosId.
  uint32_t eosId;
  uint32_t modelKind; ///< Of ModelKind.
  uint32_t wordLimit; ///< WordPiece: characters of the longest word that is not unknown as a whole.
  uint32_t reserved;
  double unknownScore; ///< Unigram: of a character that no piece spells.
  SectionRange sections[kSectionCount];
};

enum PieceFlag : uint8_t {
  kPieceUsed = 1,    ///< The id has a piece; ids in gaps have none.
  kPieceSpecial = 2, ///< Left out of decoded text on request.
  kPieceAdded = 4,   ///< An added token.
  kPieceAtom = 8,    ///< Stands for a byte (byte fallback) or for unknown characters.
};

struct MergeSlot {
  uint32_t left; ///< kNone: empty.
  uint32_t right;
  uint32_t rank;   ///< Smaller merges first; of equal ones, the leftmost.
  uint32_t result; ///< What it makes.
};

struct JoinSlot {
  uint32_t left; ///< kNone: empty.
  uint32_t right;
};

/// Bits of AddedToken::flags.
enum AddedFlag : uint32_t {
  kAddedSpecial = 1,    ///< Matched only where the caller asks for special tokens.
  kAddedSingleWord = 2, ///< Not inside a word.
  kAddedLeftStrip = 4,  ///< Takes the whitespace before it.
  kAddedRightStrip = 8, ///< Takes the whitespace after it.
};

struct AddedToken {
  uint32_t id;
  uint32_t flags;
};

/// A node of a byte trie in breadth-first order, so that children are neighbours and stand after
/// their parent; node 0 is the root. Siblings ascend by byte.
struct TrieNode {
  uint32_t firstChild;
  uint32_t token; ///< Index of the added token, or id of the piece, that ends here, or kNone.
  uint16_t childCount;
  uint8_t byte;
  uint8_t reserved;
};

/// One step of the normalizer, the pre-tokenizer or the decoder; what a and b mean depends on the
/// kind. Texts are ranges of StepText.
struct Step {
  uint32_t kind;
  uint32_t a;
  uint32_t b;
  uint32_t firstOffset;
  uint32_t firstSize;
  uint32_t secondOffset;
  uint32_t secondSize;
  uint32_t reserved;
};

/// Steps that rewrite the text before it is split. Keep in the order of the table in
/// Normalizer.cpp.
enum class NormalizerKind : uint32_t {
  Form,            ///< a: UnicodeForm.
  Replace,         ///< Each `first` becomes `second`.
  Prepend,         ///< `first` before a text that is not empty; a: PrependScheme.
  Lowercase,       ///< Character by character, without context.
  StripAccents,    ///< Removes marks; a: 1 for nonspacing ones only.
  Strip,           ///< Whitespace at the ends; a: left, b: right.
  Charsmap,        ///< `first` is a SentencePiece map (Charsmap.h); a: CharsmapUnit.
  CollapseBlanks,  ///< Blanks at the ends go, runs of blanks become one.
  Clean,           ///< a: CleanRules.
  SpaceIdeographs, ///< A blank on either side of each Chinese character.
  ReplacePattern,  ///< Each match of the regular expression `first` becomes `second`.
};
inline constexpr uint32_t kNormalizerKinds = 11;

/// What a Charsmap step looks up.
enum class CharsmapUnit : uint32_t {
  LongestMatch, ///< The longest key at a place, as the SentencePiece library does.
  Grapheme,     ///< User-perceived characters, as the tokenizers library does.
};

/// Which control characters a Clean step removes, and which it makes blanks.
enum class CleanRules : uint32_t { Bert, Nmt };

/// What becomes of the separators that a splitting step finds.
enum class SplitBehavior : uint32_t {
  Removed,
  Isolated,
  MergedWithPrevious,
  MergedWithNext,
  Contiguous,
};
inline constexpr uint32_t kSplitBehaviors = 5;

/// Where Metaspace puts a separator before the text.
enum class PrependScheme : uint32_t { Always, First, Never };
inline constexpr uint32_t kPrependSchemes = 3;

/// Steps that cut the text into words. Keep in the order of the table in PreTokenizer.cpp.
enum class PreTokenizerKind : uint32_t {
  Pattern,     ///< a: ScannerId, b: SplitSettings.
  Literal,     ///< `first` is the separator, b: SplitSettings.
  Digits,      ///< Numeric characters are separators, b: SplitSettings.
  Punctuation, ///< Punctuation marks are, b: SplitSettings.
  Whitespace,  ///< White space is, b: SplitSettings.
  Metaspace,   ///< Blanks become `first`; a: PrependScheme, b: 1 to split before each `first`.
  PrefixSpace, ///< A blank before a text that does not begin with one.
  WordChars,   ///< Characters of words are separators, b: SplitSettings.
  Regex,       ///< Matches of the regular expression `first` are separators, b: SplitSettings.
};
inline constexpr uint32_t kPreTokenizerKinds = 9;

/// Packed argument of splitting steps: the behaviour, plus kSplitInverted when what is found is
/// text and the rest separators.
inline constexpr uint32_t kSplitInverted = 0x100;

/// Steps from pieces to text. Keep in the order of the table in Decoder.cpp.
enum class DecoderKind : uint32_t {
  Replace,      ///< In each piece, `first` becomes `second`.
  ByteFallback, ///< Runs of <0xNN> pieces become the text that their bytes spell.
  Strip,        ///< At most a `first` from the start, b from the end, of each piece or (kStripWhole
                ///< in the step's `reserved`) of the whole text.
  Metaspace,    ///< `first` becomes a blank; a: 1 if those of the first piece vanish.
  ByteLevel,    ///< Pieces are bytes: joined, and what is not UTF-8 becomes U+FFFD.
  Join,         ///< A blank between pieces.
  WordPiece,    ///< A blank between pieces but before `first`, which goes; a: 1 to tidy up English.
};
inline constexpr uint32_t kDecoderKinds = 7;
inline constexpr uint32_t kStripWhole = 1;

/// Hash of a text, for PieceIndex.
inline uint64_t hashText(std::string_view text) {
  uint64_t hash = 0x9E3779B97F4A7C15u ^ text.size();
  while (!text.empty()) {
    uint64_t chunk = 0;
    size_t length = text.size() < 8 ? text.size() : 8;
    std::memcpy(&chunk, text.data(), length);
    hash = (hash ^ chunk) * 0xFF51AFD7ED558CCDu;
    hash ^= hash >> 32;
    text.remove_prefix(length);
  }
  return hash * 0xC4CEB9FE1A85EC53u;
}

/// Hash of a pair of ids, for MergeIndex and JoinIndex.
inline uint64_t hashPair(uint32_t left, uint32_t right) {
  uint64_t hash = (uint64_t(left) << 32 | right) * 0x9E3779B97F4A7C15u;
  hash ^= hash >> 32;
  return hash * 0xC4CEB9FE1A85EC53u;
}

/// The first slot to try for a hash in a table of `slots` slots.
inline size_t hashSlot(uint64_t hash, size_t slots) {
  return static_cast<size_t>((static_cast<unsigned __int128>(hash) * slots) >> 64);
}

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZERFORMAT_H
