// Functions, filters, tests and methods: rows of tables, from a name to what it does.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_FUNCTION_H
#define GRAPHC_RUNTIME_TEXT_JINJA_FUNCTION_H

#include "runtime/text/jinja/Value.h"

#include <ctime>
#include <functional>
#include <span>

namespace graphc::jinja {

/// What functions may use of the world: their share of the limits, and the time.
struct Context {
  Budget budget;
  std::time_t now;
};

struct Arguments {
  std::vector<Value> positional = {};
  std::vector<Entry> named = {};

  const Value &operator[](size_t index) const { return positional[index]; }
  /// Was the argument given, and not as none?
  bool has(size_t index) const {
    return !positional[index].is(Kind::Undefined) && !positional[index].is(Kind::None);
  }
};

struct Function {
  const char *name;
  /// Names in order, with blanks between; "?" behind those that may be left out. A function gets
  /// one positional argument for each, undefined for those that were not given. "*" for a function
  /// that takes arguments as they come.
  const char *parameters;
  /// `self`: what is filtered or tested, or what a method belongs to.
  Expected<Value> (*run)(Context &context, const Value &self, const Arguments &arguments);
};

using FunctionTable = std::span<const Function>;

/// The row of a name, or null.
const Function *findFunction(FunctionTable table, std::string_view name);
/// The names of a table, for messages.
std::string functionNames(FunctionTable table);

/// Puts arguments in the order of the parameters and runs the function. BadInput, with the name of
/// the function, for arguments that it does not have and those that are missing.
Expected<Value> callFunction(Context &context, const Function &function, const Value &self,
                             Arguments arguments);

// The tables.
FunctionTable globalFunctions();
FunctionTable textFilters();
FunctionTable listFilters();
FunctionTable selectFilters();
FunctionTable tests();
FunctionTable stringMethods();
FunctionTable mappingMethods();
FunctionTable listMethods();
FunctionTable loopMethods();

/// Unsupported, with the names that there are, for an unknown one.
Expected<Value> applyFilter(Context &context, const std::string &name, const Value &input,
                            Arguments arguments);
Expected<bool> applyTest(Context &context, const std::string &name, const Value &input,
                         Arguments arguments);

/// The method of a value, as something to call; undefined when it has none of this name.
Value methodOf(const Value &object, const std::string &name);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_FUNCTION_H
