#include "runtime/text/jinja/Lexer.h"

#include "runtime/base/Escape.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/jinja/StringLiteral.h"
#include "runtime/text/jinja/Strings.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

/// Longest first.
constexpr std::string_view kOperators[] = {"==", "!=", ">=", "<=", "//", "**", "+", "-", "/",
                                           "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                           ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) { return c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

class Lexer {
public:
  Lexer(std::string_view source, const std::string &name) : source(source), name(name) {}

  Expected<std::vector<Token>> run();

private:
  // Tags of each kind; `position` is behind their sign.
  Status comment(int firstLine);
  Status raw(size_t textStart);
  Status tag(bool block);

  Status token();
  Status number();
  Status string();
  Status bracket(char c);

  /// Skips a tag's end at the position: "%}" with its sign and the white space that goes with it.
  bool skipEnd(std::string_view end, bool trims);
  /// Length of `{%- word -%}` at a position in any spelling of its blanks, up to the end's sign.
  size_t matchTag(size_t at, std::string_view word) const;
  void skipSpaces();
  void addText(std::string_view text, char sign, bool strips);
  void add(TokenKind kind, std::string text) { tokens.push_back({kind, std::move(text), line()}); }

  bool at(std::string_view text) const { return source.substr(position).starts_with(text); }
  char signAt(size_t place) const {
    char c = place < source.size() ? source[place] : 0;
    return c == '-' || c == '+' ? c : 0;
  }
  /// Of the position. Positions only grow.
  int line() {
    size_t until = std::min(position, source.size());
    lineNumber +=
        static_cast<int>(std::count(source.begin() + static_cast<ptrdiff_t>(counted),
                                    source.begin() + static_cast<ptrdiff_t>(until), '\n'));
    counted = until;
    return lineNumber;
  }
  Status fail(int where, const std::string &what) const {
    return badInput(name + ":" + std::to_string(where) + ": " + what);
  }

  std::string_view source;
  const std::string &name;
  std::vector<Token> tokens;
  std::string brackets; ///< Those that are open.
  size_t position = 0, counted = 0;
  int lineNumber = 1;
};

size_t findTag(std::string_view source, size_t from) {
  for (size_t at = source.find('{', from); at != std::string_view::npos;
       at = source.find('{', at + 1))
    if (at + 1 < source.size() &&
        std::string_view("%#{").find(source[at + 1]) != std::string_view::npos)
      return at;
  return std::string_view::npos;
}

Expected<std::vector<Token>> Lexer::run() {
  while (position < source.size()) {
    size_t begin = findTag(source, position);
    if (begin == std::string_view::npos) {
      add(TokenKind::Text, std::string(source.substr(position)));
      break;
    }
    char kind = source[begin + 1];
    char sign = signAt(begin + 2);
    addText(source.substr(position, begin - position), sign, kind != '{');
    position = begin;
    int firstLine = line();
    position = begin + 2 + (sign != 0);
    if (kind == '#') {
      GRAPHC_RETURN_IF_ERROR(comment(firstLine));
    } else if (size_t behind = kind == '%' ? matchTag(begin, "raw") : 0) {
      GRAPHC_RETURN_IF_ERROR(raw(behind));
    } else {
      add(kind == '%' ? TokenKind::BlockBegin : TokenKind::VariableBegin, "");
      GRAPHC_RETURN_IF_ERROR(tag(kind == '%'));
    }
  }
  position = source.size();
  add(TokenKind::End, "");
  return std::move(tokens);
}

void Lexer::skipSpaces() {
  std::string_view rest = source.substr(position);
  position += rest.size() - strip(rest, Side::Left).size();
}

void Lexer::addText(std::string_view text, char sign, bool strips) {
  if (sign == '-') {
    text = strip(text, Side::Right);
  } else if (sign == 0 && strips) {
    size_t lineStart = text.rfind('\n') + 1; // 0 when there is none.
    bool beginsLine = lineStart > 0 || position == 0 || source[position - 1] == '\n';
    if (beginsLine && strip(text.substr(lineStart), Side::Left).empty())
      text = text.substr(0, lineStart);
  }
  if (!text.empty())
    add(TokenKind::Text, std::string(text));
}

bool Lexer::skipEnd(std::string_view end, bool trims) {
  char sign = signAt(position);
  bool known = sign == '-' || (sign == '+' && trims);
  if (known && source.substr(position + 1).starts_with(end)) {
    position += 1 + end.size();
    if (sign == '-')
      skipSpaces();
    return true;
  }
  if (!at(end))
    return false;
  position += end.size();
  if (trims && at("\n"))
    ++position;
  return true;
}

Status Lexer::comment(int firstLine) {
  size_t end = source.find("#}", position);
  if (end == std::string_view::npos)
    return fail(firstLine, "the comment that begins here does not end: expected '#}', but got the "
                           "end of the template");
  position = end > position && signAt(end - 1) ? end - 1 : end;
  skipEnd("#}", true);
  return {};
}

size_t Lexer::matchTag(size_t at, std::string_view word) const {
  if (!source.substr(at).starts_with("{%"))
    return 0;
  std::string_view rest = source.substr(at + 2 + (signAt(at + 2) != 0));
  rest = strip(rest, Side::Left);
  if (!rest.starts_with(word))
    return 0;
  rest = strip(rest.substr(word.size()), Side::Left);
  bool ends = rest.starts_with("%}") || rest.starts_with("-%}") || rest.starts_with("+%}");
  return ends ? source.size() - rest.size() : 0;
}

Status Lexer::raw(size_t textStart) {
  int firstLine = line();
  position = textStart;
  bool strips = at("-");
  position += at("%}") ? 2 : 3;
  if (strips)
    skipSpaces();
  for (size_t end = source.find("{%", position); end != std::string_view::npos;
       end = source.find("{%", end + 2)) {
    size_t behind = matchTag(end, "endraw");
    if (!behind)
      continue;
    addText(source.substr(position, end - position), signAt(end + 2), true);
    position = behind;
    skipEnd("%}", true);
    return {};
  }
  return fail(firstLine, "the raw block that begins here does not end: expected 'endraw', but got "
                         "the end of the template");
}

Status Lexer::tag(bool block) {
  int firstLine = line();
  std::string_view end = block ? "%}" : "}}";
  brackets.clear();
  while (true) {
    skipSpaces();
    if (position >= source.size())
      return fail(firstLine, "the tag that begins here does not end: expected '" +
                                 std::string(end) + "', but got the end of the template");
    size_t before = position;
    if (brackets.empty() && skipEnd(end, block)) {
      std::swap(position, before); // The end is on the line where it begins.
      add(block ? TokenKind::BlockEnd : TokenKind::VariableEnd, "");
      position = before;
      return {};
    }
    GRAPHC_RETURN_IF_ERROR(token());
  }
}

Status Lexer::token() {
  char c = source[position];
  if (isDigit(c))
    return number();
  if (c == '"' || c == '\'')
    return string();
  if (isNameStart(c)) {
    size_t end = position;
    while (end < source.size() && (isNameStart(source[end]) || isDigit(source[end])))
      ++end;
    add(TokenKind::Name, std::string(source.substr(position, end - position)));
    position = end;
    return {};
  }
  for (std::string_view text : kOperators) {
    if (!at(text))
      continue;
    GRAPHC_RETURN_IF_ERROR(bracket(c));
    add(TokenKind::Operator, std::string(text));
    position += text.size();
    return {};
  }
  std::string shown(source.substr(position, decodeChar(source, position).length));
  return fail(line(), "unexpected character '" + escapeForMessage(shown) + "' in a tag");
}

Status Lexer::bracket(char c) {
  if (c == '(' || c == '[' || c == '{')
    brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
  if (c != ')' && c != ']' && c != '}')
    return {};
  if (brackets.empty() || brackets.back() != c)
    return fail(line(),
                std::string("unexpected '") + c + "'" +
                    (brackets.empty() ? "" : std::string(", expected '") + brackets.back() + "'"));
  brackets.pop_back();
  return {};
}

Status Lexer::number() {
  auto digits = [&](size_t from) {
    while (from < source.size() &&
           (isDigit(source[from]) ||
            (source[from] == '_' && from + 1 < source.size() && isDigit(source[from + 1]))))
      ++from;
    return from;
  };
  size_t end = digits(position);
  size_t integerEnd = end;
  if (end + 1 < source.size() && source[end] == '.' && isDigit(source[end + 1]))
    end = digits(end + 1);
  if (end < source.size() && (source[end] | 32) == 'e') {
    size_t exponent = end + 1 + (end + 1 < source.size() && signAt(end + 1) != 0);
    if (exponent < source.size() && isDigit(source[exponent]))
      end = digits(exponent);
  }
  std::string text(source.substr(position, end - position));
  std::erase(text, '_');
  if (end < source.size() && isNameStart(source[end]))
    return fail(line(), "unexpected '" + std::string(1, source[end]) + "' behind the number " +
                            escapeForMessage(text));
  add(end == integerEnd ? TokenKind::Integer : TokenKind::Float, text);
  position = end;
  return {};
}

Status Lexer::string() {
  int firstLine = line();
  char quote = source[position];
  size_t end = position + 1;
  while (end < source.size() && source[end] != quote)
    end += source[end] == '\\' ? 2 : 1;
  if (end >= source.size())
    return fail(firstLine, std::string("the string that begins here does not end: expected ") +
                               quote + ", but got the end of the template");
  Expected<std::string> text = resolveEscapes(source.substr(position + 1, end - position - 1));
  if (!text)
    return fail(firstLine, text.status().message());
  add(TokenKind::String, *std::move(text));
  position = end + 1;
  return {};
}

} // namespace

std::string normalizeLineEnds(std::string_view source) {
  std::string result;
  result.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n')
      continue;
    result += source[i] == '\r' ? '\n' : source[i];
  }
  if (result.ends_with('\n'))
    result.pop_back();
  return result;
}

Expected<std::vector<Token>> tokenize(std::string_view source, const std::string &name) {
  return Lexer(source, name).run();
}

} // namespace graphc::jinja
