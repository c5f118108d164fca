// Hand-written scanners for the regular expressions that tokenizers split text with.
//
// A scanner does exactly what its expressions match, in one pass without backtracking: faster than
// an engine, and linear on any text. Other expressions go to PCRE2 (Regex.h). To add one: write a
// function that returns the end of the match at a position, list it in the tables of Scanners.cpp.
#ifndef GRAPHC_RUNTIME_TEXT_SCANNERS_H
#define GRAPHC_RUNTIME_TEXT_SCANNERS_H

#include "runtime/text/TokenizerSpec.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace graphc {

/// Numbers are stored in plans: never reuse one.
enum class ScannerId : uint32_t {
  Gpt2 = 0,           ///< GPT-2: contractions, " word", " 123", " ?!", blanks.
  Cl100kOneDigit = 1, ///< Qwen 2: like the next, each digit for itself.
  Cl100k = 2,         ///< GPT-4, Llama 3: contractions in any case, digits in groups of three.
  O200k = 3,          ///< GPT-4o, Llama 4: words end where a capital begins the next.
  Tekken = 4,         ///< Mistral Nemo: like O200k, single digits, no contractions.
};
inline constexpr uint32_t kScanners = 5;

/// The end of the word that begins at `position` (inside the text). Words follow each other without
/// gaps: the expressions match every character.
using Scanner = size_t (*)(std::string_view text, size_t position);

Scanner scannerOf(ScannerId id);

/// The scanner for an expression, as it is spelled in tokenizer.json.
std::optional<ScannerId> findScanner(std::string_view pattern);

/// The step that splits a text at the matches of an expression, by its scanner or else by PCRE2.
/// `settings` as in TokenizerFormat.h.
StepSpec makePatternStep(std::string_view pattern, uint32_t settings);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_SCANNERS_H
