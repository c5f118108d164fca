// The pre-tokenizer: cuts a normalized text into the words that are encoded one by one.
#ifndef GRAPHC_RUNTIME_TEXT_PRETOKENIZER_H
#define GRAPHC_RUNTIME_TEXT_PRETOKENIZER_H

#include "runtime/base/Status.h"
#include "runtime/text/TokenizerFormat.h"

#include <span>
#include <string_view>

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
  /// Steps as found in tables; BadInput when one has an unknown kind or an impossible argument.
  static Expected<PreTokenizer> create(std::span<const Step> steps, std::string_view texts);

  /// Hands the words of `text` to the sink, each step working on what the one before it makes; no
  /// list of words is kept. `atStart`: the text is the beginning of what the user gave (a Metaspace
  /// step may add its separator there only). Linear in the text.
  void split(std::string_view text, bool atStart, WordSink &sink) const {
    if (!text.empty())
      run(0, text, atStart, sink);
  }

  /// Runs the steps from `index` on, on a text that is not empty; for the step functions.
  void run(size_t index, std::string_view text, bool atStart, WordSink &sink) const;

  std::string_view stepTexts() const { return texts; }

private:
  PreTokenizer(std::span<const Step> steps, std::string_view texts) : steps(steps), texts(texts) {}

  std::span<const Step> steps;
  std::string_view texts;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_PRETOKENIZER_H
