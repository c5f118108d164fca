// The normalizer: rewrites a text before it is split into words.
#ifndef GRAPHC_RUNTIME_TEXT_NORMALIZER_H
#define GRAPHC_RUNTIME_TEXT_NORMALIZER_H

#include "runtime/base/Status.h"
#include "runtime/text/Regex.h"
#include "runtime/text/TokenizerFormat.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// Runs the steps of a tokenizer's normalizer. A view: the steps and their texts must outlive it.
class Normalizer {
public:
  /// Steps as found in tables; BadInput when one has an unknown kind or an impossible argument,
  /// Unsupported for expressions that are not.
  static Expected<Normalizer> create(std::span<const Step> steps, std::string_view texts);

  /// The normalized text: `text` itself when no step changes anything, else a view of `buffer`,
  /// which is overwritten. `atStart`: the text is the beginning of what the user gave. Linear in
  /// the text, but for regular expressions, which fail at their limits (Regex.h).
  Expected<std::string_view> apply(std::string_view text, bool atStart, std::string &buffer) const;

private:
  Normalizer(std::span<const Step> steps, std::string_view texts) : steps(steps), texts(texts) {}

  std::span<const Step> steps;
  std::string_view texts;
  std::vector<std::optional<Regex>> expressions; ///< Of each step that has one.
};

/// Appends `text` with each `pattern` (not empty) replaced, from left to right without overlaps.
void appendReplaced(std::string &out, std::string_view text, std::string_view pattern,
                    std::string_view replacement);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_NORMALIZER_H
