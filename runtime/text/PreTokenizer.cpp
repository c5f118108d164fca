#include "runtime/text/PreTokenizer.h"

#include "runtime/text/Normalizer.h"
#include "runtime/text/Scanners.h"
#include "runtime/text/SplitBehavior.h"
#include "runtime/text/TokenizerTables.h"
#include "runtime/text/Unicode.h"

#include <algorithm>
#include <string>

namespace graphc {

namespace {

/// A step at work: what it may use, and where its words go.
struct StepCall {
  const PreTokenizer &program;
  const Step &step;
  size_t index;
  std::string_view text;
  bool atStart;
  const PreTokenizer::Target &target;

  std::string_view first() const { return firstText(step, program.stepTexts()); }

  /// Hands a word to the next step. `whole` is the text that it is a part of.
  void pass(std::string_view word, std::string_view whole) const {
    program.run(index + 1, word, atStart && word.data() == whole.data(), target);
  }
};

using Apply = void (*)(const StepCall &call);
/// Are the step's arguments possible?
using Check = bool (*)(const Step &step);

/// Calls `split(splitter)` with a splitter that passes its words on.
template <typename Split>
void splitAndPass(const StepCall &call, std::string_view text, SplitBehavior behavior,
                  Split split) {
  auto emit = [&](std::string_view word) { call.pass(word, text); };
  Splitter<decltype(emit)> splitter(behavior, emit);
  split(splitter);
  splitter.finish();
}

/// The behaviour in a step's settings, without the bit for inversion.
SplitBehavior behaviorOf(const Step &step) { return static_cast<SplitBehavior>(step.b & 0xFF); }

/// Splits with a scanner.
void applyPattern(const StepCall &call) {
  Scanner scan = scannerOf(static_cast<ScannerId>(call.step.a));
  // Every character belongs to a match, and matches are the separators unless inverted.
  bool separator = !(call.step.b & kSplitInverted);
  splitAndPass(call, call.text, behaviorOf(call.step), [&](auto &splitter) {
    for (size_t position = 0; position < call.text.size();) {
      size_t end = scan(call.text, position);
      splitter.part(call.text.substr(position, end - position), separator);
      position = end;
    }
  });
}

/// Splits at each occurrence of `literal`.
template <typename Splitter>
void splitAtLiteral(Splitter &splitter, std::string_view text, std::string_view literal,
                    bool inverted) {
  size_t position = 0;
  while (position < text.size()) {
    size_t found = std::min(text.find(literal, position), text.size());
    splitter.part(text.substr(position, found - position), inverted);
    splitter.part(text.substr(found, literal.size()), !inverted);
    position = found + literal.size();
  }
}

void applyLiteral(const StepCall &call) {
  splitAndPass(call, call.text, behaviorOf(call.step), [&](auto &splitter) {
    splitAtLiteral(splitter, call.text, call.first(), call.step.b & kSplitInverted);
  });
}

/// Splits at each character of a class.
template <bool (*IsSeparator)(char32_t)>
void applyClass(const StepCall &call) {
  bool inverted = call.step.b & kSplitInverted;
  splitAndPass(call, call.text, behaviorOf(call.step), [&](auto &splitter) {
    size_t start = 0; // Of the text between separators.
    for (size_t position = 0; position < call.text.size();) {
      DecodedChar c = decodeChar(call.text, position);
      if (IsSeparator(c.value)) {
        splitter.part(call.text.substr(start, position - start), inverted);
        splitter.part(call.text.substr(position, c.length), !inverted);
        start = position + c.length;
      }
      position += c.length;
    }
    splitter.part(call.text.substr(start), inverted);
  });
}

/// Splits at the matches of an expression. An empty one is a place to split at.
void applyRegex(const StepCall &call) {
  bool inverted = call.step.b & kSplitInverted;
  splitAndPass(call, call.text, behaviorOf(call.step), [&](auto &splitter) {
    size_t start = 0; // Of the text between separators.
    Status status =
        call.program.expression(call.index)->forEachMatch(call.text, [&](size_t begin, size_t end) {
          splitter.part(call.text.substr(start, begin - start), inverted);
          if (begin == end)
            splitter.finish();
          splitter.part(call.text.substr(begin, end - begin), !inverted);
          start = end;
        });
    splitter.part(call.text.substr(start), inverted);
    if (!status.ok())
      call.target.status = std::move(status);
  });
}

/// Works on a copy of the text, which lives until all steps after it are through with its words.
void applyMetaspace(const StepCall &call) {
  std::string_view separator = call.first();
  std::string text;
  appendReplaced(text, call.text, " ", separator);
  auto scheme = static_cast<PrependScheme>(call.step.a);
  bool prepend =
      scheme == PrependScheme::Always || (scheme == PrependScheme::First && call.atStart);
  if (prepend && !text.starts_with(separator))
    text.insert(0, separator);
  if (!call.step.b)
    return call.pass(text, text);
  splitAndPass(call, text, SplitBehavior::MergedWithNext,
               [&](auto &splitter) { splitAtLiteral(splitter, text, separator, false); });
}

void applyPrefixSpace(const StepCall &call) {
  if (call.text.starts_with(' '))
    return call.pass(call.text, call.text);
  std::string text;
  text.reserve(call.text.size() + 1);
  text += ' ';
  text += call.text;
  call.pass(text, text);
}

// What the arguments of each kind may be.

bool hasSettings(const Step &step) { return (step.b & ~kSplitInverted) < kSplitBehaviors; }
bool isPattern(const Step &step) { return step.a < kScanners && hasSettings(step); }
bool isLiteral(const Step &step) { return step.firstSize > 0 && hasSettings(step); }
bool isMetaspace(const Step &step) { return step.firstSize > 0 && step.a < kPrependSchemes; }
bool always(const Step &) { return true; }

struct StepKind {
  Apply apply;
  Check check;
  bool hasExpression = false;
};

/// In the order of PreTokenizerKind.
constexpr StepKind kKinds[kPreTokenizerKinds] = {
    {applyPattern, isPattern},
    {applyLiteral, isLiteral},
    {applyClass<isNumeric>, hasSettings},
    {applyClass<isPunctuation>, hasSettings},
    {applyClass<isWhitespace>, hasSettings},
    {applyMetaspace, isMetaspace},
    {applyPrefixSpace, always},
    {applyClass<isWordChar>, hasSettings},
    {applyRegex, isLiteral, /*hasExpression=*/true},
};

} // namespace

Expected<PreTokenizer> PreTokenizer::create(std::span<const Step> steps, std::string_view texts) {
  PreTokenizer program(steps, texts);
  for (const Step &step : steps) {
    if (step.kind >= kPreTokenizerKinds || !kKinds[step.kind].check(step))
      return badInput("tokenizer tables: pre-tokenizer step of kind " + std::to_string(step.kind) +
                      " is impossible");
    std::optional<Regex> &expression = program.expressions.emplace_back();
    if (kKinds[step.kind].hasExpression) {
      GRAPHC_ASSIGN_OR_RETURN(expression, Regex::compile(firstText(step, texts)));
    }
  }
  return program;
}

void PreTokenizer::run(size_t index, std::string_view text, bool atStart,
                       const Target &target) const {
  if (index == steps.size())
    return target.sink.word(text);
  const Step &step = steps[index];
  kKinds[step.kind].apply({*this, step, index, text, atStart, target});
}

} // namespace graphc
