#include "runtime/text/jinja/TokenStream.h"

#include "runtime/base/Escape.h"

namespace graphc::jinja {

static std::string describe(const Token &token) {
  switch (token.kind) {
  case TokenKind::Text:
    return "text";
  case TokenKind::BlockBegin:
    return "'{%'";
  case TokenKind::BlockEnd:
    return "'%}'";
  case TokenKind::VariableBegin:
    return "'{{'";
  case TokenKind::VariableEnd:
    return "'}}'";
  case TokenKind::End:
    return "the end of the template";
  case TokenKind::String:
    return "the string '" + escapeForMessage(token.text) + "'";
  default:
    return "'" + escapeForMessage(token.text) + "'";
  }
}

Status TokenStream::wrong(const std::string &expected) const {
  return fail(line(), "expected " + expected + ", but got " + describe(peek()));
}

Status TokenStream::expectOperator(std::string_view text) {
  return skipOperator(text) ? Status() : wrong("'" + std::string(text) + "'");
}

Status TokenStream::expect(TokenKind kind, const std::string &what) {
  if (!at(kind))
    return wrong(what);
  next();
  return {};
}

Expected<std::string> TokenStream::expectName(const std::string &what) {
  if (!at(TokenKind::Name))
    return wrong(what);
  return next().text;
}

} // namespace graphc::jinja
