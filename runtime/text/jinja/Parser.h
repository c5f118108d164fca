// Parses templates.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_PARSER_H
#define GRAPHC_RUNTIME_TEXT_JINJA_PARSER_H

#include "runtime/text/jinja/Ast.h"
#include "runtime/text/jinja/Lexer.h"

#include <span>

namespace graphc::jinja {

/// BadInput for what is no template, Unsupported for statements that jinja has and graphc has not;
/// both with "NAME:LINE:".
Expected<Block> parseTemplate(std::span<const Token> tokens, const std::string &name,
                              const Limits &limits);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_PARSER_H
