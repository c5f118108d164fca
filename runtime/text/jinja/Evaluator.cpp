#include "runtime/text/jinja/Evaluator.h"

#include "runtime/text/jinja/Operations.h"
#include "runtime/text/jinja/ValueText.h"

namespace graphc::jinja {

Expected<std::string> Evaluator::render(const Block &block) {
  GRAPHC_RETURN_IF_ERROR(execute(block));
  return std::move(output);
}

Status Evaluator::execute(const Block &block) {
  for (const Statement &statement : block) {
    GRAPHC_RETURN_IF_ERROR(execute(statement));
    if (flow != Flow::Normal)
      break; // The loop around it takes care.
  }
  return {};
}

Status Evaluator::execute(const Statement &statement) {
  DepthGuard guard(context.budget);
  Status status = guard.status.ok() ? context.budget.step() : guard.status;
  if (status.ok())
    status = dispatch(statement);
  if (!status.ok() && failedAt == 0)
    failedAt = statement.line;
  return status;
}

Status Evaluator::dispatch(const Statement &statement) {
  switch (statement.kind) {
  case StatementKind::Text:
    return write(statement.name);
  case StatementKind::Output:
    return executeOutput(statement);
  case StatementKind::If:
    return executeIf(statement);
  case StatementKind::For:
    return executeFor(statement);
  case StatementKind::Set:
  case StatementKind::SetBlock:
    return executeSet(statement);
  case StatementKind::Macro:
    scopes.set(statement.name, Value::macro(statement));
    return {};
  case StatementKind::Group: {
    Scopes::Inner scope(scopes);
    return execute(statement.blocks[0]);
  }
  case StatementKind::Break:
    flow = Flow::Break;
    return {};
  case StatementKind::Continue:
    flow = Flow::Continue;
    return {};
  }
  return internalError("a statement of an unknown kind");
}

/// What is captured is a value that grows; what is not is the rendering.
Status Evaluator::write(std::string_view text) {
  if (isCapturing)
    GRAPHC_RETURN_IF_ERROR(context.budget.use(text.size()));
  if (text.size() > limits.outputBytes - output.size())
    return badInput("a text of more than " + std::to_string(limits.outputBytes) + " bytes");
  output += text;
  return {};
}

Status Evaluator::executeOutput(const Statement &statement) {
  GRAPHC_ASSIGN_OR_RETURN(Value value, evaluate(*statement.expressions[0]));
  GRAPHC_ASSIGN_OR_RETURN(std::string text, toText(context.budget, value));
  return write(text);
}

Status Evaluator::executeIf(const Statement &statement) {
  for (size_t i = 0; i < statement.expressions.size(); ++i) {
    GRAPHC_ASSIGN_OR_RETURN(Value condition, evaluate(*statement.expressions[i]));
    if (condition.truthy())
      return execute(statement.blocks[i]);
  }
  bool hasElse = statement.blocks.size() > statement.expressions.size();
  return hasElse ? execute(statement.blocks.back()) : Status();
}

/// The items that pass the loop's condition.
Expected<std::vector<Value>> Evaluator::loopItems(const Statement &statement) {
  GRAPHC_ASSIGN_OR_RETURN(Value iterable, evaluate(*statement.expressions[0]));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, iterable));
  const ExpressionPointer &condition = statement.expressions[1];
  if (!condition)
    return items;
  std::vector<Value> kept;
  for (Value &item : items) {
    Scopes::Inner scope(scopes);
    GRAPHC_RETURN_IF_ERROR(assign(statement.target, item));
    GRAPHC_ASSIGN_OR_RETURN(Value holds, evaluate(*condition));
    if (holds.truthy())
      kept.push_back(std::move(item));
  }
  return kept;
}

Status Evaluator::executeFor(const Statement &statement) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, loopItems(statement));
  if (!items.empty())
    return executeLoop(statement, std::move(items));
  Scopes::Inner scope(scopes);
  return execute(statement.blocks[1]);
}

Status Evaluator::executeLoop(const Statement &statement, std::vector<Value> items) {
  auto loop = std::make_shared<Loop>();
  loop->items = std::move(items);
  for (; loop->index < loop->items.size(); ++loop->index) {
    GRAPHC_RETURN_IF_ERROR(context.budget.step());
    Scopes::Inner scope(scopes);
    GRAPHC_RETURN_IF_ERROR(assign(statement.target, loop->items[loop->index]));
    scopes.set("loop", Value::loop(loop));
    GRAPHC_RETURN_IF_ERROR(execute(statement.blocks[0]));
    if (std::exchange(flow, Flow::Normal) == Flow::Break)
      break;
  }
  return {};
}

Status Evaluator::executeSet(const Statement &statement) {
  Expected<Value> value = statement.kind == StatementKind::Set ? evaluate(*statement.expressions[0])
                                                               : capture(statement.blocks[0]);
  if (!value)
    return value.status();
  return assign(statement.target, *std::move(value));
}

Status Evaluator::assign(const Target &target, Value value) {
  if (target.unpack) {
    GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, value));
    if (items.size() != target.names.size())
      return badInput("expected " + std::to_string(target.names.size()) +
                      " values to assign, but got " + std::to_string(items.size()));
    for (size_t i = 0; i < items.size(); ++i)
      scopes.set(target.names[i], std::move(items[i]));
    return {};
  }
  if (target.attribute.empty()) {
    scopes.set(target.names[0], std::move(value));
    return {};
  }
  Value object = lookUp(target.names[0]);
  if (!object.is(Kind::Namespace))
    return badInput("expected a namespace to set '" + target.attribute + "' of, but got " +
                    object.describe());
  GRAPHC_RETURN_IF_ERROR(checkMember(value));
  object.asNamespace().members[target.attribute] = std::move(value);
  return {};
}

Expected<Value> Evaluator::capture(const Block &block) {
  Scopes::Inner scope(scopes);
  std::string outer = std::exchange(output, {});
  const bool wasCapturing = std::exchange(isCapturing, true);
  Status status = execute(block);
  isCapturing = wasCapturing;
  std::string captured = std::exchange(output, std::move(outer));
  GRAPHC_RETURN_IF_ERROR(status);
  GRAPHC_RETURN_IF_ERROR(newString(context.budget, "").status()); // Its bytes are counted.
  return Value::string(std::move(captured));
}

} // namespace graphc::jinja
