#include "runtime/text/jinja/Parser.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"
#include "runtime/text/jinja/ExpressionParser.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

class Parser {
public:
  Parser(std::span<const Token> tokens, const std::string &name, const Limits &limits)
      : tokens(tokens, name), expressions(this->tokens, limits), limits(limits) {}

  Expected<Block> run();

private:
  using Words = std::initializer_list<std::string_view>;

  /// Statements up to a tag that begins with one of the words; the stream is at the word then.
  Expected<Block> parseUntil(const Statement &opener, Words words);
  Expected<Block> parseStatements();
  Status parseTag(Block &block);
  Status parseOutput(Block &block);

  // Tags by their word; the stream is behind it.
  Status parseIf(Statement &statement);
  Status parseFor(Statement &statement);
  Status parseSet(Statement &statement);
  Status parseMacro(Statement &statement);
  Status parseGeneration(Statement &statement);
  Status parseBreak(Statement &statement);
  Status parseContinue(Statement &statement);

  Expected<Target> parseTarget(bool members);
  Status addExpression(Statement &statement, ExpressionParser::Result expression);
  Status endTag() { return tokens.expect(TokenKind::BlockEnd, "'%}'"); }
  Status leaveLoop(Statement &statement, StatementKind kind);

  struct Tag {
    std::string_view word;
    StatementKind kind;
    Status (Parser::*parse)(Statement &statement);
  };
  static const Tag kTags[];
  const Tag *findTag(std::string_view word) const;
  Status unknownTag(int line, const std::string &word) const;

  TokenStream tokens;
  ExpressionParser expressions;
  const Limits &limits;
  int nesting = 0;
  int loops = 0;  ///< `for` around the stream, inside of the innermost macro.
  int scopes = 0; ///< `for`, macros, block assignments and generation blocks.
};

const Parser::Tag Parser::kTags[] = {
    {"if", StatementKind::If, &Parser::parseIf},
    {"for", StatementKind::For, &Parser::parseFor},
    {"set", StatementKind::Set, &Parser::parseSet},
    {"macro", StatementKind::Macro, &Parser::parseMacro},
    {"generation", StatementKind::Group, &Parser::parseGeneration},
    {"break", StatementKind::Break, &Parser::parseBreak},
    {"continue", StatementKind::Continue, &Parser::parseContinue},
};

Expected<Block> Parser::run() {
  GRAPHC_ASSIGN_OR_RETURN(Block block, parseStatements());
  if (!tokens.at(TokenKind::End))
    return unknownTag(tokens.line(), tokens.peek().text);
  return block;
}

/// Ends at the end of the template, or behind the "{%" of a tag that begins no statement.
Expected<Block> Parser::parseStatements() {
  Block block;
  while (!tokens.at(TokenKind::End)) {
    if (tokens.at(TokenKind::Text)) {
      const Token &token = tokens.next();
      block.push_back({.kind = StatementKind::Text, .line = token.line, .name = token.text});
    } else if (tokens.at(TokenKind::VariableBegin)) {
      GRAPHC_RETURN_IF_ERROR(parseOutput(block));
    } else {
      tokens.next(); // "{%"
      if (!tokens.at(TokenKind::Name))
        return tokens.wrong("the name of a statement");
      if (!findTag(tokens.peek().text))
        return block;
      GRAPHC_RETURN_IF_ERROR(parseTag(block));
    }
  }
  return block;
}

Expected<Block> Parser::parseUntil(const Statement &opener, Words words) {
  if (++nesting > limits.nesting)
    return tokens.fail(opener.line, "expected statements nested at most " +
                                        std::to_string(limits.nesting) + " levels, but got more");
  GRAPHC_ASSIGN_OR_RETURN(Block block, parseStatements());
  --nesting;
  const Token &token = tokens.peek();
  if (std::find(words.begin(), words.end(), token.text) != words.end() &&
      token.kind == TokenKind::Name)
    return block;
  std::string expected;
  for (std::string_view word : words)
    (expected += expected.empty() ? "'" : " or '").append(word) += "'";
  if (token.kind == TokenKind::End)
    return tokens.fail(opener.line, "the statement that begins here does not end: expected " +
                                        expected + ", but got the end of the template");
  Status unknown = unknownTag(token.line, token.text);
  if (unknown.code() == StatusCode::Unsupported)
    return unknown;
  return tokens.wrong(expected + " for the statement of line " + std::to_string(opener.line));
}

