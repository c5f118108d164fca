// Functions that every template has.
#include "runtime/text/jinja/FunctionSupport.h"

#include "runtime/base/Escape.h"
#include "runtime/text/jinja/ValueText.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

Expected<int64_t> rangeBound(const Arguments &arguments, size_t index) {
  if (!arguments[index].isIntegral())
    return badInput("expected integers, but got " + arguments[index].describe());
  return arguments[index].asInteger();
}

Expected<Value> range(Context &context, const Value &, const Arguments &arguments) {
  size_t count = arguments.positional.size();
  if (count < 1 || count > 3 || !arguments.named.empty())
    return badInput("expected 1 to 3 arguments, but got " +
                    std::to_string(count + arguments.named.size()));
  int64_t start = 0, step = 1;
  if (count > 1) {
    GRAPHC_ASSIGN_OR_RETURN(start, rangeBound(arguments, 0));
  }
  GRAPHC_ASSIGN_OR_RETURN(int64_t stop, rangeBound(arguments, count > 1 ? 1 : 0));
  if (count > 2) {
    GRAPHC_ASSIGN_OR_RETURN(step, rangeBound(arguments, 2));
  }
  if (step == 0)
    return badInput("the step is 0");
  std::vector<Value> items;
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (static_cast<int64_t>(items.size()) == kMaxRange)
      return badInput("expected at most " + std::to_string(kMaxRange) + " items, but got more");
    items.push_back(Value::integer(i));
    if (__builtin_add_overflow(i, step, &i))
      break;
  }
  return newSequence(context.budget, std::move(items));
}

/// Of a mapping, if one is given, and of the named arguments behind it.
Expected<std::vector<Entry>> entriesOf(const Arguments &arguments) {
  std::vector<Entry> entries;
  if (arguments.positional.size() > 1 ||
      (!arguments.positional.empty() && !arguments[0].is(Kind::Mapping)))
    return badInput("expected a mapping and named arguments, but got " +
                    arguments.positional.back().describe());
  if (!arguments.positional.empty())
    entries = arguments[0].asMapping().entries;
  entries.insert(entries.end(), arguments.named.begin(), arguments.named.end());
  return entries;
}

Expected<Value> makeMapping(Context &context, const Value &, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Entry> entries, entriesOf(arguments));
  return newMapping(context.budget, std::move(entries));
}

Expected<Value> makeNamespace(Context &context, const Value &, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Entry> entries, entriesOf(arguments));
  GRAPHC_RETURN_IF_ERROR(context.budget.use(sizeof(Namespace) + entries.size() * sizeof(Entry)));
  Value result = Value::nameSpace();
  for (Entry &entry : entries) {
    GRAPHC_RETURN_IF_ERROR(checkMember(entry.second));
    result.asNamespace().members[entry.first] = std::move(entry.second);
  }
  return result;
}

Expected<Value> raiseException(Context &context, const Value &, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::string message, toText(context.budget, arguments[0]));
  return badInput("the template refuses: " + escapeForMessage(message, 500));
}

Expected<Value> strftimeNow(Context &context, const Value &, const Arguments &arguments) {
  static constexpr std::string_view kKnown = "aAbBcdeDFgGHhIjklmMnpPrRsStTuUVwWxXyYzZ%-_0^#";
  GRAPHC_ASSIGN_OR_RETURN(std::string format, stringArgument(arguments, 0));
  if (format.size() > 1000)
    return badInput("expected a format of at most 1000 bytes, but got " +
                    std::to_string(format.size()));
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%')
      continue;
    if (++i == format.size() || kKnown.find(format[i]) == std::string_view::npos)
      return unsupported("expected a conversion of strftime, but got '" +
                         escapeForMessage(format.substr(i - 1, 2)) + "'");
  }
  std::tm local{};
  localtime_r(&context.now, &local);
  // A letter in front tells a result that is empty from one that does not fit.
  std::string text(1 + 64 * format.size() + 64, 0);
  text.resize(std::strftime(text.data(), text.size(), (" " + format).c_str(), &local));
  return newString(context.budget, text.empty() ? "" : text.substr(1));
}

constexpr Function kGlobals[] = {
    {"range", "*", range},
    {"dict", "*", makeMapping},
    {"namespace", "*", makeNamespace},
    {"raise_exception", "message", raiseException},
    {"strftime_now", "format", strftimeNow},
};

//===- loop ----------------------------------------------------------------===//

Expected<Value> loopCycle(Context &, const Value &self, const Arguments &arguments) {
  if (arguments.positional.empty())
    return badInput("expected an argument, but got none");
  return arguments[self.asLoop().index % arguments.positional.size()];
}

Expected<Value> loopChanged(Context &context, const Value &self, const Arguments &arguments) {
  Loop &loop = self.asLoop();
  GRAPHC_ASSIGN_OR_RETURN(Value now, newSequence(context.budget, arguments.positional));
  bool same = false;
  if (loop.lastSeen) {
    GRAPHC_ASSIGN_OR_RETURN(Value before, newSequence(context.budget, *loop.lastSeen));
    const Function *equals = findFunction(tests(), "eq");
    GRAPHC_ASSIGN_OR_RETURN(Value result,
                            callFunction(context, *equals, before, Arguments{.positional = {now}}));
    same = result.truthy();
  }
  loop.lastSeen = std::make_shared<std::vector<Value>>(now.items());
  return Value::boolean(!same);
}

constexpr Function kLoopMethods[] = {{"cycle", "*", loopCycle}, {"changed", "*", loopChanged}};

} // namespace

FunctionTable globalFunctions() { return kGlobals; }
FunctionTable loopMethods() { return kLoopMethods; }

} // namespace graphc::jinja
