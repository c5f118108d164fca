#include "runtime/text/jinja/Operations.h"

#include "runtime/text/Unicode.h"
#include "runtime/text/jinja/Strings.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

Expected<std::vector<Value>> charactersOf(Budget &budget, const std::string &text) {
  std::vector<Value> result;
  for (size_t i = 0; i < text.size();) {
    DecodedChar c = decodeChar(text, i);
    GRAPHC_ASSIGN_OR_RETURN(Value character, newString(budget, text.substr(i, c.length)));
    result.push_back(std::move(character));
    i += c.length;
  }
  return result;
}

/// Of `count` items from start on, by a step; every index is in range.
struct Range {
  int64_t start, step, count;
};

/// Python's rules: bounds count from the end when negative, and are clamped.
Range resolve(const SliceBounds &bounds, int64_t length) {
  int64_t step = bounds.step.value_or(1);
  int64_t low = step > 0 ? 0 : -1;
  int64_t high = step > 0 ? length : length - 1;
  auto place = [&](std::optional<int64_t> bound, int64_t otherwise) {
    if (!bound)
      return otherwise;
    return std::clamp(*bound < 0 ? *bound + length : *bound, low, high);
  };
  int64_t start = place(bounds.start, step > 0 ? low : high);
  int64_t stop = place(bounds.stop, step > 0 ? high : low);
  int64_t distance = step > 0 ? stop - start : start - stop;
  // Written so that no step, however large, wraps.
  uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : -static_cast<uint64_t>(step);
  uint64_t count = distance <= 0 ? 0 : (static_cast<uint64_t>(distance) - 1) / stride + 1;
  return {start, step, static_cast<int64_t>(count)};
}

Expected<Value> sliceText(Budget &budget, const std::string &text, const SliceBounds &bounds) {
  GRAPHC_RETURN_IF_ERROR(budget.scan(text.size()));
  Range range = resolve(bounds, static_cast<int64_t>(length(text)));
  auto offset = [&](int64_t place) { return offsetOf(text, static_cast<size_t>(place)); };
  if (range.step == 1) {
    size_t start = offset(range.start);
    size_t stop = offset(range.start + range.count);
    return newString(budget, text.substr(start, stop - start));
  }
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Value> characters, charactersOf(budget, text));
  std::string result;
  for (int64_t i = 0; i < range.count; ++i)
    result += characters[static_cast<size_t>(range.start + i * range.step)].text();
  return newString(budget, std::move(result));
}

Expected<Value> characterAt(Budget &budget, const std::string &text, int64_t index) {
  GRAPHC_RETURN_IF_ERROR(budget.scan(index < 0 ? text.size() : static_cast<size_t>(index)));
  int64_t place = index < 0 ? index + static_cast<int64_t>(length(text)) : index;
  if (place < 0 || place >= static_cast<int64_t>(text.size()))
    return Value::undefined("string[" + std::to_string(index) + "]");
  size_t offset = offsetOf(text, static_cast<size_t>(place));
  if (offset >= text.size())
    return Value::undefined("string[" + std::to_string(index) + "]");
  return newString(budget, text.substr(offset, decodeChar(text, offset).length));
}

Value itemAt(const std::vector<Value> &items, int64_t index) {
  auto size = static_cast<int64_t>(items.size());
  int64_t place = index < 0 ? index + size : index;
  if (place >= 0 && place < size)
    return items[static_cast<size_t>(place)];
  return Value::undefined("list[" + std::to_string(index) + "]");
}

} // namespace

Expected<std::vector<Value>> itemsOf(Budget &budget, const Value &value) {
  switch (value.kind()) {
  case Kind::Undefined:
    return std::vector<Value>();
  case Kind::String:
    return charactersOf(budget, value.text());
  case Kind::Sequence:
    GRAPHC_RETURN_IF_ERROR(budget.use(value.items().size() * sizeof(Value)));
    return value.items();
  case Kind::Mapping: {
    std::vector<Value> keys;
    for (const Entry &entry : value.asMapping().entries) {
      GRAPHC_ASSIGN_OR_RETURN(Value key, newString(budget, entry.first));
      keys.push_back(std::move(key));
    }
    return keys;
  }
  default:
    return badInput("expected something with items, but got " + value.describe());
  }
}

Expected<int64_t> lengthOf(Budget &budget, const Value &value) {
  switch (value.kind()) {
  case Kind::Undefined:
    return int64_t(0);
  case Kind::String:
    GRAPHC_RETURN_IF_ERROR(budget.scan(value.text().size()));
    return static_cast<int64_t>(length(value.text()));
  case Kind::Sequence:
    return static_cast<int64_t>(value.items().size());
  case Kind::Mapping:
    return static_cast<int64_t>(value.asMapping().entries.size());
  default:
    return badInput("expected something with a length, but got " + value.describe());
  }
}

Expected<Value> subscript(Budget &budget, const Value &object, const Value &key) {
  if (object.is(Kind::Undefined))
    return badInput("expected a value with members, but got " + object.describe());
  if (object.is(Kind::Mapping) && key.is(Kind::String)) {
    const Value *found = object.asMapping().find(key.text());
    return found ? *found : Value::undefined(key.text());
  }
  if (object.is(Kind::Sequence) && key.isIntegral())
    return itemAt(object.items(), key.asInteger());
  if (object.is(Kind::String) && key.isIntegral())
    return characterAt(budget, object.text(), key.asInteger());
  return Value::undefined(key.is(Kind::String) ? key.text() : "a member by " + key.describe());
}

Expected<Value> slice(Budget &budget, const Value &object, const SliceBounds &bounds) {
  if (bounds.step == 0)
    return badInput("the step of a slice is 0");
  if (object.is(Kind::String))
    return sliceText(budget, object.text(), bounds);
  if (!object.is(Kind::Sequence))
    return badInput("expected a list or a string to slice, but got " + object.describe());
  const std::vector<Value> &items = object.items();
  Range range = resolve(bounds, static_cast<int64_t>(items.size()));
  GRAPHC_RETURN_IF_ERROR(budget.use(static_cast<size_t>(range.count) * sizeof(Value)));
  std::vector<Value> result;
  for (int64_t i = 0; i < range.count; ++i)
    result.push_back(items[static_cast<size_t>(range.start + i * range.step)]);
  return Value::sequence(std::move(result), object.asSequence().isTuple);
}

} // namespace graphc::jinja
