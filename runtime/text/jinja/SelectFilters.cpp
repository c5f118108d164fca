// Filters that apply other filters and tests to the items of a list.
#include "runtime/text/jinja/FunctionSupport.h"

#include "runtime/text/jinja/Operations.h"

namespace graphc::jinja {

namespace {

using Result = Expected<Value>;

/// Arguments from one on, with the names that all have.
Arguments rest(const Arguments &arguments, size_t from) {
  Arguments result{.positional = {}, .named = arguments.named};
  for (size_t i = from; i < arguments.positional.size(); ++i)
    result.positional.push_back(arguments[i]);
  return result;
}

const Value *findNamed(const Arguments &arguments, std::string_view name) {
  for (const Entry &entry : arguments.named)
    if (entry.first == name)
      return &entry.second;
  return nullptr;
}

Result mapAttribute(Context &context, const Value &item, const Arguments &arguments) {
  const Value *path = findNamed(arguments, "attribute");
  if (!path)
    return badInput("expected the name of a filter or an attribute, but got neither");
  GRAPHC_ASSIGN_OR_RETURN(Value value, attributeAt(context, item, *path));
  const Value *otherwise = findNamed(arguments, "default");
  return value.is(Kind::Undefined) && otherwise ? *otherwise : value;
}

// As in jinja2, nothing comes of what is false, whatever it is: none has no items to look at.

Result mapFilter(Context &context, const Value &self, const Arguments &arguments) {
  if (!self.truthy())
    return newSequence(context.budget, {});
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  std::string name;
  if (!arguments.positional.empty()) {
    GRAPHC_ASSIGN_OR_RETURN(name, stringArgument(arguments, 0));
  }
  for (Value &item : items) {
    GRAPHC_RETURN_IF_ERROR(context.budget.step());
    Result mapped = name.empty() ? mapAttribute(context, item, arguments)
                                 : applyFilter(context, name, item, rest(arguments, 1));
    GRAPHC_ASSIGN_OR_RETURN(item, std::move(mapped));
  }
  return newSequence(context.budget, std::move(items));
}

/// Does the value, or its member, pass the test that the arguments from `first` on name? Without
/// one: is it true?
Expected<bool> passes(Context &context, const Value &value, const Arguments &arguments,
                      size_t first) {
  if (arguments.positional.size() <= first)
    return value.truthy();
  GRAPHC_ASSIGN_OR_RETURN(std::string name, stringArgument(arguments, first));
  return applyTest(context, name, value, rest(arguments, first + 1));
}

template <bool Wanted, bool ByAttribute>
Result select(Context &context, const Value &self, const Arguments &arguments) {
  if (!self.truthy())
    return newSequence(context.budget, {});
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  if (ByAttribute && arguments.positional.empty())
    return badInput("expected the name of an attribute, but got nothing");
  std::vector<Value> kept;
  for (Value &item : items) {
    GRAPHC_RETURN_IF_ERROR(context.budget.step());
    Value value = item;
    if (ByAttribute) {
      GRAPHC_ASSIGN_OR_RETURN(value, attributeAt(context, item, arguments[0]));
    }
    GRAPHC_ASSIGN_OR_RETURN(bool holds, passes(context, value, arguments, ByAttribute));
    if (holds == Wanted)
      kept.push_back(std::move(item));
  }
  return newSequence(context.budget, std::move(kept));
}

constexpr Function kFilters[] = {
    {"map", "*", mapFilter},
    {"select", "*", select<true, false>},
    {"reject", "*", select<false, false>},
    {"selectattr", "*", select<true, true>},
    {"rejectattr", "*", select<false, true>},
};

} // namespace

FunctionTable selectFilters() { return kFilters; }

} // namespace graphc::jinja
