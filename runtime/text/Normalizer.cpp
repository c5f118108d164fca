#include "runtime/text/Normalizer.h"

#include "runtime/text/TokenizerTables.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/UnicodeForms.h"

#include <utf8proc.h>

namespace graphc {

namespace {

/// Appends the text that a step makes of `text`.
using Apply = void (*)(const Step &step, std::string_view texts, std::string_view text,
                       std::string &out);
/// Are the step's arguments possible?
using Check = bool (*)(const Step &step);

void applyForm(const Step &step, std::string_view, std::string_view text, std::string &out) {
  appendNormalized(out, text, static_cast<UnicodeForm>(step.a));
}

void applyReplace(const Step &step, std::string_view texts, std::string_view text,
                  std::string &out) {
  appendReplaced(out, text, firstText(step, texts), secondText(step, texts));
}

void applyPrepend(const Step &step, std::string_view texts, std::string_view text,
                  std::string &out) {
  if (!text.empty())
    out += firstText(step, texts);
  out += text;
}

/// Calls `action` for each character, with the bytes that it takes.
template <typename Action>
void forEachChar(std::string_view text, Action action) {
  for (size_t position = 0; position < text.size();) {
    DecodedChar c = decodeChar(text, position);
    action(c, text.substr(position, c.length));
    position += c.length;
  }
}

void applyLowercase(const Step &, std::string_view, std::string_view text, std::string &out) {
  forEachChar(text, [&](const DecodedChar &c, std::string_view bytes) {
    if (c.value == 0x130) // The only character whose lower case is two.
      out += "i\xCC\x87";
    else if (c.valid)
      appendChar(out, static_cast<char32_t>(utf8proc_tolower(static_cast<int32_t>(c.value))));
    else
      out += bytes;
  });
}

/// Removes marks that stand alone; letters that have one in them stay, unless NFD came before.
void applyStripAccents(const Step &, std::string_view, std::string_view text, std::string &out) {
  forEachChar(text, [&](const DecodedChar &c, std::string_view bytes) {
    if (!isMark(c.value))
      out += bytes;
  });
}

void applyStrip(const Step &step, std::string_view, std::string_view text, std::string &out) {
  while (step.a && !text.empty() && isWhitespace(decodeChar(text, 0).value))
    text.remove_prefix(decodeChar(text, 0).length);
  while (step.b && !text.empty()) {
    size_t start = previousChar(text, text.size());
    if (!isWhitespace(decodeChar(text, start).value))
      break;
    text = text.substr(0, start);
  }
  out += text;
}

// What the arguments of each kind may be.

bool always(const Step &) { return true; }
bool hasPattern(const Step &step) { return step.firstSize > 0; }
bool isForm(const Step &step) { return step.a <= static_cast<uint32_t>(UnicodeForm::Nfkd); }

struct StepKind {
  Apply apply;
  Check check;
};

/// In the order of NormalizerKind.
constexpr StepKind kKinds[kNormalizerKinds] = {
    {applyForm, isForm},      {applyReplace, hasPattern},  {applyPrepend, always},
    {applyLowercase, always}, {applyStripAccents, always}, {applyStrip, always},
};

} // namespace

void appendReplaced(std::string &out, std::string_view text, std::string_view pattern,
                    std::string_view replacement) {
  size_t copied = 0;
  for (size_t found; (found = text.find(pattern, copied)) != std::string_view::npos;) {
    out += text.substr(copied, found - copied);
    out += replacement;
    copied = found + pattern.size();
  }
  out += text.substr(copied);
}

Expected<Normalizer> Normalizer::create(std::span<const Step> steps, std::string_view texts) {
  for (const Step &step : steps)
    if (step.kind >= kNormalizerKinds || !kKinds[step.kind].check(step))
      return badInput("tokenizer tables: normalizer step of kind " + std::to_string(step.kind) +
                      " is impossible");
  return Normalizer(steps, texts);
}

std::string_view Normalizer::apply(std::string_view text, std::string &buffer) const {
  // Two buffers take turns: a step reads one and fills the other.
  std::string next;
  for (const Step &step : steps) {
    next.clear();
    next.reserve(text.size() + text.size() / 8 + 16);
    kKinds[step.kind].apply(step, texts, text, next);
    buffer.swap(next);
    text = buffer;
  }
  return text;
}

} // namespace graphc
