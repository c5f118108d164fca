#include "runtime/text/jinja/Evaluator.h"

#include "runtime/base/Escape.h"
#include "runtime/text/jinja/Operations.h"
#include "runtime/text/jinja/ValueText.h"

#include <algorithm>

namespace graphc::jinja {

Expected<Value> Evaluator::evaluate(const Expression &expression) {
  DepthGuard guard(context.budget);
  Status status = guard.status.ok() ? context.budget.step() : guard.status;
  Expected<Value> result = status.ok() ? dispatch(expression) : Expected<Value>(status);
  if (!result && failedAt == 0)
    failedAt = expression.line;
  return result;
}

Expected<Value> Evaluator::dispatch(const Expression &expression) {
  switch (expression.kind) {
  case ExpressionKind::Literal:
    return expression.literal;
  case ExpressionKind::Name:
    return lookUp(expression.name);
  case ExpressionKind::List:
  case ExpressionKind::Tuple:
    return evaluateItems(expression);
  case ExpressionKind::Mapping:
    return evaluateMapping(expression);
  case ExpressionKind::Subscript:
    return evaluateSubscript(expression);
  case ExpressionKind::Slice:
    return evaluateSlice(expression);
  case ExpressionKind::Call:
    return evaluateCall(expression);
  case ExpressionKind::Conditional:
    return evaluateConditional(expression);
  case ExpressionKind::Compare:
    return evaluateCompare(expression);
  case ExpressionKind::Binary:
    return evaluateBinary(expression);
  case ExpressionKind::Concatenate:
    return evaluateConcatenate(expression);
  default:
    break;
  }
  // The others begin with the value of the first operand.
  GRAPHC_ASSIGN_OR_RETURN(Value first, evaluate(*expression.operands[0]));
  switch (expression.kind) {
  case ExpressionKind::Attribute:
    return member(first, expression.name);
  case ExpressionKind::Not:
    return Value::boolean(!first.truthy());
  case ExpressionKind::Minus:
    return negate(first);
  case ExpressionKind::Plus:
    return arithmetic(context.budget, Operator::Add, Value::integer(0), first);
  case ExpressionKind::And:
    return first.truthy() ? evaluate(*expression.operands[1]) : first;
  case ExpressionKind::Or:
    return first.truthy() ? first : evaluate(*expression.operands[1]);
  default:
    break;
  }
  GRAPHC_ASSIGN_OR_RETURN(Arguments arguments, evaluateArguments(expression));
  if (expression.kind == ExpressionKind::Filter)
    return applyFilter(context, expression.name, first, std::move(arguments));
  GRAPHC_ASSIGN_OR_RETURN(bool holds,
                          applyTest(context, expression.name, first, std::move(arguments)));
  return Value::boolean(holds);
}

Value Evaluator::lookUp(const std::string &name) const {
  if (const Value *found = scopes.find(name))
    return *found;
  if (const Value *found = variables.find(name))
    return *found;
  const Function *function = findFunction(globalFunctions(), name);
  return function ? Value::callable(*function, Value()) : Value::undefined(name);
}

Expected<Value> Evaluator::evaluateItems(const Expression &expression) {
  std::vector<Value> items;
  for (const ExpressionPointer &operand : expression.operands) {
    GRAPHC_ASSIGN_OR_RETURN(Value item, evaluate(*operand));
    items.push_back(std::move(item));
  }
  return newSequence(context.budget, std::move(items), expression.kind == ExpressionKind::Tuple);
}

Expected<Value> Evaluator::evaluateMapping(const Expression &expression) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < expression.operands.size(); i += 2) {
    GRAPHC_ASSIGN_OR_RETURN(Value key, evaluate(*expression.operands[i]));
    GRAPHC_ASSIGN_OR_RETURN(Value value, evaluate(*expression.operands[i + 1]));
    if (!key.is(Kind::String))
      return unsupported("expected a string as a key, but got " + key.describe());
    entries.emplace_back(key.text(), std::move(value));
  }
  return newMapping(context.budget, std::move(entries));
}

