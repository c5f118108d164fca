#include "runtime/text/jinja/FunctionSupport.h"

#include "runtime/text/jinja/Operations.h"
#include "runtime/text/jinja/Strings.h"

#include <algorithm>
#include <charconv>

namespace graphc::jinja {

Expected<std::string> stringArgument(const Arguments &arguments, size_t index) {
  const Value &value = arguments[index];
  if (value.is(Kind::String))
    return value.text();
  return badInput("expected a string as argument " + std::to_string(index + 1) + ", but got " +
                  value.describe());
}

Expected<int64_t> integerArgument(const Arguments &arguments, size_t index, int64_t otherwise) {
  if (!arguments.has(index))
    return otherwise;
  const Value &value = arguments[index];
  if (value.isIntegral())
    return value.asInteger();
  return badInput("expected an integer as argument " + std::to_string(index + 1) + ", but got " +
                  value.describe());
}

Expected<Value> replaceText(Context &context, const std::string &text,
                            const Replacement &replacement) {
  GRAPHC_RETURN_IF_ERROR(context.budget.scan(text.size() + replacement.old.size()));
  std::optional<std::string> result =
      replace(text, replacement.old, replacement.with, replacement.limit, context.budget.left());
  if (!result)
    return context.budget.use(SIZE_MAX);
  return newString(context.budget, *std::move(result));
}

Expected<Value> itemPairs(Context &context, const Value &mapping) {
  std::vector<Value> pairs;
  for (const Entry &entry : mapping.asMapping().entries) {
    GRAPHC_ASSIGN_OR_RETURN(Value key, newString(context.budget, entry.first));
    GRAPHC_ASSIGN_OR_RETURN(
        Value pair, newSequence(context.budget, {std::move(key), entry.second}, /*tuple=*/true));
    pairs.push_back(std::move(pair));
  }
  return newSequence(context.budget, std::move(pairs));
}

Expected<Value> attributeAt(Context &context, const Value &value, const Value &path) {
  if (!path.is(Kind::String))
    return subscript(context.budget, value, path);
  Value result = value;
  for (std::string_view part : split(path.text(), ".", -1)) {
    int64_t index = 0;
    const char *end = part.data() + part.size();
    bool isIndex = std::from_chars(part.data(), end, index).ptr == end && !part.empty();
    Value key = isIndex ? Value::integer(index) : Value::string(std::string(part));
    GRAPHC_ASSIGN_OR_RETURN(result, subscript(context.budget, result, key));
  }
  return result;
}

Expected<Value> sortKey(Context &context, const Value &value, const Value &path,
                        bool caseSensitive) {
  Value key = value;
  if (!path.is(Kind::Undefined) && !path.is(Kind::None)) {
    GRAPHC_ASSIGN_OR_RETURN(key, attributeAt(context, value, path));
  }
  if (caseSensitive || !key.is(Kind::String))
    return key;
  GRAPHC_RETURN_IF_ERROR(context.budget.use(key.text().size()));
  return newString(context.budget, lower(key.text()));
}

} // namespace graphc::jinja
