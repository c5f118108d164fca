// Renders a parsed template.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_EVALUATOR_H
#define GRAPHC_RUNTIME_TEXT_JINJA_EVALUATOR_H

#include "runtime/text/jinja/Ast.h"
#include "runtime/text/jinja/Function.h"
#include "runtime/text/jinja/Scopes.h"

#include <optional>

namespace graphc::jinja {

/// One rendering. The template and the variables must outlive it.
class Evaluator {
public:
  Evaluator(const Mapping &variables, const Limits &limits, std::time_t now)
      : variables(variables), limits(limits), context{Budget(limits), now} {}

  Expected<std::string> render(const Block &block);

  /// The line of what failed.
  int failureLine() const { return failedAt; }

private:
  // Statements (Evaluator.cpp).
  Status execute(const Block &block);
  Status execute(const Statement &statement);
  Status dispatch(const Statement &statement);
  Status executeOutput(const Statement &statement);
  Status executeIf(const Statement &statement);
  Status executeFor(const Statement &statement);
  Status executeLoop(const Statement &statement, std::vector<Value> items);
  Status executeSet(const Statement &statement);
  Status assign(const Target &target, Value value);
  Expected<std::vector<Value>> loopItems(const Statement &statement);
  /// What the block writes, as a text.
  Expected<Value> capture(const Block &block);
  Status write(std::string_view text);

  // Expressions (EvaluateExpression.cpp).
  Expected<Value> evaluate(const Expression &expression);
  Expected<Value> dispatch(const Expression &expression);
  Expected<Value> evaluateItems(const Expression &expression);
  Expected<Value> evaluateMapping(const Expression &expression);
  Expected<Value> evaluateSlice(const Expression &expression);
  Expected<Value> evaluateCompare(const Expression &expression);
  Expected<Value> evaluateConditional(const Expression &expression);
  Expected<Value> evaluateConcatenate(const Expression &expression);
  Expected<Value> evaluateBinary(const Expression &expression);
  Expected<Value> evaluateSubscript(const Expression &expression);
  Expected<Value> evaluateCall(const Expression &expression);
  Expected<Value> callMacro(const Statement &macro, Arguments arguments);
  Status bindParameters(const Statement &macro, Arguments arguments);
  /// Of a call, filter or test: its operands but the first.
  Expected<Arguments> evaluateArguments(const Expression &expression);

  Value lookUp(const std::string &name) const;
  /// object.name
  Expected<Value> member(const Value &object, const std::string &name);

  enum class Flow { Normal, Break, Continue };

  const Mapping &variables;
  const Limits &limits;
  Context context;
  Scopes scopes;
  std::string output;
  bool isCapturing = false; ///< Into a value, by a macro or a set block.
  Flow flow = Flow::Normal;
  int failedAt = 0;
};

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_EVALUATOR_H
