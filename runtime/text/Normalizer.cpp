#include "runtime/text/Normalizer.h"

#include "runtime/text/CharacterRules.h"
#include "runtime/text/TokenizerTables.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/UnicodeForms.h"

namespace graphc {

namespace {

/// A step at work.
struct StepCall {
  const Step &step;
  std::string_view texts;
  const Regex *expression; ///< Of steps that have one.
  bool atStart;
  std::string_view text;
  std::string &out;

  std::string_view first() const { return firstText(step, texts); }
  std::string_view second() const { return secondText(step, texts); }
};

/// Appends the text that a step makes of `text` to `out`.
using Apply = Status (*)(const StepCall &call);
/// Are the step's arguments possible?
using Check = bool (*)(const Step &step, std::string_view texts);

Status applyForm(const StepCall &call) {
  appendNormalized(call.out, call.text, static_cast<UnicodeForm>(call.step.a));
  return {};
}

Status applyReplace(const StepCall &call) {
  appendReplaced(call.out, call.text, call.first(), call.second());
  return {};
}

Status applyPrepend(const StepCall &call) {
  auto scheme = static_cast<PrependScheme>(call.step.a);
  bool wanted = scheme == PrependScheme::Always || (scheme == PrependScheme::First && call.atStart);
  if (wanted && !call.text.empty())
    call.out += call.first();
  call.out += call.text;
  return {};
}

Status applyLowercase(const StepCall &call) {
  appendLowercase(call.out, call.text);
  return {};
}

Status applyStripAccents(const StepCall &call) {
  appendWithoutMarks(call.out, call.text, /*nonspacingOnly=*/call.step.a);
  return {};
}

Status applyStrip(const StepCall &call) {
  std::string_view text = call.text;
  while (call.step.a && !text.empty() && isWhitespace(decodeChar(text, 0).value))
    text.remove_prefix(decodeChar(text, 0).length);
  while (call.step.b && !text.empty()) {
    size_t start = previousChar(text, text.size());
    if (!isWhitespace(decodeChar(text, start).value))
      break;
    text = text.substr(0, start);
  }
  call.out += text;
  return {};
}

Status applyCharsmap(const StepCall &call) {
  GRAPHC_ASSIGN_OR_RETURN(Charsmap map, Charsmap::open(call.first()));
  appendMapped(call.out, call.text, map, static_cast<CharsmapUnit>(call.step.a));
  return {};
}

Status applyCollapseBlanks(const StepCall &call) {
  appendCollapsedBlanks(call.out, call.text);
  return {};
}

Status applyClean(const StepCall &call) {
  appendClean(call.out, call.text, static_cast<CleanRules>(call.step.a));
  return {};
}

Status applySpaceIdeographs(const StepCall &call) {
  appendSpacedIdeographs(call.out, call.text);
  return {};
}

Status applyReplacePattern(const StepCall &call) {
  size_t copied = 0;
  Status status = call.expression->forEachMatch(call.text, [&](size_t begin, size_t end) {
    call.out += call.text.substr(copied, begin - copied);
    call.out += call.second();
    copied = end;
  });
  call.out += call.text.substr(copied);
  return status;
}

// What the arguments of each kind may be.

bool always(const Step &, std::string_view) { return true; }
bool hasPattern(const Step &step, std::string_view) { return step.firstSize > 0; }
template <auto Last>
bool isUpTo(const Step &step, std::string_view) {
  return step.a <= static_cast<uint32_t>(Last);
}
bool isCharsmap(const Step &step, std::string_view texts) {
  return isUpTo<CharsmapUnit::Grapheme>(step, texts) && Charsmap::open(firstText(step, texts));
}

struct StepKind {
  Apply apply;
  Check check;
  bool hasExpression = false;
};

/// In the order of NormalizerKind.
constexpr StepKind kKinds[kNormalizerKinds] = {
    {applyForm, isUpTo<UnicodeForm::Nfkd>},
    {applyReplace, hasPattern},
    {applyPrepend, isUpTo<PrependScheme::Never>},
    {applyLowercase, always},
    {applyStripAccents, always},
    {applyStrip, always},
    {applyCharsmap, isCharsmap},
    {applyCollapseBlanks, always},
    {applyClean, isUpTo<CleanRules::Nmt>},
    {applySpaceIdeographs, always},
    {applyReplacePattern, hasPattern, /*hasExpression=*/true},
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
  Normalizer normalizer(steps, texts);
  for (const Step &step : steps) {
    if (step.kind >= kNormalizerKinds || !kKinds[step.kind].check(step, texts))
      return badInput("tokenizer tables: normalizer step of kind " + std::to_string(step.kind) +
                      " is impossible");
    std::optional<Regex> &expression = normalizer.expressions.emplace_back();
    if (kKinds[step.kind].hasExpression) {
      GRAPHC_ASSIGN_OR_RETURN(expression, Regex::compile(firstText(step, texts)));
    }
  }
  return normalizer;
}

Expected<std::string_view> Normalizer::apply(std::string_view text, bool atStart,
                                             std::string &buffer) const {
  // Two buffers take turns: a step reads one and fills the other.
  std::string next;
  for (size_t i = 0; i < steps.size(); ++i) {
    next.clear();
    next.reserve(text.size() + text.size() / 8 + 16);
    const Regex *expression = expressions[i] ? &*expressions[i] : nullptr;
    GRAPHC_RETURN_IF_ERROR(
        kKinds[steps[i].kind].apply({steps[i], texts, expression, atStart, text, next}));
    buffer.swap(next);
    text = buffer;
  }
  return text;
}

} // namespace graphc