Status Parser::parseOutput(Block &block) {
  Statement statement{.kind = StatementKind::Output, .line = tokens.next().line};
  GRAPHC_RETURN_IF_ERROR(addExpression(statement, expressions.parseTuple()));
  block.push_back(std::move(statement));
  return tokens.expect(TokenKind::VariableEnd, "'}}'");
}

Status Parser::addExpression(Statement &statement, ExpressionParser::Result expression) {
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer value, std::move(expression));
  statement.expressions.push_back(std::move(value));
  return {};
}

const Parser::Tag *Parser::findTag(std::string_view word) const {
  auto tag = std::find_if(std::begin(kTags), std::end(kTags),
                          [&](const Tag &t) { return t.word == word; });
  return tag == std::end(kTags) ? nullptr : tag;
}

Status Parser::unknownTag(int line, const std::string &word) const {
  static constexpr std::string_view kClosers[] = {"else",   "elif",     "endif",        "endfor",
                                                  "endset", "endmacro", "endgeneration"};
  if (std::find(std::begin(kClosers), std::end(kClosers), word) != std::end(kClosers))
    return tokens.fail(line, "'" + word + "' without the statement that it belongs to");
  return tokens.fail(line,
                     "there is no statement '" + escapeForMessage(word) + "'; expected one of " +
                         listText(kTags, &Tag::word) + ", raw",
                     StatusCode::Unsupported);
}

Status Parser::parseTag(Block &block) {
  const Token &word = tokens.next();
  const Tag *tag = findTag(word.text);
  Statement statement{.kind = tag->kind, .line = word.line};
  GRAPHC_RETURN_IF_ERROR((this->*tag->parse)(statement));
  block.push_back(std::move(statement));
  return {};
}

Status Parser::parseIf(Statement &statement) {
  std::string word = "if";
  while (word == "if" || word == "elif") {
    GRAPHC_RETURN_IF_ERROR(addExpression(statement, expressions.parseTuple()));
    GRAPHC_RETURN_IF_ERROR(endTag());
    GRAPHC_ASSIGN_OR_RETURN(Block body, parseUntil(statement, {"elif", "else", "endif"}));
    statement.blocks.push_back(std::move(body));
    word = tokens.next().text;
  }
  if (word == "else") {
    GRAPHC_RETURN_IF_ERROR(endTag());
    GRAPHC_ASSIGN_OR_RETURN(Block body, parseUntil(statement, {"endif"}));
    statement.blocks.push_back(std::move(body));
    tokens.next();
  }
  return endTag();
}

Status Parser::parseFor(Statement &statement) {
  GRAPHC_ASSIGN_OR_RETURN(statement.target, parseTarget(/*members=*/false));
  if (!tokens.skipName("in"))
    return tokens.wrong("'in'");
  GRAPHC_RETURN_IF_ERROR(addExpression(statement, expressions.parseTuple(/*conditions=*/false)));
  statement.expressions.push_back(nullptr);
  if (tokens.skipName("if")) {
    GRAPHC_ASSIGN_OR_RETURN(statement.expressions.back(), expressions.parse());
  }
  if (tokens.atName("recursive"))
    return tokens.fail(tokens.line(), "recursive loops are not supported", StatusCode::Unsupported);
  GRAPHC_RETURN_IF_ERROR(endTag());
  ++loops, ++scopes;
  GRAPHC_ASSIGN_OR_RETURN(Block body, parseUntil(statement, {"else", "endfor"}));
  --loops;
  statement.blocks.push_back(std::move(body));
  Block otherwise;
  if (tokens.next().text == "else") {
    GRAPHC_RETURN_IF_ERROR(endTag());
    GRAPHC_ASSIGN_OR_RETURN(otherwise, parseUntil(statement, {"endfor"}));
    tokens.next();
  }
  --scopes;
  statement.blocks.push_back(std::move(otherwise));
  return endTag();
}

