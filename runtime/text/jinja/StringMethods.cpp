// Methods of strings, as in Python.
#include "runtime/text/jinja/FunctionSupport.h"

#include "runtime/text/Unicode.h"
#include "runtime/text/jinja/Operations.h"
#include "runtime/text/jinja/Strings.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

using Result = Expected<Value>;

template <Side Which>
Result stripMethod(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_RETURN_IF_ERROR(context.budget.scan(self.text().size()));
  std::optional<std::string> set;
  if (arguments.has(0)) {
    GRAPHC_ASSIGN_OR_RETURN(set, stringArgument(arguments, 0));
    GRAPHC_RETURN_IF_ERROR(context.budget.use(set->size()));
  }
  return newString(context.budget, std::string(strip(self.text(), Which, set)));
}

template <std::string (*Map)(std::string_view)>
Result mapMethod(Context &context, const Value &self, const Arguments &) {
  GRAPHC_RETURN_IF_ERROR(context.budget.use(self.text().size()));
  return newString(context.budget, Map(self.text()));
}

Result newStrings(Context &context, const std::vector<std::string_view> &parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (std::string_view part : parts) {
    GRAPHC_ASSIGN_OR_RETURN(Value item, newString(context.budget, std::string(part)));
    items.push_back(std::move(item));
  }
  return newSequence(context.budget, std::move(items));
}

using SplitFunction = std::vector<std::string_view> (*)(std::string_view,
                                                        std::optional<std::string_view>, int64_t);

/// Counts the views of parts that a text is cut into at most so many times.
Status useViews(Context &context, size_t cuts, int64_t limit = -1) {
  if (limit >= 0)
    cuts = std::min(cuts, static_cast<size_t>(limit));
  return context.budget.use((cuts + 1) * sizeof(std::string_view));
}

template <SplitFunction Split>
Result splitMethod(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_RETURN_IF_ERROR(context.budget.scan(self.text().size()));
  GRAPHC_ASSIGN_OR_RETURN(int64_t limit, integerArgument(arguments, 1, -1));
  if (!arguments.has(0)) {
    GRAPHC_RETURN_IF_ERROR(useViews(context, self.text().size() / 2, limit));
    return newStrings(context, Split(self.text(), std::nullopt, limit));
  }
  GRAPHC_ASSIGN_OR_RETURN(std::string separator, stringArgument(arguments, 0));
  if (separator.empty())
    return badInput("the separator is empty");
  auto cuts = std::count(self.text().begin(), self.text().end(), separator[0]);
  GRAPHC_RETURN_IF_ERROR(useViews(context, static_cast<size_t>(cuts), limit));
  return newStrings(context, Split(self.text(), separator, limit));
}

Result splitLinesMethod(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_RETURN_IF_ERROR(context.budget.scan(self.text().size()));
  GRAPHC_RETURN_IF_ERROR(useViews(context, countLineEnds(self.text())));
  return newStrings(context, splitLines(self.text(), arguments[0].truthy()));
}

/// Of one affix, or of any of a tuple.
template <bool AtStart>
Result hasAffix(Context &context, const Value &self, const Arguments &arguments) {
  bool many = arguments[0].is(Kind::Sequence) && arguments[0].asSequence().isTuple;
  std::vector<Value> affixes = many ? arguments[0].items() : std::vector<Value>{arguments[0]};
  GRAPHC_RETURN_IF_ERROR(context.budget.use(affixes.size() * sizeof(Value)));
  for (const Value &affix : affixes) {
    if (!affix.is(Kind::String))
      return badInput("expected a string, but got " + affix.describe());
    GRAPHC_RETURN_IF_ERROR(context.budget.scan(affix.text().size()));
    if (AtStart ? self.text().starts_with(affix.text()) : self.text().ends_with(affix.text()))
      return Value::boolean(true);
  }
  return Value::boolean(false);
}

template <bool AtStart>
Result removeAffix(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::string affix, stringArgument(arguments, 0));
  const std::string &text = self.text();
  size_t rest = text.size() - std::min(text.size(), affix.size());
  if (AtStart && text.starts_with(affix))
    return newString(context.budget, text.substr(affix.size()));
  if (!AtStart && text.ends_with(affix))
    return newString(context.budget, text.substr(0, rest));
  return self;
}

