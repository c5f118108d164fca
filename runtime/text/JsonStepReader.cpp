#include "runtime/text/JsonStepReader.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"
#include "runtime/text/Regex.h"

namespace graphc {

static std::string listTypes(std::span<const StepReader> readers) {
  return "Sequence, " + listText(readers, &StepReader::type);
}

Status readSteps(const Json &value, const std::string &place, const char *listKey,
                 std::span<const StepReader> readers, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(JsonFields fields, JsonFields::of(value, place));
  GRAPHC_ASSIGN_OR_RETURN(std::string type, fields.string("type"));
  if (type == "Sequence") {
    GRAPHC_ASSIGN_OR_RETURN(const Json *list, fields.array(listKey));
    for (size_t i = 0; i < list->size(); ++i)
      GRAPHC_RETURN_IF_ERROR(readSteps((*list)[i],
                                       place + "." + listKey + "[" + std::to_string(i) + "]",
                                       listKey, readers, context));
    return {};
  }
  for (const StepReader &reader : readers)
    if (type == reader.type)
      return reader.read(fields, context);
  return unsupported(place + ".type: '" + escapeForMessage(type) +
                     "' is not supported; supported: " + listTypes(readers));
}

Expected<Pattern> readPattern(const JsonFields &fields) {
  GRAPHC_ASSIGN_OR_RETURN(JsonFields pattern, fields.object("pattern"));
  bool isRegex = pattern.has("Regex");
  GRAPHC_ASSIGN_OR_RETURN(std::string text, pattern.string(isRegex ? "Regex" : "String"));
  if (text.empty())
    return pattern.wrong(isRegex ? "Regex" : "String", "a pattern that is not empty");
  return Pattern{text, isRegex};
}

Status checkRegex(const JsonFields &fields, const Pattern &pattern) {
  return Regex::compile(pattern.text).status().withContext(fields.place() + ".pattern");
}

Expected<StepSpec> readReplace(const JsonFields &fields, uint32_t literalKind,
                               std::optional<uint32_t> regexKind) {
  GRAPHC_ASSIGN_OR_RETURN(Pattern pattern, readPattern(fields));
  if (pattern.isRegex && !regexKind)
    return unsupported(fields.place() + ".pattern: Replace of the regular expression '" +
                       escapeForMessage(pattern.text, 400) +
                       "' is not supported; supported: fixed strings");
  if (pattern.isRegex)
    GRAPHC_RETURN_IF_ERROR(checkRegex(fields, pattern));
  StepSpec step = makeStep(pattern.isRegex ? *regexKind : literalKind);
  GRAPHC_ASSIGN_OR_RETURN(step.second, fields.string("content"));
  step.first = pattern.text;
  return step;
}

Expected<std::string> readMetaspaceCharacter(const JsonFields &fields) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, fields.string("replacement"));
  if (text.empty())
    return fields.wrong("replacement", "a character");
  return text;
}

Expected<PrependScheme> readPrependScheme(const JsonFields &fields) {
  GRAPHC_ASSIGN_OR_RETURN(bool prefixSpace, fields.booleanOr("add_prefix_space", true));
  GRAPHC_ASSIGN_OR_RETURN(std::string scheme,
                          fields.stringOr("prepend_scheme", prefixSpace ? "always" : "never"));
  if (scheme == "always")
    return PrependScheme::Always;
  if (scheme == "first")
    return PrependScheme::First;
  if (scheme == "never")
    return PrependScheme::Never;
  return fields.wrong("prepend_scheme", "always, first or never");
}

} // namespace graphc
