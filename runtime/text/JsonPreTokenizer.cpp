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

/// A fixed string, or an expression that a scanner knows.
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
  std::optional<ScannerId> scanner = findScanner(pattern.text);
  if (!scanner)
    return unsupported(fields.place() + ".pattern: the regular expression\n" +
                       escapeForMessage(pattern.text, 2000) + "\nis not supported; supported:\n" +
                       knownPatterns());
  context.spec.preTokenizer.push_back(
      makeStep(PreTokenizerKind::Pattern, static_cast<uint32_t>(*scanner), settings));
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

Status readWhitespaceSplit(const JsonFields &, StepContext &context) {
  context.spec.preTokenizer.push_back(
      makeStep(PreTokenizerKind::Whitespace, 0, behavior(SplitBehavior::Removed)));
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
    {"Metaspace", beforeByteLevel<readMetaspace>},
};

} // namespace

Status readPreTokenizer(const Json *value, const std::string &place, TokenizerSpec &spec) {
  StepContext context{spec};
  return value ? readSteps(*value, place, "pretokenizers", kPreTokenizers, context) : Status();
}

} // namespace graphc