Result replaceMethod(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::string old, stringArgument(arguments, 0));
  GRAPHC_ASSIGN_OR_RETURN(std::string with, stringArgument(arguments, 1));
  GRAPHC_ASSIGN_OR_RETURN(int64_t limit, integerArgument(arguments, 2, -1));
  return replaceText(context, self.text(), {old, with, limit});
}

template <bool Last>
Result findMethod(Context &context, const Value &self, const Arguments &arguments) {
  const std::string &text = self.text();
  GRAPHC_ASSIGN_OR_RETURN(std::string wanted, stringArgument(arguments, 0));
  GRAPHC_RETURN_IF_ERROR(context.budget.use(text.size() + wanted.size()));
  size_t place = Last ? findLastText(text, wanted, text.size()) : findText(text, wanted);
  if (place == std::string_view::npos)
    return Value::integer(-1);
  return Value::integer(static_cast<int64_t>(length(std::string_view(text).substr(0, place))));
}

Result countMethod(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::string wanted, stringArgument(arguments, 0));
  GRAPHC_RETURN_IF_ERROR(context.budget.use(self.text().size()));
  if (wanted.empty())
    return Value::integer(static_cast<int64_t>(length(self.text())) + 1);
  int64_t count = 0;
  for (size_t at = findText(self.text(), wanted); at != std::string_view::npos;
       at = findText(self.text(), wanted, at + wanted.size()))
    ++count;
  return Value::integer(count);
}

Result joinMethod(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, arguments[0]));
  std::string result;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is(Kind::String))
      return badInput("expected strings, but got " + items[i].describe());
    result += i ? self.text() : "";
    result += items[i].text();
    GRAPHC_RETURN_IF_ERROR(context.budget.use(self.text().size() + items[i].text().size()));
  }
  return newString(context.budget, std::move(result));
}

/// Is the text not empty and each of its characters of a class?
template <bool (*Holds)(char32_t)>
Result allOf(Context &context, const Value &self, const Arguments &) {
  GRAPHC_RETURN_IF_ERROR(context.budget.use(self.text().size()));
  const std::string &text = self.text();
  for (size_t i = 0; i < text.size();) {
    DecodedChar c = decodeChar(text, i);
    if (!Holds(c.value))
      return Value::boolean(false);
    i += c.length;
  }
  return Value::boolean(!text.empty());
}

bool isLetter(char32_t c) { return classify(c) == CharClass::Letter; }
bool isDigit(char32_t c) { return classify(c) == CharClass::Number; }
bool isLetterOrDigit(char32_t c) { return isLetter(c) || isDigit(c); }

template <bool (*Holds)(std::string_view)>
Result testCase(Context &context, const Value &self, const Arguments &) {
  GRAPHC_RETURN_IF_ERROR(context.budget.use(self.text().size()));
  return Value::boolean(Holds(self.text()));
}

constexpr Function kMethods[] = {
    {"strip", "chars?", stripMethod<Side::Both>},
    {"lstrip", "chars?", stripMethod<Side::Left>},
    {"rstrip", "chars?", stripMethod<Side::Right>},
    {"lower", "", mapMethod<lower>},
    {"upper", "", mapMethod<upper>},
    {"capitalize", "", mapMethod<capitalize>},
    {"title", "", mapMethod<title>},
    {"split", "sep? maxsplit?", splitMethod<split>},
    {"rsplit", "sep? maxsplit?", splitMethod<splitLast>},
    {"splitlines", "keepends?", splitLinesMethod},
    {"startswith", "prefix", hasAffix<true>},
    {"endswith", "suffix", hasAffix<false>},
    {"removeprefix", "prefix", removeAffix<true>},
    {"removesuffix", "suffix", removeAffix<false>},
    {"replace", "old new count?", replaceMethod},
    {"find", "sub", findMethod<false>},
    {"rfind", "sub", findMethod<true>},
    {"count", "sub", countMethod},
    {"join", "iterable", joinMethod},
    {"isalpha", "", allOf<isLetter>},
    {"isdigit", "", allOf<isDigit>},
    {"isalnum", "", allOf<isLetterOrDigit>},
    {"isspace", "", allOf<isSpace>},
    {"islower", "", testCase<isLower>},
    {"isupper", "", testCase<isUpper>},
};

} // namespace

FunctionTable stringMethods() { return kMethods; }

} // namespace graphc::jinja
