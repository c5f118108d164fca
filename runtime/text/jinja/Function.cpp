#include "runtime/text/jinja/Function.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"
#include "runtime/text/jinja/Strings.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

struct Parameter {
  std::string_view name;
  bool optional;
};

std::vector<Parameter> parametersOf(const Function &function) {
  std::vector<Parameter> result;
  for (std::string_view word : split(function.parameters, std::nullopt, -1)) {
    bool optional = word.ends_with('?');
    result.push_back({word.substr(0, word.size() - optional), optional});
  }
  return result;
}

Status wrong(const Function &function, const std::string &what) {
  return badInput(std::string(function.name) + "(): " + what);
}

/// Puts the named arguments where they belong.
Status bind(const Function &function, Arguments &arguments) {
  std::vector<Parameter> parameters = parametersOf(function);
  std::vector<Value> &values = arguments.positional;
  if (values.size() > parameters.size())
    return wrong(function, "expected at most " + std::to_string(parameters.size()) +
                               " arguments, but got " + std::to_string(values.size()));
  std::vector<bool> given(parameters.size());
  std::fill_n(given.begin(), values.size(), true);
  values.resize(parameters.size());
  for (Entry &argument : arguments.named) {
    auto place = std::find_if(parameters.begin(), parameters.end(),
                              [&](const Parameter &p) { return p.name == argument.first; });
    if (place == parameters.end())
      return wrong(function, "there is no argument '" + escapeForMessage(argument.first) + "'");
    auto index = static_cast<size_t>(place - parameters.begin());
    if (given[index])
      return wrong(function, "the argument '" + argument.first + "' is given twice");
    given[index] = true;
    values[index] = std::move(argument.second);
  }
  for (size_t i = 0; i < parameters.size(); ++i)
    if (!given[i] && !parameters[i].optional)
      return wrong(function, "the argument '" + std::string(parameters[i].name) + "' is missing");
  return {};
}

/// The first table's row of a name, or null.
const Function *findIn(std::span<const FunctionTable> tables, std::string_view name) {
  for (FunctionTable table : tables)
    if (const Function *found = findFunction(table, name))
      return found;
  return nullptr;
}

Status unknown(const char *what, const std::string &name, std::span<const FunctionTable> tables) {
  return unsupported(std::string("there is no ") + what + " '" + escapeForMessage(name) +
                     "'; expected one of " + listText(tables, functionNames));
}

} // namespace

const Function *findFunction(FunctionTable table, std::string_view name) {
  auto found =
      std::find_if(table.begin(), table.end(), [&](const Function &f) { return f.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string functionNames(FunctionTable table) { return listText(table, &Function::name); }

Expected<Value> callFunction(Context &context, const Function &function, const Value &self,
                             Arguments arguments) {
  DepthGuard guard(context.budget); // A filter may apply a filter, and so on.
  GRAPHC_RETURN_IF_ERROR(guard.status);
  GRAPHC_RETURN_IF_ERROR(context.budget.use(arguments.positional.size() * sizeof(Value) +
                                            arguments.named.size() * sizeof(Entry)));
  if (function.parameters != std::string_view("*"))
    GRAPHC_RETURN_IF_ERROR(bind(function, arguments));
  Expected<Value> result = function.run(context, self, arguments);
  if (!result)
    return result.status().withContext(std::string(function.name) + "()");
  return result;
}

Expected<Value> applyFilter(Context &context, const std::string &name, const Value &input,
                            Arguments arguments) {
  const FunctionTable tables[] = {textFilters(), listFilters(), selectFilters()};
  const Function *filter = findIn(tables, name);
  if (!filter)
    return unknown("filter", name, tables);
  return callFunction(context, *filter, input, std::move(arguments));
}

Expected<bool> applyTest(Context &context, const std::string &name, const Value &input,
                         Arguments arguments) {
  const FunctionTable tables[] = {tests()};
  const Function *test = findIn(tables, name);
  if (!test)
    return unknown("test", name, tables);
  GRAPHC_ASSIGN_OR_RETURN(Value result, callFunction(context, *test, input, std::move(arguments)));
  return result.truthy();
}

Value methodOf(const Value &object, const std::string &name) {
  FunctionTable table;
  if (object.is(Kind::String))
    table = stringMethods();
  else if (object.is(Kind::Mapping))
    table = mappingMethods();
  else if (object.is(Kind::Sequence))
    table = listMethods();
  else if (object.is(Kind::Loop))
    table = loopMethods();
  const Function *method = findFunction(table, name);
  return method ? Value::callable(*method, object) : Value::undefined(name);
}

} // namespace graphc::jinja