Expected<Target> Parser::parseTarget(bool members) {
  Target target;
  bool brackets = tokens.skipOperator("(");
  do {
    if (target.unpack && !tokens.at(TokenKind::Name))
      break; // A comma behind the last name.
    GRAPHC_ASSIGN_OR_RETURN(std::string name, tokens.expectName("a name to assign to"));
    target.names.push_back(std::move(name));
    target.unpack |= tokens.atOperator(",");
  } while (tokens.skipOperator(","));
  if (brackets)
    GRAPHC_RETURN_IF_ERROR(tokens.expectOperator(")"));
  if (members && !target.unpack && tokens.skipOperator(".")) {
    GRAPHC_ASSIGN_OR_RETURN(target.attribute, tokens.expectName("the name of a member"));
  }
  return target;
}

Status Parser::parseSet(Statement &statement) {
  GRAPHC_ASSIGN_OR_RETURN(statement.target, parseTarget(/*members=*/true));
  if (tokens.skipOperator("=")) {
    GRAPHC_RETURN_IF_ERROR(addExpression(statement, expressions.parseTuple()));
    return endTag();
  }
  if (tokens.atOperator("|"))
    return tokens.fail(tokens.line(), "filters of a block assignment are not supported",
                       StatusCode::Unsupported);
  if (!tokens.at(TokenKind::BlockEnd))
    return tokens.wrong("'='");
  GRAPHC_RETURN_IF_ERROR(endTag());
  statement.kind = StatementKind::SetBlock;
  ++scopes;
  GRAPHC_ASSIGN_OR_RETURN(Block body, parseUntil(statement, {"endset"}));
  --scopes;
  statement.blocks.push_back(std::move(body));
  tokens.next();
  return endTag();
}

/// Only outside of other scopes: a macro sees what the template sets, not what they did.
Status Parser::parseMacro(Statement &statement) {
  if (scopes > 0)
    return tokens.fail(statement.line,
                       "a macro inside of a loop, a macro, a block assignment or a "
                       "generation block is not supported",
                       StatusCode::Unsupported);
  GRAPHC_ASSIGN_OR_RETURN(statement.name, tokens.expectName("the name of the macro"));
  GRAPHC_RETURN_IF_ERROR(tokens.expectOperator("("));
  while (!tokens.atOperator(")")) {
    GRAPHC_ASSIGN_OR_RETURN(std::string parameter, tokens.expectName("a parameter"));
    statement.parameters.push_back(std::move(parameter));
    if (tokens.skipOperator("="))
      GRAPHC_RETURN_IF_ERROR(addExpression(statement, expressions.parse()));
    else if (!statement.expressions.empty())
      return tokens.wrong("a default, as the parameter before has one");
    if (!tokens.skipOperator(","))
      break;
  }
  GRAPHC_RETURN_IF_ERROR(tokens.expectOperator(")"));
  GRAPHC_RETURN_IF_ERROR(endTag());
  ++scopes;
  int outerLoops = std::exchange(loops, 0);
  GRAPHC_ASSIGN_OR_RETURN(Block body, parseUntil(statement, {"endmacro"}));
  loops = outerLoops;
  --scopes;
  statement.blocks.push_back(std::move(body));
  tokens.next();
  if (tokens.at(TokenKind::Name)) // `endmacro NAME`
    tokens.next();
  return endTag();
}

/// Marks what a model wrote, for training; the text is rendered as it is.
Status Parser::parseGeneration(Statement &statement) {
  GRAPHC_RETURN_IF_ERROR(endTag());
  ++scopes;
  GRAPHC_ASSIGN_OR_RETURN(Block body, parseUntil(statement, {"endgeneration"}));
  --scopes;
  statement.blocks.push_back(std::move(body));
  tokens.next();
  return endTag();
}

Status Parser::leaveLoop(Statement &statement, StatementKind kind) {
  if (loops == 0)
    return tokens.fail(statement.line, std::string("expected a loop around '") +
                                           (kind == StatementKind::Break ? "break" : "continue") +
                                           "', but got none");
  return endTag();
}

Status Parser::parseBreak(Statement &statement) {
  return leaveLoop(statement, StatementKind::Break);
}
Status Parser::parseContinue(Statement &statement) {
  return leaveLoop(statement, StatementKind::Continue);
}

} // namespace

Expected<Block> parseTemplate(std::span<const Token> tokens, const std::string &name,
                              const Limits &limits) {
  return Parser(tokens, name, limits).run();
}

} // namespace graphc::jinja
