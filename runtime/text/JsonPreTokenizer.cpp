#include "runtime/text/JsonStepReader.h"
#include "runtime/text/JsonSteps.h"
#include "runtime/text/Scanners.h"

namespace graphc {

namespace {

Expected<uint32_t> readBehavior(const JsonFields &fields, const std::string &otherwise) {
  static constexpr const char *kNames[kSplitBehaviors] = {
      "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
  GRAPHC_ASSIGN_OR_RETURN(std::string name, fields.stringOr("behavior", otherwise));
  for (uint32_t i = 0; i < kSplitBehaviors; ++i)
    if (name == kNames[i])
      return i;
  return fields.wrong("behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext or "
                                  "Contiguous");
}

uint32_t behavior(SplitBehavior value) { return static_cast<uint32_t>(value); }

/// A fixed string, or an expression: by its scanner, or else by PCRE2.
Status readSplit(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(Pattern pattern, readPattern(fields));
  GRAPHC_ASSIGN_OR_RETURN(uint32_t settings, readBehavior(fields, ""));
  GRAPHC_ASSIGN_OR_RETURN(bool invert, fields.booleanOr("invert", false));
  settings |= invert ? kSplitInverted : 0;
  if (!pattern.isRegex) {
    context.spec.preTokenizer.push_back(makeStep(PreTokenizerKind::Literal, 0, settings));
    context.spec.preTokenizer.back().first = pattern.text;
    return {};
  }
  if (!findScanner(pattern.text))
    GRAPHC_RETURN_IF_ERROR(checkRegex(fields, pattern));
  context.spec.preTokenizer.push_back(makePatternStep(pattern.text, settings));
  return {};
}

/// ByteLevel is up to two steps and, for the model, the alphabet of bytes.
Status readByteLevel(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(bool prefixSpace, fields.booleanOr("add_prefix_space", true));
  GRAPHC_ASSIGN_OR_RETURN(bool useRegex, fields.booleanOr("use_regex", true));
  if (prefixSpace)
    context.spec.preTokenizer.push_back(makeStep(PreTokenizerKind::PrefixSpace));
  if (useRegex)
    context.spec.preTokenizer.push_back(makeStep(PreTokenizerKind::Pattern,
                                                 static_cast<uint32_t>(ScannerId::Gpt2),
                                                 behavior(SplitBehavior::Isolated)));
  context.spec.byteLevel = true;
  return {};
}

Status readDigits(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(bool individual, fields.booleanOr("individual_digits", false));
  SplitBehavior value = individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous;
  context.spec.preTokenizer.push_back(makeStep(PreTokenizerKind::Digits, 0, behavior(value)));
  return {};
}

Status readPunctuation(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(uint32_t settings, readBehavior(fields, "Isolated"));
  context.spec.preTokenizer.push_back(makeStep(PreTokenizerKind::Punctuation, 0, settings));
  return {};
}

void addClassStep(StepContext &context, PreTokenizerKind kind, SplitBehavior value) {
  context.spec.preTokenizer.push_back(makeStep(kind, 0, behavior(value)));
}

Status readWhitespaceSplit(const JsonFields &, StepContext &context) {
  addClassStep(context, PreTokenizerKind::Whitespace, SplitBehavior::Removed);
  return {};
}

/// \w+|[^\w\s]+
Status readWhitespace(const JsonFields &, StepContext &context) {
  addClassStep(context, PreTokenizerKind::Whitespace, SplitBehavior::Removed);
  addClassStep(context, PreTokenizerKind::WordChars, SplitBehavior::Contiguous);
  return {};
}

Status readBert(const JsonFields &, StepContext &context) {
  addClassStep(context, PreTokenizerKind::Whitespace, SplitBehavior::Removed);
  addClassStep(context, PreTokenizerKind::Punctuation, SplitBehavior::Isolated);
  return {};
}

Status readDelimiterSplit(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(std::string delimiter, fields.string("delimiter"));
  if (delimiter.empty())
    return fields.wrong("delimiter", "a character");
  addClassStep(context, PreTokenizerKind::Literal, SplitBehavior::Removed);
  context.spec.preTokenizer.back().first = delimiter;
  return {};
}

Status readMetaspace(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(PrependScheme scheme, readPrependScheme(fields));
  GRAPHC_ASSIGN_OR_RETURN(bool split, fields.booleanOr("split", true));
  StepSpec step = makeStep(PreTokenizerKind::Metaspace, static_cast<uint32_t>(scheme), split);
  GRAPHC_ASSIGN_OR_RETURN(step.first, readMetaspaceCharacter(fields));
  context.spec.preTokenizer.push_back(step);
  return {};
}

/// Steps after ByteLevel would see its alphabet in place of the text.
template <ReadStep Read>
Status beforeByteLevel(const JsonFields &fields, StepContext &context) {
  if (context.spec.byteLevel)
    return unsupported(fields.place() + ": a step after ByteLevel is not supported");
  return Read(fields, context);
}

constexpr StepReader kPreTokenizers[] = {
    {"ByteLevel", beforeByteLevel<readByteLevel>},
    {"Split", beforeByteLevel<readSplit>},
    {"Digits", beforeByteLevel<readDigits>},
    {"Punctuation", beforeByteLevel<readPunctuation>},
    {"WhitespaceSplit", beforeByteLevel<readWhitespaceSplit>},
    {"Whitespace", beforeByteLevel<readWhitespace>},
    {"BertPreTokenizer", beforeByteLevel<readBert>},
    {"CharDelimiterSplit", beforeByteLevel<readDelimiterSplit>},
    {"Metaspace", beforeByteLevel<readMetaspace>},
};

} // namespace

Status readPreTokenizer(const Json *value, const std::string &place, TokenizerSpec &spec) {
  StepContext context{spec};
  return value ? readSteps(*value, place, "pretokenizers", kPreTokenizers, context) : Status();
}

} // namespace graphc
