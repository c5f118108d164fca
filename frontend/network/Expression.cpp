#include "frontend/network/Expression.h"

#include "runtime/base/Escape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace graphc {

namespace {

constexpr size_t kMaxLength = 1000;
constexpr int kMaxDepth = 64;
constexpr std::array<std::string_view, 6> kWords = {"or", "and", "not", "true", "false", "sqrt"};

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

Expected<double> numberOf(const Quantity &value, std::string_view where) {
  if (const auto *whole = std::get_if<int64_t>(&value))
    return static_cast<double>(*whole);
  if (const auto *number = std::get_if<double>(&value))
    return *number;
  return badInput("expected a number beside '" + std::string(where) + "' but got " +
                  quantityText(value));
}

Expected<bool> flagOf(const Quantity &value, std::string_view where) {
  if (const auto *flag = std::get_if<bool>(&value))
    return *flag;
  return badInput("expected true or false beside '" + std::string(where) + "' but got " +
                  quantityText(value));
}

Expected<Quantity> finite(double value) {
  if (!std::isfinite(value))
    return badInput("the result is not a finite number");
  return Quantity(value);
}

/// `a <symbol> b` of whole numbers; nothing where the result is not whole.
Expected<Quantity> wholeResult(int64_t a, char symbol, int64_t b) {
  int64_t result = 0;
  bool overflow = symbol == '+'   ? __builtin_add_overflow(a, b, &result)
                  : symbol == '-' ? __builtin_sub_overflow(a, b, &result)
                  : symbol == '*' ? __builtin_mul_overflow(a, b, &result)
                                  : a == INT64_MIN && b == -1;
  if (overflow)
    return badInput("the result of '" + std::string(1, symbol) + "' does not fit in 64 bits");
  if (symbol == '/' && a % b != 0)
    return finite(static_cast<double>(a) / static_cast<double>(b));
  if (symbol == '/' || symbol == '%')
    result = symbol == '/' ? a / b : a % b;
  return Quantity(result);
}

Expected<Quantity> arithmetic(const Quantity &left, char symbol, const Quantity &right) {
  std::string_view where(&symbol, 1);
  GRAPHC_ASSIGN_OR_RETURN(double a, numberOf(left, where));
  GRAPHC_ASSIGN_OR_RETURN(double b, numberOf(right, where));
  if ((symbol == '/' || symbol == '%') && b == 0)
    return badInput("a division by zero");
  if (std::holds_alternative<int64_t>(left) && std::holds_alternative<int64_t>(right))
    return wholeResult(std::get<int64_t>(left), symbol, std::get<int64_t>(right));
  switch (symbol) {
  case '+':
    return finite(a + b);
  case '-':
    return finite(a - b);
  case '*':
    return finite(a * b);
  case '/':
    return finite(a / b);
  default:
    return finite(std::fmod(a, b));
  }
}

bool compare(double a, std::string_view symbol, double b) {
  return symbol == "=="   ? a == b
         : symbol == "!=" ? a != b
         : symbol == "<"  ? a < b
         : symbol == "<=" ? a <= b
         : symbol == ">"  ? a > b
                          : a >= b;
}

/// Recursive descent; every rule of the grammar is a function.
class Parser {
public:
  Parser(std::string_view text, const LookUp &lookUp) : text(text), lookUp(lookUp) {}

  Expected<Quantity> parse() {
    GRAPHC_ASSIGN_OR_RETURN(Quantity value, expression());
    skipBlanks();
    if (at < text.size())
      return unexpected("an operator or the end");
    return value;
  }

private:
  Expected<Quantity> expression() {
    return flags("or", [this] { return conjunction(); });
  }
  Expected<Quantity> conjunction() {
    return flags("and", [this] { return negation(); });
  }

  /// `part { word part }`. Both sides are evaluated: a wrong name is found whatever the other says.
  template <typename Part>
  Expected<Quantity> flags(std::string_view name, Part part) {
    GRAPHC_ASSIGN_OR_RETURN(Quantity value, part());
    while (takeWord(name)) {
      GRAPHC_ASSIGN_OR_RETURN(Quantity other, part());
      GRAPHC_ASSIGN_OR_RETURN(bool left, flagOf(value, name));
      GRAPHC_ASSIGN_OR_RETURN(bool right, flagOf(other, name));
      value = name == "or" ? left || right : left && right;
    }
    return value;
  }

  Expected<Quantity> negation() {
    bool isNegated = false, any = false;
    while (takeWord("not")) {
      isNegated = !isNegated;
      any = true;
    }
    GRAPHC_ASSIGN_OR_RETURN(Quantity value, comparison());
    if (!any)
      return value;
    GRAPHC_ASSIGN_OR_RETURN(bool flag, flagOf(value, "not"));
    return Quantity(flag != isNegated);
  }

  Expected<Quantity> comparison() {
    GRAPHC_ASSIGN_OR_RETURN(Quantity left, sum());
    for (std::string_view symbol : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!take(symbol))
        continue;
      GRAPHC_ASSIGN_OR_RETURN(Quantity right, sum());
      GRAPHC_ASSIGN_OR_RETURN(double a, numberOf(left, symbol));
      GRAPHC_ASSIGN_OR_RETURN(double b, numberOf(right, symbol));
      return Quantity(compare(a, symbol, b));
    }
    return left;
  }

