#include "runtime/text/jinja/Template.h"

#include "runtime/text/Unicode.h"
#include "runtime/text/jinja/Evaluator.h"
#include "runtime/text/jinja/Lexer.h"
#include "runtime/text/jinja/Parser.h"

#include <algorithm>

namespace graphc::jinja {

/// The line of the first byte that is not UTF-8, or 0.
static int findInvalidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    DecodedChar c = decodeChar(text, i);
    if (!c.valid)
      return 1 + static_cast<int>(
                     std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(i), '\n'));
    i += c.length;
  }
  return 0;
}

Expected<Template> Template::parse(std::string_view source, std::string name,
                                   const Limits &limits) {
  if (source.size() > limits.templateBytes)
    return badInput(name + ": expected a template of at most " +
                    std::to_string(limits.templateBytes) + " bytes, but got " +
                    std::to_string(source.size()));
  if (int line = findInvalidUtf8(source))
    return badInput(name + ":" + std::to_string(line) + ": expected UTF-8, but got other bytes");
  std::string text = normalizeLineEnds(source);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Token> tokens, tokenize(text, name));
  GRAPHC_ASSIGN_OR_RETURN(Block body, parseTemplate(tokens, name, limits));
  return Template(std::move(body), std::move(name), limits);
}

Expected<std::string> Template::render(const Value &variables, std::time_t now) const {
  if (!variables.is(Kind::Mapping))
    return usageError("expected a mapping of variables, but got " + variables.describe());
  Evaluator evaluator(variables.asMapping(), limits, now);
  Expected<std::string> text = evaluator.render(body);
  if (text)
    return text;
  return text.status().withContext(name + ":" + std::to_string(evaluator.failureLine()));
}

} // namespace graphc::jinja
