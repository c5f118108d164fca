// Parses expressions: jinja's grammar, from the loosest operator to the tightest one.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_EXPRESSIONPARSER_H
#define GRAPHC_RUNTIME_TEXT_JINJA_EXPRESSIONPARSER_H

#include "runtime/text/jinja/Ast.h"
#include "runtime/text/jinja/TokenStream.h"

namespace graphc::jinja {

class ExpressionParser {
public:
  ExpressionParser(TokenStream &tokens, const Limits &limits) : tokens(tokens), limits(limits) {}

  using Result = Expected<ExpressionPointer>;

  /// value if condition else other
  Result parse();
  /// One, or several with commas between: a tuple.
  Result parseTuple(bool conditions = true);

private:
  Result parseOr();
  Result parseAnd();
  Result parseNot();
  Result parseComparison();
  Result parseSum();
  Result parseConcatenation();
  Result parseProduct();
  Result parsePower();
  Result parseUnary(bool filters = true);
  Result parsePrimary();
  Result parseNumber();
  Result parseBrackets();
  Result parseList();
  Result parseMapping();

  // What stands behind an expression.
  Result parsePostfix(ExpressionPointer object);
  Result parseFilters(ExpressionPointer input);
  Result parseMember(ExpressionPointer object);
  Result parseSubscript(ExpressionPointer object);
  Result parseCall(ExpressionPointer function);
  Result parseFilter(ExpressionPointer input);
  Result parseTest(ExpressionPointer input);
  bool atTestArgument() const;

  /// `( ... )`, appended to the operands and key words.
  Status parseArguments(Expression &expression);
  /// The comparison at the stream, which is gone past; nothing when there is none.
  std::optional<Operator> skipComparison();
  std::optional<Operator> skipOperatorOf(std::string_view symbols);

  using Operands = std::vector<ExpressionPointer>;
  using Rule = Result (ExpressionParser::*)();
  Result parseLeftToRight(Rule operand, std::string_view symbols);

  /// A new expression; refuses one that is too high. The operands are moved from.
  Result make(ExpressionKind kind, int line, Operands operands = {});
  Result finish(ExpressionPointer expression);
  template <typename... T>
  static Operands list(T... operands) {
    Operands result;
    (result.push_back(std::move(operands)), ...);
    return result;
  }

  TokenStream &tokens;
  const Limits &limits;
  int nesting = 0;
};

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_EXPRESSIONPARSER_H
