// Filters of texts and numbers.
#include "runtime/text/jinja/FunctionSupport.h"

#include "runtime/text/jinja/Operations.h"
#include "runtime/text/jinja/Strings.h"
#include "runtime/text/jinja/ValueText.h"

#include <charconv>
#include <cmath>

namespace graphc::jinja {

namespace {

using Result = Expected<Value>;

/// Most blanks of a level of an indentation.
constexpr int64_t kMaxIndent = 1000;

/// How much longer a filter may make a text: a character becomes an entity of HTML.
constexpr size_t kMostGrowth = 5;

template <std::string (*Map)(std::string_view)>
Result mapText(Context &context, const Value &self, const Arguments &) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, toText(context.budget, self));
  GRAPHC_RETURN_IF_ERROR(context.budget.couldUse(text.size() * kMostGrowth));
  return newString(context.budget, Map(text));
}

Result stringFilter(Context &context, const Value &self, const Arguments &) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, toText(context.budget, self));
  return newString(context.budget, std::move(text));
}

Result trim(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, toText(context.budget, self));
  std::optional<std::string> set;
  if (arguments.has(0)) {
    GRAPHC_ASSIGN_OR_RETURN(set, stringArgument(arguments, 0));
  }
  return newString(context.budget, std::string(strip(text, Side::Both, set)));
}

Result replaceFilter(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, toText(context.budget, self));
  GRAPHC_ASSIGN_OR_RETURN(std::string old, toText(context.budget, arguments[0]));
  GRAPHC_ASSIGN_OR_RETURN(std::string with, toText(context.budget, arguments[1]));
  GRAPHC_ASSIGN_OR_RETURN(int64_t limit, integerArgument(arguments, 2, -1));
  return replaceText(context, text, {old, with, limit});
}

std::string escapeHtml(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&#34;";
    else if (c == '\'')
      result += "&#39;";
    else
      result += c;
  }
  return result;
}

/// Large letters where a word begins, as jinja tells words apart.
std::string titleWords(std::string_view text) {
  std::string result;
  size_t start = 0;
  auto isSeparator = [](char c) {
    return isSpace(static_cast<unsigned char>(c)) ||
           std::string_view("-({[<").find(c) != std::string_view::npos;
  };
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !isSeparator(text[i]))
      continue;
    result += capitalize(text.substr(start, i - start));
    if (i < text.size())
      result += text[i];
    start = i + 1;
  }
  return result;
}

/// A number of blanks, or the text itself.
Expected<std::string> indentation(const Value &value) {
  if (value.is(Kind::String))
    return value.text();
  if (!value.isIntegral() || value.asInteger() > kMaxIndent)
    return badInput("expected an indentation of at most " + std::to_string(kMaxIndent) +
                    " blanks or a string, but got " + value.describe());
  return std::string(static_cast<size_t>(std::max<int64_t>(value.asInteger(), 0)), ' ');
}

Result indent(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, toText(context.budget, self));
  GRAPHC_ASSIGN_OR_RETURN(std::string blanks,
                          indentation(arguments.has(0) ? arguments[0] : Value::integer(4)));
  bool first = arguments[1].truthy(), blank = arguments[2].truthy();
  text += '\n';
  GRAPHC_RETURN_IF_ERROR(
      context.budget.use(text.size() + countLineEnds(text) * sizeof(std::string_view)));
  std::vector<std::string_view> lines = splitLines(text, false);
  std::string result = first ? blanks : "";
  for (size_t i = 0; i < lines.size(); ++i) {
    GRAPHC_RETURN_IF_ERROR(context.budget.use(lines[i].size() + blanks.size() + 1));
    result += i ? "\n" : "";
    result += i && (blank || !lines[i].empty()) ? blanks : "";
    result += lines[i];
  }
  return newString(context.budget, std::move(result));
}

Result toJsonFilter(Context &context, const Value &self, const Arguments &arguments) {
  JsonStyle style{.ascii = arguments[0].truthy(), .sortKeys = arguments[3].truthy()};
  if (arguments.has(1)) {
    GRAPHC_ASSIGN_OR_RETURN(style.indent, indentation(arguments[1]));
    style.itemSeparator = ",";
  }
  if (arguments.has(2)) {
    GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> pair, itemsOf(context.budget, arguments[2]));
    if (pair.size() != 2 || !pair[0].is(Kind::String) || !pair[1].is(Kind::String))
      return badInput("expected two strings as separators, but got " + arguments[2].describe());
    style.itemSeparator = pair[0].text();
    style.keySeparator = pair[1].text();
  }
  GRAPHC_ASSIGN_OR_RETURN(std::string text, toJson(context.budget, self, style));
  return newString(context.budget, std::move(text));
}

Result defaultFilter(Context &, const Value &self, const Arguments &arguments) {
  bool absent = self.is(Kind::Undefined) || (arguments[1].truthy() && !self.truthy());
  if (!absent)
    return self;
  return arguments[0].is(Kind::Undefined) ? Value::string("") : arguments[0];
}