  Expected<Quantity> sum() {
    return chain("+-", [this] { return product(); });
  }
  Expected<Quantity> product() {
    return chain("*/%", [this] { return sign(); });
  }

  template <typename Part>
  Expected<Quantity> chain(std::string_view symbols, Part part) {
    GRAPHC_ASSIGN_OR_RETURN(Quantity value, part());
    while (true) {
      skipBlanks();
      if (at == text.size() || symbols.find(text[at]) == std::string_view::npos)
        return value;
      char symbol = text[at++];
      GRAPHC_ASSIGN_OR_RETURN(Quantity right, part());
      GRAPHC_ASSIGN_OR_RETURN(value, arithmetic(value, symbol, right));
    }
  }

  Expected<Quantity> sign() {
    bool isNegative = false;
    while (take("-"))
      isNegative = !isNegative;
    GRAPHC_ASSIGN_OR_RETURN(Quantity value, atom());
    return isNegative ? arithmetic(int64_t(0), '-', value) : Expected<Quantity>(value);
  }

  Expected<Quantity> atom() {
    skipBlanks();
    if (take("("))
      return inBrackets();
    if (at < text.size() && (isDigit(text[at]) || text[at] == '.'))
      return number();
    if (at == text.size() || !isLetter(text[at]))
      return unexpected("a number, a name or '('");
    std::string_view name = wordHere();
    at += name.size();
    if (name == "true" || name == "false")
      return Quantity(name == "true");
    if (name == "sqrt")
      return squareRoot();
    if (!isParameterName(name))
      return badInput("expected a number, a name or '(' but got '" + std::string(name) + "'");
    return lookUp(name);
  }

  Expected<Quantity> squareRoot() {
    if (!take("("))
      return unexpected("'(' after sqrt");
    GRAPHC_ASSIGN_OR_RETURN(Quantity value, inBrackets());
    GRAPHC_ASSIGN_OR_RETURN(double number, numberOf(value, "sqrt"));
    return finite(std::sqrt(number));
  }

  /// An expression behind an opening bracket, and the closing one.
  Expected<Quantity> inBrackets() {
    if (++depth > kMaxDepth)
      return badInput("brackets nested deeper than " + std::to_string(kMaxDepth) + " levels");
    GRAPHC_ASSIGN_OR_RETURN(Quantity value, expression());
    --depth;
    if (!take(")"))
      return unexpected("')'");
    return value;
  }

  Expected<Quantity> number() {
    const char *begin = text.data() + at, *end = text.data() + text.size();
    int64_t whole = 0;
    double other = 0;
    auto [wholeEnd, wholeError] = std::from_chars(begin, end, whole);
    auto [otherEnd, otherError] = std::from_chars(begin, end, other);
    if (otherError != std::errc())
      return unexpected("a number");
    at += static_cast<size_t>(otherEnd - begin);
    if (wholeError == std::errc() && wholeEnd == otherEnd)
      return Quantity(whole);
    return finite(other);
  }

  void skipBlanks() {
    while (at < text.size() && text[at] == ' ')
      ++at;
  }

  bool take(std::string_view symbol) {
    skipBlanks();
    if (!text.substr(at).starts_with(symbol))
      return false;
    at += symbol.size();
    return true;
  }

  std::string_view wordHere() const {
    size_t end = at;
    while (end < text.size() && (isLetter(text[end]) || isDigit(text[end])))
      ++end;
    return text.substr(at, end - at);
  }

  bool takeWord(std::string_view word) {
    skipBlanks();
    if (wordHere() != word)
      return false;
    at += word.size();
    return true;
  }

  Status unexpected(const std::string &expected) const {
    std::string_view rest = text.substr(at, 20);
    return badInput("expected " + expected + " but got " +
                    (rest.empty() ? "the end" : "'" + escapeForMessage(rest) + "'"));
  }

  std::string_view text;
  const LookUp &lookUp;
  size_t at = 0;
  int depth = 0;
};

} // namespace

std::string quantityText(const Quantity &value) {
  if (const auto *flag = std::get_if<bool>(&value))
    return *flag ? "true" : "false";
  if (const auto *whole = std::get_if<int64_t>(&value))
    return std::to_string(*whole);
  std::array<char, 32> buffer;
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::get<double>(value));
  return {buffer.data(), end.ptr};
}

std::string_view quantityKind(const Quantity &value) {
  static constexpr std::array<std::string_view, 3> kKinds = {"a flag", "a whole number",
                                                             "a number"};
  return kKinds[value.index()];
}

bool isParameterName(std::string_view text) {
  return !text.empty() && isLetter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return isLetter(c) || isDigit(c); }) &&
         std::find(kWords.begin(), kWords.end(), text) == kWords.end();
}

Expected<Quantity> evaluateExpression(std::string_view text, const LookUp &lookUp) {
  if (text.size() > kMaxLength)
    return badInput("an expression of " + std::to_string(text.size()) + " characters, at most " +
                    std::to_string(kMaxLength) + " are accepted");
  Expected<Quantity> value = Parser(text, lookUp).parse();
  return value.ok()
             ? std::move(value)
             : Expected<Quantity>(value.status().withContext("'" + escapeForMessage(text) + "'"));
}

} // namespace graphc
