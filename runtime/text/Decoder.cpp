#include "runtime/text/Decoder.h"

#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/Normalizer.h"
#include "runtime/text/TokenizerTables.h"
#include "runtime/text/Unicode.h"

#include <optional>

namespace graphc {

namespace {

/// Takes a piece and feeds what it makes to the step `index + 1`.
using Push = void (*)(DecoderRun &run, size_t index, std::string_view piece, std::string &out);
/// Feeds what was kept back.
using Finish = void (*)(DecoderRun &run, size_t index, std::string &out);
using Check = bool (*)(const Step &step);

/// Pieces are replaced one by one: a pattern is not sought across two of them.
void pushReplace(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  std::string text;
  appendReplaced(text, piece, run.first(index), run.second(index));
  run.feed(index + 1, text, out);
}

/// Ends a run of byte pieces: its text, or U+FFFD for each byte when it is not UTF-8.
void finishByteFallback(DecoderRun &run, size_t index, std::string &out) {
  std::string &bytes = run.state(index).held;
  if (bytes.empty())
    return;
  std::string text;
  if (isUtf8(bytes))
    text = bytes;
  else
    for (size_t i = 0; i < bytes.size(); ++i)
      text += kReplacementText;
  bytes.clear();
  run.feed(index + 1, text, out);
}

void pushByteFallback(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  std::optional<uint8_t> byte = byteOfPiece(piece);
  if (!byte) {
    finishByteFallback(run, index, out);
    return run.feed(index + 1, piece, out);
  }
  std::string &bytes = run.state(index).held;
  bytes += static_cast<char>(*byte);
  if (!run.isEager())
    return;
  // At most one character is ever kept back here.
  SequencePrefix prefix = sequencePrefix(bytes);
  if (prefix.complete)
    return finishByteFallback(run, index, out);
  if (prefix.partial)
    return;
  // The new byte cannot continue the character, but may begin another.
  char last = bytes.back();
  if (bytes.size() > 1) {
    bytes.pop_back();
    finishByteFallback(run, index, out);
    bytes = last;
    prefix = sequencePrefix(bytes);
  }
  if (!prefix.partial)
    finishByteFallback(run, index, out);
}

/// Removes up to `limit` leading `pattern`s; counts them.
uint32_t stripStart(std::string_view &text, std::string_view pattern, uint32_t limit) {
  uint32_t count = 0;
  for (; count < limit && text.starts_with(pattern); ++count)
    text.remove_prefix(pattern.size());
  return count;
}

/// Removes up to `limit` trailing `pattern`s; counts them.
uint32_t stripEnd(std::string_view &text, std::string_view pattern, uint32_t limit) {
  uint32_t count = 0;
  for (; count < limit && text.ends_with(pattern); ++count)
    text.remove_suffix(pattern.size());
  return count;
}

/// Strip of the whole text: the start is over at the first other character; patterns at the end are
/// kept back, as they may be the last.
void pushStripWhole(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  DecoderRun::State &state = run.state(index);
  const Step &step = run.step(index);
  if (!state.started) {
    state.stripped += stripStart(piece, run.first(index), step.a - state.stripped);
    if (piece.empty())
      return;
    state.started = true;
  }
  std::string text = std::move(state.held);
  text += piece;
  std::string_view rest = text;
  stripEnd(rest, run.first(index), step.b);
  state.held = text.substr(rest.size());
  run.feed(index + 1, rest, out);
}

void pushStrip(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  const Step &step = run.step(index);
  if (step.reserved == kStripWhole)
    return pushStripWhole(run, index, piece, out);
  stripStart(piece, run.first(index), step.a);
  stripEnd(piece, run.first(index), step.b);
  run.feed(index + 1, piece, out);
}

/// The first piece loses its separators where encoding has added one, all of them as in the
/// reference.
void pushMetaspace(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  DecoderRun::State &state = run.state(index);
  bool vanish = run.step(index).a && !state.started;
  state.started = true;
  std::string text;
  appendReplaced(text, piece, run.first(index), vanish ? "" : " ");
  run.feed(index + 1, text, out);
}

/// Bytes that may still become a character wait for the next piece.
void pushByteLevel(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  std::string &held = run.state(index).held;
  held += piece;
  std::string text;
  held.erase(0, appendLossy(text, held, /*whole=*/false));
  run.feed(index + 1, text, out);
}

void finishByteLevel(DecoderRun &run, size_t index, std::string &out) {
  std::string text;
  appendLossy(text, run.state(index).held, /*whole=*/true);
  run.feed(index + 1, text, out);
}

void pushJoin(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  DecoderRun::State &state = run.state(index);
  if (state.started)
    run.feed(index + 1, " ", out);
  state.started = true;
  run.feed(index + 1, piece, out);
}

/// What is written differently in English text than in pieces.
constexpr std::pair<std::string_view, std::string_view> kTidied[] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

/// Words, and the parts of words that follow a prefix.
void pushWordPiece(DecoderRun &run, size_t index, std::string_view piece, std::string &out) {
  DecoderRun::State &state = run.state(index);
  std::string text;
  if (!state.started)
    text = piece;
  else if (piece.starts_with(run.first(index)))
    text = piece.substr(run.first(index).size());
  else
    text.append(" ").append(piece);
  state.started = true;
  for (size_t i = 0; run.step(index).a && i < std::size(kTidied); ++i) {
    std::string tidy;
    appendReplaced(tidy, text, kTidied[i].first, kTidied[i].second);
    text.swap(tidy);
  }
  run.feed(index + 1, text, out);
}

/// What a step keeps back beyond its own rules is dropped at the end of the text.
void finishNothing(DecoderRun &, size_t, std::string &) {}

bool always(const Step &) { return true; }
bool hasPattern(const Step &step) { return step.firstSize > 0; }

struct StepKind {
  Push push;
  Finish finish;
  Check check;
};

/// In the order of DecoderKind.
constexpr StepKind kKinds[kDecoderKinds] = {
    {pushReplace, finishNothing, hasPattern},   {pushByteFallback, finishByteFallback, always},
    {pushStrip, finishNothing, hasPattern},     {pushMetaspace, finishNothing, hasPattern},
    {pushByteLevel, finishByteLevel, always},   {pushJoin, finishNothing, always},
    {pushWordPiece, finishNothing, hasPattern},
};

} // namespace

Expected<Decoder> Decoder::create(std::span<const Step> steps, std::string_view texts) {
  for (const Step &step : steps)
    if (step.kind >= kDecoderKinds || !kKinds[step.kind].check(step))
      return badInput("tokenizer tables: decoder step of kind " + std::to_string(step.kind) +
                      " is impossible");
  return Decoder(steps, texts);
}

std::string_view DecoderRun::first(size_t index) const {
  return firstText(step(index), decoder.stepTexts());
}

std::string_view DecoderRun::second(size_t index) const {
  return secondText(step(index), decoder.stepTexts());
}

void DecoderRun::feed(size_t index, std::string_view piece, std::string &out) {
  if (index == states.size())
    out += piece;
  else
    kKinds[step(index).kind].push(*this, index, piece, out);
}

void DecoderRun::finish(std::string &out) {
  for (size_t index = 0; index < states.size(); ++index)
    kKinds[step(index).kind].finish(*this, index, out);
  states.assign(states.size(), State());
}

} // namespace graphc