Result lengthFilter(Context &context, const Value &self, const Arguments &) {
  GRAPHC_ASSIGN_OR_RETURN(int64_t length, lengthOf(context.budget, self));
  return Value::integer(length);
}

//===- Numbers -------------------------------------------------------------===//

/// The number that a text is; nothing when it is none.
template <typename T>
std::optional<T> parseNumber(std::string_view text, std::errc &error) {
  text = strip(text, Side::Both);
  if (text.starts_with('+') && !text.substr(1).starts_with('-'))
    text.remove_prefix(1);
  T value{};
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  error = code;
  if (text.empty() || end != text.data() + text.size() || code != std::errc())
    return std::nullopt;
  return value;
}

std::optional<double> floatOf(const Value &value) {
  std::errc error{};
  if (value.isNumber())
    return value.asNumber();
  return value.is(Kind::String) ? parseNumber<double>(value.text(), error) : std::nullopt;
}

Result floatFilter(Context &, const Value &self, const Arguments &arguments) {
  if (std::optional<double> value = floatOf(self))
    return Value::number(*value);
  return arguments[0].is(Kind::Undefined) ? Value::number(0) : arguments[0];
}

Result intFilter(Context &, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(int64_t base, integerArgument(arguments, 1, 10));
  if (base != 10)
    return unsupported("expected base 10, but got " + std::to_string(base));
  if (self.isIntegral())
    return Value::integer(self.asInteger());
  std::errc error{};
  if (self.is(Kind::String)) {
    if (std::optional<int64_t> value = parseNumber<int64_t>(self.text(), error))
      return Value::integer(*value);
    if (error == std::errc::result_out_of_range)
      return badInput("the number does not fit 64 bits");
  }
  std::optional<double> value = floatOf(self);
  if (value && std::isfinite(*value)) {
    if (std::fabs(*value) >= 0x1p63)
      return badInput("the number does not fit 64 bits");
    return Value::integer(static_cast<int64_t>(*value));
  }
  return arguments[0].is(Kind::Undefined) ? Value::integer(0) : arguments[0];
}

Result absFilter(Context &, const Value &self, const Arguments &) {
  if (!self.isNumber())
    return badInput("expected a number, but got " + self.describe());
  if (self.asNumber() < 0)
    return negate(self);
  return self.is(Kind::Float) ? self : Value::integer(self.asInteger());
}

/// To the nearest number with so many digits behind the point, halves to the even one.
double roundToDigits(double value, int digits) {
  char buffer[512];
  auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed, digits);
  std::from_chars(buffer, end.ptr, value);
  return value;
}

Result roundFilter(Context &, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(int64_t digits, integerArgument(arguments, 0, 0));
  if (!self.isNumber() || digits < 0 || digits > 100)
    return badInput("expected a number and 0 to 100 digits, but got " + self.describe() + " and " +
                    std::to_string(digits));
  std::string method = "common";
  if (arguments.has(1)) {
    GRAPHC_ASSIGN_OR_RETURN(method, stringArgument(arguments, 1));
  }
  double scale = std::pow(10.0, static_cast<double>(digits));
  if (method == "ceil")
    return Value::number(std::ceil(self.asNumber() * scale) / scale);
  if (method == "floor")
    return Value::number(std::floor(self.asNumber() * scale) / scale);
  if (method != "common")
    return badInput("expected 'common', 'ceil' or 'floor', but got another method");
  if (self.isIntegral())
    return Value::integer(self.asInteger());
  return Value::number(std::isfinite(self.asNumber())
                           ? roundToDigits(self.asNumber(), static_cast<int>(digits))
                           : self.asNumber());
}

constexpr Function kFilters[] = {
    {"trim", "chars?", trim},
    {"upper", "", mapText<upper>},
    {"lower", "", mapText<lower>},
    {"capitalize", "", mapText<capitalize>},
    {"title", "", mapText<titleWords>},
    {"escape", "", mapText<escapeHtml>},
    {"e", "", mapText<escapeHtml>},
    {"string", "", stringFilter},
    {"safe", "", stringFilter},
    {"replace", "old new count?", replaceFilter},
    {"indent", "width? first? blank?", indent},
    {"tojson", "ensure_ascii? indent? separators? sort_keys?", toJsonFilter},
    {"default", "default_value? boolean?", defaultFilter},
    {"d", "default_value? boolean?", defaultFilter},
    {"length", "", lengthFilter},
    {"count", "", lengthFilter},
    {"int", "default? base?", intFilter},
    {"float", "default?", floatFilter},
    {"abs", "", absFilter},
    {"round", "precision? method?", roundFilter},
};

} // namespace

FunctionTable textFilters() { return kFilters; }

} // namespace graphc::jinja
