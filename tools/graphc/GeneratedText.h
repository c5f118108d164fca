// The text of generated tokens, as it comes.
#ifndef GRAPHC_TOOLS_GRAPHC_GENERATEDTEXT_H
#define GRAPHC_TOOLS_GRAPHC_GENERATEDTEXT_H

#include "runtime/text/StopStrings.h"
#include "runtime/text/Tokenizer.h"

#include <cstdint>
#include <span>
#include <string>

namespace graphc {

/// Whole characters of a continuation, up to a stop string.
class GeneratedText {
public:
  /// The continuation reads as it does behind its prompt: with its blank, if it starts with one.
  /// Tokenizer and stop strings must outlive the object.
  GeneratedText(const Tokenizer &tokenizer, std::span<const int32_t> prompt,
                std::span<const std::string> stops)
      : decoder(tokenizer), scanner(stops) {
    for (int32_t token : prompt)
      decoder.push(token);
  }

  /// What a token adds for certain.
  std::string push(int32_t token) { return scanner.push(decoder.push(token)); }

  /// What the end of the text adds.
  std::string finish() {
    std::string last = scanner.push(decoder.flush());
    return last + scanner.flush();
  }

  /// Is a stop string in the text?
  bool isStopped() const { return scanner.isStopped(); }

private:
  StreamDecoder decoder;
  StopScanner scanner;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_GENERATEDTEXT_H