Expected<Value> Evaluator::evaluateSlice(const Expression &expression) {
  GRAPHC_ASSIGN_OR_RETURN(Value object, evaluate(*expression.operands[0]));
  SliceBounds bounds;
  std::optional<int64_t> *places[] = {&bounds.start, &bounds.stop, &bounds.step};
  for (size_t i = 0; i < 3; ++i) {
    if (!expression.operands[i + 1])
      continue;
    GRAPHC_ASSIGN_OR_RETURN(Value bound, evaluate(*expression.operands[i + 1]));
    if (bound.is(Kind::None))
      continue;
    if (!bound.isIntegral())
      return badInput("expected integers as bounds of a slice, but got " + bound.describe());
    *places[i] = bound.asInteger();
  }
  return slice(context.budget, object, bounds);
}

/// A chain holds when each of its comparisons does; the first that does not ends it.
Expected<Value> Evaluator::evaluateCompare(const Expression &expression) {
  GRAPHC_ASSIGN_OR_RETURN(Value left, evaluate(*expression.operands[0]));
  for (size_t i = 0; i < expression.operators.size(); ++i) {
    GRAPHC_ASSIGN_OR_RETURN(Value right, evaluate(*expression.operands[i + 1]));
    GRAPHC_ASSIGN_OR_RETURN(bool holds,
                            compare(context.budget, expression.operators[i], left, right));
    if (!holds)
      return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Expected<Value> Evaluator::evaluateConditional(const Expression &expression) {
  GRAPHC_ASSIGN_OR_RETURN(Value condition, evaluate(*expression.operands[0]));
  if (condition.truthy())
    return evaluate(*expression.operands[1]);
  if (expression.operands[2])
    return evaluate(*expression.operands[2]);
  return Value::undefined("the value of an 'if' without 'else'");
}

Expected<Value> Evaluator::evaluateConcatenate(const Expression &expression) {
  std::string text;
  for (const ExpressionPointer &operand : expression.operands) {
    GRAPHC_ASSIGN_OR_RETURN(Value part, evaluate(*operand));
    GRAPHC_ASSIGN_OR_RETURN(std::string partText, toText(context.budget, part));
    GRAPHC_RETURN_IF_ERROR(context.budget.use(partText.size()));
    text += partText;
  }
  return newString(context.budget, std::move(text));
}

Expected<Value> Evaluator::evaluateBinary(const Expression &expression) {
  GRAPHC_ASSIGN_OR_RETURN(Value left, evaluate(*expression.operands[0]));
  GRAPHC_ASSIGN_OR_RETURN(Value right, evaluate(*expression.operands[1]));
  return arithmetic(context.budget, expression.operators[0], left, right);
}

//===- Members -------------------------------------------------------------===//

static Value loopMember(const Loop &loop, std::string_view name) {
  auto index = static_cast<int64_t>(loop.index);
  auto size = static_cast<int64_t>(loop.items.size());
  const std::pair<std::string_view, int64_t> numbers[] = {{"index", index + 1},
                                                          {"index0", index},
                                                          {"revindex", size - index},
                                                          {"revindex0", size - index - 1},
                                                          {"length", size},
                                                          {"depth", 1},
                                                          {"depth0", 0}};
  for (auto [known, number] : numbers)
    if (known == name)
      return Value::integer(number);
  if (name == "first")
    return Value::boolean(index == 0);
  if (name == "last")
    return Value::boolean(index + 1 == size);
  if (name == "previtem" && index > 0)
    return loop.items[loop.index - 1];
  if (name == "nextitem" && index + 1 < size)
    return loop.items[loop.index + 1];
  return Value::undefined("loop." + std::string(name));
}

/// As in jinja, methods of a mapping hide its keys of the same name; object['name'] finds the key.
Expected<Value> Evaluator::member(const Value &object, const std::string &name) {
  if (object.is(Kind::Undefined))
    return badInput("expected a value with a member '" + escapeForMessage(name) + "', but got " +
                    object.describe());
  if (object.is(Kind::Namespace)) {
    auto found = object.asNamespace().members.find(name);
    return found == object.asNamespace().members.end() ? Value::undefined(name) : found->second;
  }
  if (Value method = methodOf(object, name); !method.is(Kind::Undefined))
    return method;
  if (object.is(Kind::Loop))
    return loopMember(object.asLoop(), name);
  if (const Value *found = object.is(Kind::Mapping) ? object.asMapping().find(name) : nullptr)
    return *found;
  return Value::undefined(name);
}

Expected<Value> Evaluator::evaluateSubscript(const Expression &expression) {
  GRAPHC_ASSIGN_OR_RETURN(Value object, evaluate(*expression.operands[0]));
  GRAPHC_ASSIGN_OR_RETURN(Value key, evaluate(*expression.operands[1]));
  GRAPHC_ASSIGN_OR_RETURN(Value found, subscript(context.budget, object, key));
  bool byName = found.is(Kind::Undefined) && key.is(Kind::String);
  return byName ? member(object, key.text()) : found;
}

//===- Calls ---------------------------------------------------------------===//

Expected<Arguments> Evaluator::evaluateArguments(const Expression &expression) {
  Arguments arguments;
  size_t firstNamed = expression.operands.size() - expression.keywords.size();
  for (size_t i = 1; i < expression.operands.size(); ++i) {
    GRAPHC_ASSIGN_OR_RETURN(Value value, evaluate(*expression.operands[i]));
    if (i < firstNamed)
      arguments.positional.push_back(std::move(value));
    else
      arguments.named.emplace_back(expression.keywords[i - firstNamed], std::move(value));
  }
  return arguments;
}

Expected<Value> Evaluator::evaluateCall(const Expression &expression) {
  GRAPHC_ASSIGN_OR_RETURN(Value function, evaluate(*expression.operands[0]));
  if (!function.is(Kind::Callable))
    return unsupported("expected a function to call, but got " + function.describe());
  GRAPHC_ASSIGN_OR_RETURN(Arguments arguments, evaluateArguments(expression));
  const Callable &callable = function.asCallable();
  if (callable.macro)
    return callMacro(*callable.macro, std::move(arguments));
  return callFunction(context, *callable.function, callable.self, std::move(arguments));
}

Expected<Value> Evaluator::callMacro(const Statement &macro, Arguments arguments) {
  Scopes::Inner scope(scopes, /*macro=*/true);
  GRAPHC_RETURN_IF_ERROR(bindParameters(macro, std::move(arguments)));
  return capture(macro.blocks[0]);
}

/// Arguments by place, then by name, then defaults, which see the parameters before them.
Status Evaluator::bindParameters(const Statement &macro, Arguments arguments) {
  const std::vector<std::string> &parameters = macro.parameters;
  if (arguments.positional.size() > parameters.size())
    return badInput(macro.name + "(): expected at most " + std::to_string(parameters.size()) +
                    " arguments, but got " + std::to_string(arguments.positional.size()));
  for (const Entry &argument : arguments.named) {
    auto place = std::find(parameters.begin(), parameters.end(), argument.first);
    if (place == parameters.end())
      return badInput(macro.name + "(): there is no argument '" + argument.first + "'");
    if (place - parameters.begin() < static_cast<ptrdiff_t>(arguments.positional.size()))
      return badInput(macro.name + "(): the argument '" + argument.first + "' is given twice");
  }
  size_t firstDefault = parameters.size() - macro.expressions.size();
  for (size_t i = 0; i < parameters.size(); ++i) {
    auto named = std::find_if(arguments.named.begin(), arguments.named.end(),
                              [&](const Entry &entry) { return entry.first == parameters[i]; });
    Value value = Value::undefined(parameters[i]);
    if (i < arguments.positional.size()) {
      value = std::move(arguments.positional[i]);
    } else if (named != arguments.named.end()) {
      value = named->second;
    } else if (i >= firstDefault) {
      GRAPHC_ASSIGN_OR_RETURN(value, evaluate(*macro.expressions[i - firstDefault]));
    }
    scopes.set(parameters[i], std::move(value));
  }
  return {};
}

} // namespace graphc::jinja
