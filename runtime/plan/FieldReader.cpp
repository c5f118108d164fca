#include "runtime/plan/FieldReader.h"

#include "runtime/base/Escape.h"

#include <cmath>

namespace graphc {

/// What readers of absent fields point at.
static const Json kAbsent;

FieldReader FieldReader::operator[](std::string_view key) const {
  FieldReader missing(kAbsent, this, key, kNoIndex);
  if (!ok() || !expect(value->is_object(), "an object"))
    return missing;
  auto found = value->find(key);
  if (found != value->end())
    return FieldReader(*found, this, key, kNoIndex);
  missing.fail("the key is missing");
  return missing;
}

FieldReader FieldReader::operator[](size_t at) const {
  FieldReader missing(kAbsent, this, "", at);
  if (!ok() || !expect(value->is_array(), "an array"))
    return missing;
  if (at < value->size())
    return FieldReader((*value)[at], this, "", at);
  missing.fail("the element is missing");
  return missing;
}

std::optional<FieldReader> FieldReader::optional(std::string_view key) const {
  if (!ok() || !expect(value->is_object(), "an object"))
    return std::nullopt;
  auto found = value->find(key);
  if (found == value->end() || found->is_null())
    return std::nullopt;
  return FieldReader(*found, this, key, kNoIndex);
}

int64_t FieldReader::integer(int64_t min, int64_t max) const {
  if (!ok())
    return min;
  bool inRange = false;
  if (value->is_number_unsigned()) {
    uint64_t number = value->get<uint64_t>();
    inRange = max >= 0 && number <= static_cast<uint64_t>(max) &&
              (min <= 0 || number >= static_cast<uint64_t>(min));
  } else if (value->is_number_integer()) {
    int64_t number = value->get<int64_t>();
    inRange = number >= min && number <= max;
  }
  bool good =
      expect(inRange, "an integer in [" + std::to_string(min) + ", " + std::to_string(max) + "]");
  return good ? value->get<int64_t>() : min;
}

uint64_t FieldReader::size(uint64_t max) const {
  if (!ok())
    return 0;
  bool good = value->is_number_unsigned() && value->get<uint64_t>() <= max;
  return expect(good, "a size of at most " + std::to_string(max)) ? value->get<uint64_t>() : 0;
}

double FieldReader::number() const {
  if (!ok() || !expect(value->is_number() && std::isfinite(value->get<double>()), "a number"))
    return 0;
  return value->get<double>();
}

bool FieldReader::boolean() const {
  return ok() && expect(value->is_boolean(), "true or false") && value->get<bool>();
}

std::string FieldReader::string() const {
  if (!ok() || !expect(value->is_string(), "a string"))
    return "";
  const std::string &text = value->get_ref<const std::string &>();
  if (text.size() <= kMaxString)
    return text;
  fail("a string of " + std::to_string(text.size()) + " bytes, at most " +
       std::to_string(kMaxString) + " are accepted");
  return "";
}

size_t FieldReader::arraySize(size_t max) const {
  if (!ok() || !expect(value->is_array(), "an array"))
    return 0;
  if (value->size() <= max)
    return value->size();
  fail(std::to_string(value->size()) + " elements, at most " + std::to_string(max) +
       " are accepted");
  return 0;
}

bool FieldReader::expect(bool condition, const std::string &expected) const {
  if (!condition) {
    std::string found = value->dump(-1, ' ', false, Json::error_handler_t::replace);
    fail("expected " + expected + " but got " + escapeForMessage(found, 60));
  }
  return condition;
}

void FieldReader::fail(const std::string &message) const {
  if (ok())
    failure = badInput(path() + ": " + message);
}

std::string FieldReader::path() const {
  if (!parent)
    return escapeForMessage(name, 300);
  std::string before = parent->path();
  if (index != kNoIndex)
    return before + "[" + std::to_string(index) + "]";
  return before + (parent->parent ? "." : ": ") + escapeForMessage(name);
}

} // namespace graphc
