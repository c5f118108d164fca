// Oniguruma's expressions as PCRE2's.
#include "runtime/base/Escape.h"
#include "runtime/text/Regex.h"

#include <algorithm>

namespace graphc {

namespace {

/// Letters that escape something else in PCRE2, or in a different way.
constexpr std::string_view kRefusedEscapes = "bBcCEGhHKMNOQRXyYZ";

constexpr std::string_view kWordChars = R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{200C}\x{200D})";
constexpr std::string_view kSpaces = R"(\t-\r\x{85}\p{Z})";

class Translator {
public:
  explicit Translator(std::string_view pattern) : pattern(pattern) {}

  Expected<std::string> run() {
    while (position < pattern.size())
      GRAPHC_RETURN_IF_ERROR(insideClass ? classItem() : item());
    return std::move(out);
  }

private:
  Status refuse(const std::string &what) const {
    return unsupported("the regular expression '" + escapeForMessage(pattern, 2000) + "': " + what +
                       " at offset " + std::to_string(position) + " is not supported");
  }

  bool at(std::string_view text) const { return pattern.substr(position).starts_with(text); }

  void copy(size_t length) {
    out += pattern.substr(position, length);
    position += length;
  }

  /// Something outside of a class.
  Status item() {
    if (at("\\"))
      return escape();
    // Oniguruma's m lets the point match line ends; a } before + is a repetition repeated.
    if (at("}+") || (at("(?m") || at("(?im") || at("(?-m")))
      return refuse(std::string(pattern.substr(position, 3)));
    if (at("[")) {
      insideClass = true;
      copy(at("[^") ? 2 : 1);
      // The first character may be a bracket, which does not end the class.
      if (at("]"))
        return refuse("']' at the start of a class");
      return {};
    }
    copy(1);
    return {};
  }

  Status classItem() {
    if (at("\\"))
      return escape();
    if (at("&&"))
      return refuse("an intersection of classes");
    if (at("[:")) {
      size_t end = pattern.find(":]", position);
      if (end == std::string_view::npos)
        return refuse("'[:'");
      copy(end + 2 - position);
      return {};
    }
    if (at("["))
      return refuse("a class inside a class");
    insideClass = !at("]");
    copy(1);
    return {};
  }

  Status escape() {
    char kind = position + 1 < pattern.size() ? pattern[position + 1] : 0;
    std::string_view members = kind == 'w' || kind == 'W'   ? kWordChars
                               : kind == 's' || kind == 'S' ? kSpaces
                                                            : "";
    bool negated = kind == 'W' || kind == 'S';
    bool refused = kRefusedEscapes.find(kind) != std::string_view::npos;
    if (kind == 0 || refused || (negated && insideClass))
      return refuse(std::string("'\\") + (kind ? std::string(1, kind) : "") + "'" +
                    (insideClass ? " in a class" : ""));
    if (members.empty()) {
      copy(2);
      // A class's name or a number in braces, which no repetition begins.
      if ((kind == 'p' || kind == 'P' || kind == 'x') && at("{"))
        copy(std::min(pattern.find('}', position), pattern.size() - 1) + 1 - position);
      return {};
    }
    if (!insideClass)
      out += negated ? "[^" : "[";
    out += members;
    if (!insideClass)
      out += ']';
    position += 2;
    return {};
  }

  std::string_view pattern;
  std::string out;
  size_t position = 0;
  bool insideClass = false;
};

} // namespace

Expected<std::string> translatePattern(std::string_view pattern) {
  return Translator(pattern).run();
}

} // namespace graphc
