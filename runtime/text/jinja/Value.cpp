#include "runtime/text/jinja/Value.h"

#include "runtime/base/Escape.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

/// About what a small string takes beside its letters.
constexpr size_t kStringOverhead = 64;

constexpr const char *kKindNames[] = {
    "an undefined value", "none",        "a boolean", "an integer", "a float", "a string", "a list",
    "a mapping",          "a namespace", "the loop",  "a function"};

} // namespace

Value Value::undefined(std::string_view name) {
  // A message shows no more of it, and a key may be a text of any length.
  constexpr size_t kMostName = 200;
  return Value(NoValue{std::make_shared<const std::string>(name.substr(0, kMostName))});
}

Value Value::string(std::string text) {
  return Value(std::make_shared<const std::string>(std::move(text)));
}

Value Value::sequence(std::vector<Value> items, bool tuple) {
  auto result = std::make_shared<Sequence>();
  for (const Value &item : items)
    result->depth = std::max(result->depth, item.depth() + 1);
  result->items = std::move(items);
  result->isTuple = tuple;
  return Value(std::shared_ptr<const Sequence>(std::move(result)));
}

Value Value::mapping(std::vector<Entry> entries) {
  return Value(std::make_shared<const Mapping>(std::move(entries)));
}

Value Value::nameSpace() { return Value(std::make_shared<Namespace>()); }

Value Value::callable(const Function &function, Value self) {
  return Value(std::make_shared<const Callable>(Callable{&function, std::move(self), nullptr}));
}

Value Value::macro(const Statement &macro) {
  return Value(std::make_shared<const Callable>(Callable{nullptr, Value(), &macro}));
}

const std::vector<Value> &Value::items() const { return asSequence().items; }

bool Value::truthy() const {
  switch (kind()) {
  case Kind::Undefined:
  case Kind::None:
    return false;
  case Kind::Boolean:
  case Kind::Integer:
    return asInteger() != 0;
  case Kind::Float:
    return asNumber() != 0;
  case Kind::String:
    return !text().empty();
  case Kind::Sequence:
    return !items().empty();
  case Kind::Mapping:
    return !asMapping().entries.empty();
  default:
    return true;
  }
}

int Value::depth() const {
  if (is(Kind::Sequence))
    return asSequence().depth;
  return is(Kind::Mapping) ? asMapping().depth : 0;
}

std::string Value::describe() const {
  if (is(Kind::Undefined) && std::get<NoValue>(storage).name)
    return "'" + escapeForMessage(*std::get<NoValue>(storage).name) + "', which is undefined";
  return kKindNames[static_cast<size_t>(kind())];
}

Mapping::Mapping(std::vector<Entry> all) {
  entries.reserve(all.size()); // Keys must not move from here on.
  for (Entry &entry : all) {
    depth = std::max(depth, entry.second.depth() + 1);
    if (auto known = places.find(entry.first); known != places.end()) {
      entries[known->second].second = std::move(entry.second);
      continue;
    }
    entries.push_back(std::move(entry));
    places.emplace(entries.back().first, entries.size() - 1);
  }
}

const Value *Mapping::find(std::string_view key) const {
  auto place = places.find(key);
  return place == places.end() ? nullptr : &entries[place->second].second;
}

Status checkMember(const Value &value) {
  if (value.is(Kind::Namespace) || value.is(Kind::Loop))
    return unsupported(value.describe() + " cannot be part of another value");
  // What a method is of would be nested without being counted, or hold itself.
  if (value.is(Kind::Callable) && !value.asCallable().self.is(Kind::Undefined))
    return unsupported("a method cannot be part of another value");
  if (value.depth() >= kMaxValueDepth)
    return badInput("lists and mappings nested deeper than " + std::to_string(kMaxValueDepth) +
                    " levels");
  return {};
}

Expected<Value> newString(Budget &budget, std::string text) {
  GRAPHC_RETURN_IF_ERROR(budget.use(text.size() + kStringOverhead));
  return Value::string(std::move(text));
}

Expected<Value> newSequence(Budget &budget, std::vector<Value> items, bool tuple) {
  GRAPHC_RETURN_IF_ERROR(budget.use(kStringOverhead + items.size() * sizeof(Value)));
  for (const Value &item : items)
    GRAPHC_RETURN_IF_ERROR(checkMember(item));
  return Value::sequence(std::move(items), tuple);
}

Expected<Value> newMapping(Budget &budget, std::vector<Entry> entries) {
  size_t bytes = kStringOverhead;
  for (const Entry &entry : entries) {
    bytes += 2 * kStringOverhead + sizeof(Entry) + entry.first.size();
    GRAPHC_RETURN_IF_ERROR(checkMember(entry.second));
  }
  GRAPHC_RETURN_IF_ERROR(budget.use(bytes));
  return Value::mapping(std::move(entries));
}

} // namespace graphc::jinja
