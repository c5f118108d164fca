// Regular expressions of tokenizer files for which there is no scanner (Scanners.h), by PCRE2.
//
// Tokenizers write them for Oniguruma. What the two read alike is taken as it is; \w and \s, whose
// characters differ, are written out; other differences are refused. Matching is bounded in steps,
// depth and memory, so that no expression and no text can stop the program.
#ifndef GRAPHC_RUNTIME_TEXT_REGEX_H
#define GRAPHC_RUNTIME_TEXT_REGEX_H

#include "runtime/base/Status.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace graphc {

/// A compiled expression; cheap to copy, immutable, threads may share one.
class Regex {
public:
  /// Longest expression, in bytes.
  static constexpr size_t kMaxPattern = 1u << 14;

  /// Unsupported for what PCRE2 does not know or reads differently, with the place in the pattern.
  static Expected<Regex> compile(std::string_view pattern);

  /// Calls `onMatch` with the ends of each match, from left to right, without overlaps. A match may
  /// be empty, but not where another ended. Bytes that are not UTF-8 match as control characters
  /// do. Unsupported when the expression exceeds a limit.
  Status forEachMatch(std::string_view text,
                      const std::function<void(size_t begin, size_t end)> &onMatch) const;

private:
  struct Code;

  Regex(std::shared_ptr<const Code> code) : code(std::move(code)) {}

  std::shared_ptr<const Code> code;
};

/// The same expression for PCRE2; exposed for tests. Fails like compile.
Expected<std::string> translatePattern(std::string_view pattern);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_REGEX_H
