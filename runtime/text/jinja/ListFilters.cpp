// Filters of lists and mappings.
#include "runtime/text/jinja/FunctionSupport.h"

#include "runtime/text/Unicode.h"
#include "runtime/text/jinja/Operations.h"
#include "runtime/text/jinja/ValueText.h"

#include <algorithm>
#include <iterator>

namespace graphc::jinja {

namespace {

using Result = Expected<Value>;

Result list(Context &context, const Value &self, const Arguments &) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  return newSequence(context.budget, std::move(items));
}

template <bool Last>
Result endItem(Context &context, const Value &self, const Arguments &) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  if (items.empty())
    return Value::undefined(Last ? "the last item of nothing" : "the first item of nothing");
  return Last ? items.back() : items.front();
}

Result join(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  GRAPHC_ASSIGN_OR_RETURN(std::string separator, toText(context.budget, arguments[0]));
  std::string result;
  for (size_t i = 0; i < items.size(); ++i) {
    if (arguments.has(1)) {
      GRAPHC_ASSIGN_OR_RETURN(items[i], attributeAt(context, items[i], arguments[1]));
    }
    GRAPHC_ASSIGN_OR_RETURN(std::string text, toText(context.budget, items[i]));
    GRAPHC_RETURN_IF_ERROR(context.budget.use(text.size() + separator.size()));
    result += i ? separator : "";
    result += text;
  }
  return newString(context.budget, std::move(result));
}

Result reverse(Context &context, const Value &self, const Arguments &) {
  if (self.is(Kind::String))
    return slice(context.budget, self, {.start = {}, .stop = {}, .step = -1});
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  std::reverse(items.begin(), items.end());
  return newSequence(context.budget, std::move(items));
}

Result items(Context &context, const Value &self, const Arguments &) {
  if (self.is(Kind::Undefined))
    return newSequence(context.budget, {});
  if (!self.is(Kind::Mapping))
    return badInput("expected a mapping, but got " + self.describe());
  return itemPairs(context, self);
}

/// Values beside what they are sorted by.
struct Keyed {
  Value key, value;
};

Expected<std::vector<Keyed>> keyed(Context &context, const Value &list, const Value &path,
                                   bool caseSensitive) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, list));
  std::vector<Keyed> result;
  for (Value &item : items) {
    GRAPHC_ASSIGN_OR_RETURN(Value key, sortKey(context, item, path, caseSensitive));
    result.push_back({std::move(key), std::move(item)});
  }
  return result;
}

/// Merges sorted runs of growing length, which is stable, and safe where NaNs have no order.
Status sortByKey(Context &context, std::vector<Keyed> &list, bool reversed) {
  Status failure;
  auto less = [&](const Keyed &a, const Keyed &b) {
    if (!failure.ok())
      return false;
    Expected<int> place =
        reversed ? order(context.budget, b.key, a.key) : order(context.budget, a.key, b.key);
    if (!place)
      failure = place.status();
    return place.ok() && *place < 0;
  };
  auto at = [&](size_t place) {
    return list.begin() + static_cast<ptrdiff_t>(std::min(place, list.size()));
  };
  for (size_t run = 1; run < list.size() && failure.ok(); run *= 2) {
    std::vector<Keyed> merged;
    merged.reserve(list.size());
    for (size_t start = 0; start < list.size(); start += 2 * run)
      std::merge(at(start), at(start + run), at(start + run), at(start + 2 * run),
                 std::back_inserter(merged), less);
    list = std::move(merged);
  }
  return failure;
}

Result valuesOf(Context &context, std::vector<Keyed> list) {
  std::vector<Value> values;
  for (Keyed &entry : list)
    values.push_back(std::move(entry.value));
  return newSequence(context.budget, std::move(values));
}

Result sort(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Keyed> list,
                          keyed(context, self, arguments[2], arguments[1].truthy()));
  GRAPHC_RETURN_IF_ERROR(sortByKey(context, list, arguments[0].truthy()));
  return valuesOf(context, std::move(list));
}

Result dictSort(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(Value pairs, items(context, self, {}));
  int64_t member = 0;
  if (arguments.has(1)) {
    GRAPHC_ASSIGN_OR_RETURN(std::string by, stringArgument(arguments, 1));
    if (by != "key" && by != "value")
      return badInput("expected to sort by 'key' or 'value', but got something else");
    member = by == "value";
  }
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Keyed> list,
                          keyed(context, pairs, Value::integer(member), arguments[0].truthy()));
  GRAPHC_RETURN_IF_ERROR(sortByKey(context, list, arguments[2].truthy()));
  return valuesOf(context, std::move(list));
}

Result unique(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Keyed> list,
                          keyed(context, self, arguments[1], arguments[0].truthy()));
  std::vector<Keyed> kept;
  for (Keyed &entry : list) {
    bool known = false;
    for (size_t i = 0; i < kept.size() && !known; ++i) {
      GRAPHC_ASSIGN_OR_RETURN(known, equal(context.budget, kept[i].key, entry.key));
    }
    if (!known)
      kept.push_back(std::move(entry));
  }
  return valuesOf(context, std::move(kept));
}

template <bool Largest>
Result extreme(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Keyed> list,
                          keyed(context, self, arguments[1], arguments[0].truthy()));
  if (list.empty())
    return Value::undefined("the extreme of nothing");
  Keyed best = list.front();
  for (const Keyed &entry : list) {
    GRAPHC_ASSIGN_OR_RETURN(int place, order(context.budget, entry.key, best.key));
    if (Largest ? place > 0 : place < 0)
      best = entry;
  }
  return best.value;
}

Result sum(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> items, itemsOf(context.budget, self));
  Value result = arguments[1].is(Kind::Undefined) ? Value::integer(0) : arguments[1];
  for (Value &item : items) {
    if (arguments.has(0)) {
      GRAPHC_ASSIGN_OR_RETURN(item, attributeAt(context, item, arguments[0]));
    }
    GRAPHC_ASSIGN_OR_RETURN(result, arithmetic(context.budget, Operator::Add, result, item));
  }
  return result;
}

constexpr Function kFilters[] = {
    {"list", "", list},
    {"first", "", endItem<false>},
    {"last", "", endItem<true>},
    {"join", "d? attribute?", join},
    {"reverse", "", reverse},
    {"items", "", items},
    {"sort", "reverse? case_sensitive? attribute?", sort},
    {"dictsort", "case_sensitive? by? reverse?", dictSort},
    {"unique", "case_sensitive? attribute?", unique},
    {"min", "case_sensitive? attribute?", extreme<false>},
    {"max", "case_sensitive? attribute?", extreme<true>},
    {"sum", "attribute? start?", sum},
};

} // namespace

FunctionTable listFilters() { return kFilters; }

} // namespace graphc::jinja
