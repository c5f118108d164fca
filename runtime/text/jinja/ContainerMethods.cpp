// Methods of mappings and lists, as in Python; those that would change them are not there.
#include "runtime/text/jinja/FunctionSupport.h"

#include "runtime/text/jinja/Operations.h"

namespace graphc::jinja {

namespace {

using Result = Expected<Value>;

Result keys(Context &context, const Value &self, const Arguments &) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  return newSequence(context.budget, std::move(items));
}

Result values(Context &context, const Value &self, const Arguments &) {
  std::vector<Value> items;
  GRAPHC_RETURN_IF_ERROR(context.budget.use(self.asMapping().entries.size() * sizeof(Value)));
  for (const Entry &entry : self.asMapping().entries)
    items.push_back(entry.second);
  return newSequence(context.budget, std::move(items));
}

Result items(Context &context, const Value &self, const Arguments &) {
  return itemPairs(context, self);
}

Result get(Context &, const Value &self, const Arguments &arguments) {
  const Value *found =
      arguments[0].is(Kind::String) ? self.asMapping().find(arguments[0].text()) : nullptr;
  if (found)
    return *found;
  return arguments[1].is(Kind::Undefined) ? Value::none() : arguments[1];
}

Result copy(Context &, const Value &self, const Arguments &) { return self; }

constexpr Function kMappingMethods[] = {{"keys", "", keys},
                                        {"values", "", values},
                                        {"items", "", items},
                                        {"get", "key default?", get},
                                        {"copy", "", copy}};

Result count(Context &context, const Value &self, const Arguments &arguments) {
  int64_t number = 0;
  for (const Value &item : self.items()) {
    GRAPHC_ASSIGN_OR_RETURN(bool same, equal(context.budget, item, arguments[0]));
    number += same;
  }
  return Value::integer(number);
}

Result index(Context &context, const Value &self, const Arguments &arguments) {
  for (size_t i = 0; i < self.items().size(); ++i) {
    GRAPHC_ASSIGN_OR_RETURN(bool same, equal(context.budget, self.items()[i], arguments[0]));
    if (same)
      return Value::integer(static_cast<int64_t>(i));
  }
  return badInput("the item is not in the list");
}

constexpr Function kListMethods[] = {
    {"count", "value", count}, {"index", "value", index}, {"copy", "", copy}};

} // namespace

FunctionTable mappingMethods() { return kMappingMethods; }
FunctionTable listMethods() { return kListMethods; }

} // namespace graphc::jinja
