// Cuts a template into text and the tokens of its tags. Whitespace is what transformers configures:
// trim_blocks (the line end behind a block or a comment goes), lstrip_blocks (so do the blanks
// before one that begins a line), keep_trailing_newline off; and the signs `-` and `+` in tags.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_LEXER_H
#define GRAPHC_RUNTIME_TEXT_JINJA_LEXER_H

#include "runtime/base/Status.h"

#include <string>
#include <string_view>
#include <vector>

namespace graphc::jinja {

enum class TokenKind {
  Text,          ///< Between tags.
  Name,          ///< Names and key words.
  String,        ///< Its contents, escapes resolved.
  Integer,       ///< Digits.
  Float,         ///< As written.
  Operator,      ///< An operator or a bracket.
  BlockBegin,    ///< {%
  BlockEnd,      ///< %}
  VariableBegin, ///< {{
  VariableEnd,   ///< }}
  End,           ///< Of the template.
};

struct Token {
  TokenKind kind;
  std::string text;
  int line;
};

/// Line ends as \n, and the last one left out.
std::string normalizeLineEnds(std::string_view source);

/// The tokens of a template that went through normalizeLineEnds; the last is End. BadInput with
/// "NAME:LINE:".
Expected<std::vector<Token>> tokenize(std::string_view source, const std::string &name);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_LEXER_H
