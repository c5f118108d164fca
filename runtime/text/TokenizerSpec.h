// A tokenizer in plain data: what readers of tokenizer files produce and TableBuilder lays out.
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZERSPEC_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZERSPEC_H

#include "runtime/text/TokenizerFormat.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// Two neighbouring pieces that become one; the rank is the place in the list.
struct MergeSpec {
  uint32_t left;
  uint32_t right;
  uint32_t result;
};

struct AddedTokenSpec {
  std::string content;
  uint32_t id = 0;
  bool singleWord = false;
  bool leftStrip = false;
  bool rightStrip = false;
  bool normalized = true;
  bool special = false;
};

/// A Step with its texts.
struct StepSpec {
  uint32_t kind = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  std::string first = {};
  std::string second = {};
  uint32_t reserved = 0;
};

struct TokenizerSpec {
  /// Texts by id, as the vocabulary spells them (byte-level: in the alphabet of 256 printable
  /// characters); none where an id is unused. Added tokens are not in here, unless they are pieces
  /// of the model too.
  std::vector<std::optional<std::string>> pieces;
  std::vector<MergeSpec> merges;
  std::vector<AddedTokenSpec> addedTokens;

  bool byteLevel = false;
  bool byteFallback = false;
  bool ignoreMerges = false;
  bool fuseUnknown = false;
  uint32_t unknownId = kNone;
  uint32_t bosId = kNone;
  uint32_t eosId = kNone;

  std::vector<StepSpec> normalizer;
  std::vector<StepSpec> preTokenizer;
  std::vector<StepSpec> decoder;
  /// Ids that a template puts before and after a text.
  std::vector<uint32_t> prefixIds;
  std::vector<uint32_t> suffixIds;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZERSPEC_H
