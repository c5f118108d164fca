// The tokens of a template, as the parser walks over them.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_TOKENSTREAM_H
#define GRAPHC_RUNTIME_TEXT_JINJA_TOKENSTREAM_H

#include "runtime/text/jinja/Lexer.h"

#include <span>

namespace graphc::jinja {

class TokenStream {
public:
  /// Tokens must end with TokenKind::End; both must outlive the stream.
  TokenStream(std::span<const Token> tokens, const std::string &name)
      : tokens(tokens), templateName(name) {}

  const Token &peek(size_t ahead = 0) const {
    return tokens[position + ahead < tokens.size() ? position + ahead : tokens.size() - 1];
  }
  /// The last token again and again at the end.
  const Token &next() {
    const Token &token = peek();
    position += position + 1 < tokens.size();
    return token;
  }

  int line() const { return peek().line; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool atOperator(std::string_view text) const {
    return at(TokenKind::Operator) && peek().text == text;
  }
  bool atName(std::string_view text) const { return at(TokenKind::Name) && peek().text == text; }

  // Go past the token if it is the one.
  bool skipOperator(std::string_view text) { return atOperator(text) && (next(), true); }
  bool skipName(std::string_view text) { return atName(text) && (next(), true); }

  // Go past a token that must be there. BadInput says what stands in its place.
  Status expectOperator(std::string_view text);
  Status expect(TokenKind kind, const std::string &what);
  Expected<std::string> expectName(const std::string &what);

  /// "NAME:LINE: expected ..., but got ..." at the place where the stream is.
  Status wrong(const std::string &expected) const;
  /// "NAME:LINE: what".
  Status fail(int line, const std::string &what, StatusCode code = StatusCode::BadInput) const {
    return {code, templateName + ":" + std::to_string(line) + ": " + what};
  }

private:
  std::span<const Token> tokens;
  const std::string &templateName;
  size_t position = 0;
};

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_TOKENSTREAM_H
