// The decoder: pieces back to text.
#ifndef GRAPHC_RUNTIME_TEXT_DECODER_H
#define GRAPHC_RUNTIME_TEXT_DECODER_H

#include "runtime/base/Status.h"
#include "runtime/text/TokenizerFormat.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// The steps of a tokenizer's decoder. A view: the steps and their texts must outlive it.
class Decoder {
public:
  /// Steps as found in tables; BadInput when one has an unknown kind or an impossible argument.
  static Expected<Decoder> create(std::span<const Step> steps, std::string_view texts);

  std::span<const Step> steps() const { return program; }
  std::string_view stepTexts() const { return texts; }

private:
  Decoder(std::span<const Step> steps, std::string_view texts) : program(steps), texts(texts) {}

  std::span<const Step> program;
  std::string_view texts;
};

/// One text being decoded, piece by piece. Each step hands what it makes to the next at once and
/// keeps back only what it cannot know yet: a character that is not complete, a run of byte pieces.
class DecoderRun {
public:
  /// With `eager`, text comes out as soon as its characters are whole. Without, a run of byte
  /// pieces is decided at its end, so that one byte that is wrong makes the whole run U+FFFD, as
  /// the tokenizers' reference does; only such runs differ.
  DecoderRun(const Decoder &decoder, bool eager)
      : decoder(decoder), states(decoder.steps().size()), eager(eager) {}

  /// Appends to `out` the text that the piece completes: whole UTF-8 characters.
  void push(std::string_view piece, std::string &out) { feed(0, piece, out); }
  /// Ends the text: appends what was kept back. Afterwards a new text may begin.
  void finish(std::string &out);

  /// What a step remembers between pieces.
  struct State {
    std::string held;      ///< Bytes kept back.
    bool started = false;  ///< The first piece is over.
    uint32_t stripped = 0; ///< Characters taken from the start.
  };

  // For the steps: pass a piece on from step `index - 1`; their memory; their arguments.
  void feed(size_t index, std::string_view piece, std::string &out);
  State &state(size_t index) { return states[index]; }
  std::string_view first(size_t index) const;
  std::string_view second(size_t index) const;
  const Step &step(size_t index) const { return decoder.steps()[index]; }
  bool isEager() const { return eager; }

private:
  Decoder decoder;
  std::vector<State> states;
  bool eager;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_DECODER_H
