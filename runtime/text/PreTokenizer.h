// The pre-tokenizer: cuts a normalized text into the words that are encoded one by one.
#ifndef GRAPHC_RUNTIME_TEXT_PRETOKENIZER_H
#define GRAPHC_RUNTIME_TEXT_PRETOKENIZER_H

#include "runtime/base/Status.h"
#include "runtime/text/Regex.h"
#include "runtime/text/TokenizerFormat.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace graphc {

/// Takes the words of a text, in order.
class WordSink {
public:
  virtual ~WordSink() = default;
  /// A word, never empty; the view ends with the call.
  virtual void word(std::string_view text) = 0;
};

/// Runs the steps of a tokenizer's pre-tokenizer; with no steps the whole text is one word. A view:
/// the steps and their texts must outlive it.
class PreTokenizer {
public:
  /// Steps as found in tables; BadInput when one has an unknown kind or an impossible argument,
  /// Unsupported for expressions that are not.
  static Expected<PreTokenizer> create(std::span<const Step> steps, std::string_view texts);

  /// Hands the words of `text` to the sink, each step working on what the one before it makes; no
  /// list of words is kept. `atStart`: the text is the beginning of what the user gave (a Metaspace
  /// step may add its separator there only). Linear in the text, but for regular expressions, which
  /// fail at their limits (Regex.h).
  Status split(std::string_view text, bool atStart, WordSink &sink) const {
    Status status;
    if (!text.empty())
      run(0, text, atStart, {sink, status});
    return status;
  }

  /// Where words go, and the first failure on the way.
  struct Target {
    WordSink &sink;
    Status &status;
  };
  /// Runs the steps from `index` on, on a text that is not empty; for the step functions.
  void run(size_t index, std::string_view text, bool atStart, const Target &target) const;

  std::string_view stepTexts() const { return texts; }
  const std::optional<Regex> &expression(size_t index) const { return expressions[index]; }

private:
  PreTokenizer(std::span<const Step> steps, std::string_view texts) : steps(steps), texts(texts) {}

  std::span<const Step> steps;
  std::string_view texts;
  std::vector<std::optional<Regex>> expressions; ///< Of each step that has one.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_PRETOKENIZER_H
