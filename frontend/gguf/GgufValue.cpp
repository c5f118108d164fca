#include "frontend/gguf/GgufValue.h"

#include "runtime/base/Escape.h"
#include "runtime/text/Unicode.h"

#include <array>
#include <cstring>
#include <limits>

namespace graphc {

namespace {
struct TypeRow {
  std::string_view name;
  int64_t bytes;
};
} // namespace

/// By GgufValueType.
static constexpr std::array<TypeRow, 13> kTypes = {{{"u8", 1},
                                                    {"i8", 1},
                                                    {"u16", 2},
                                                    {"i16", 2},
                                                    {"u32", 4},
                                                    {"i32", 4},
                                                    {"f32", 4},
                                                    {"bool", 1},
                                                    {"string", 0},
                                                    {"array", 0},
                                                    {"u64", 8},
                                                    {"i64", 8},
                                                    {"f64", 8}}};

int64_t byteSize(GgufValueType type) { return kTypes[static_cast<size_t>(type)].bytes; }

std::string_view nameOf(GgufValueType type) { return kTypes[static_cast<size_t>(type)].name; }

template <typename Word>
static Word wordAt(const std::byte *place) {
  Word word;
  std::memcpy(&word, place, sizeof word);
  return word;
}

/// Calls `take` with the number of type `type` at a place, in its own C++ type; false if it is
/// none.
template <typename Take>
static bool withNumber(GgufValueType type, const std::byte *at, Take take) {
  switch (type) {
  case GgufValueType::U8:
    return take(wordAt<uint8_t>(at)), true;
  case GgufValueType::I8:
    return take(wordAt<int8_t>(at)), true;
  case GgufValueType::U16:
    return take(wordAt<uint16_t>(at)), true;
  case GgufValueType::I16:
    return take(wordAt<int16_t>(at)), true;
  case GgufValueType::U32:
    return take(wordAt<uint32_t>(at)), true;
  case GgufValueType::I32:
    return take(wordAt<int32_t>(at)), true;
  case GgufValueType::U64:
    return take(wordAt<uint64_t>(at)), true;
  case GgufValueType::I64:
    return take(wordAt<int64_t>(at)), true;
  case GgufValueType::F32:
    return take(wordAt<float>(at)), true;
  case GgufValueType::F64:
    return take(wordAt<double>(at)), true;
  case GgufValueType::Bool:
  case GgufValueType::String:
  case GgufValueType::Array:
    return false;
  }
  return false;
}

/// An integer that int64_t holds; floats are none.
static std::optional<int64_t> integerAt(GgufValueType type, const std::byte *at) {
  std::optional<int64_t> result;
  withNumber(type, at, [&](auto number) {
    if constexpr (std::is_integral_v<decltype(number)>)
      if (std::in_range<int64_t>(number))
        result = static_cast<int64_t>(number);
  });
  return result;
}

static std::optional<double> numberAt(GgufValueType type, const std::byte *at) {
  std::optional<double> result;
  withNumber(type, at, [&](auto number) { result = static_cast<double>(number); });
  return result;
}

std::optional<int64_t> integerOf(const GgufValue &value) {
  return value.isArray() ? std::nullopt : integerAt(value.type, value.bytes.data());
}

static std::optional<double> numberOf(const GgufValue &value) {
  return value.isArray() ? std::nullopt : numberAt(value.type, value.bytes.data());
}

static std::string_view textAt(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::string describe(const GgufValue &value) {
  const std::string name(nameOf(value.type));
  if (value.isArray())
    return name + " of " + std::string(nameOf(value.elements));
  if (value.type == GgufValueType::String)
    return name + " '" + escapeForMessage(textAt(value.bytes)) + "'";
  if (std::optional<int64_t> integer = integerOf(value))
    return name + " " + std::to_string(*integer);
  return name;
}

bool GgufMetadata::add(std::string key, const GgufValue &value) {
  return values.try_emplace(std::move(key), value).second;
}

const GgufValue *GgufMetadata::find(std::string_view key) const {
  auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

Status GgufMetadata::wrong(std::string_view key, const std::string &expected,
                           const std::string &found) const {
  return badInput(path + ": key '" + std::string(key) + "': expected " + expected + ", but found " +
                  found);
}

Expected<std::optional<int64_t>> GgufMetadata::integer(std::string_view key) const {
  const GgufValue *value = find(key);
  if (!value)
    return std::optional<int64_t>();
  std::optional<int64_t> result = integerOf(*value);
  if (!result)
    return wrong(key, "an integer below 2^63", describe(*value));
  return result;
}

Expected<std::optional<double>> GgufMetadata::number(std::string_view key) const {
  const GgufValue *value = find(key);
  if (!value)
    return std::optional<double>();
  std::optional<double> result = numberOf(*value);
  if (!result)
    return wrong(key, "a number", describe(*value));
  return result;
}

Expected<std::optional<bool>> GgufMetadata::boolean(std::string_view key) const {
  const GgufValue *value = find(key);
  if (!value)
    return std::optional<bool>();
  if (value->type != GgufValueType::Bool)
    return wrong(key, "a bool", describe(*value));
  return std::optional<bool>(value->bytes[0] != std::byte(0));
}

Expected<std::optional<std::string>> GgufMetadata::string(std::string_view key) const {
  const GgufValue *value = find(key);
  if (!value)
    return std::optional<std::string>();
  if (value->type != GgufValueType::String)
    return wrong(key, "a string", describe(*value));
  if (!isUtf8(textAt(value->bytes)))
    return wrong(key, "UTF-8", describe(*value));
  return std::optional<std::string>(textAt(value->bytes));
}

/// The elements of an array, or a single value, by `read`, which yields an optional.
template <typename Number, typename Read>
static std::optional<std::vector<Number>> listOf(const GgufValue &value, Read read) {
  const GgufValueType type = value.isArray() ? value.elements : value.type;
  const int64_t size = byteSize(type);
  std::vector<Number> result;
  for (uint64_t i = 0; i < value.count && size != 0; ++i) {
    std::optional<Number> number = read(type, value.bytes.data() + i * static_cast<size_t>(size));
    if (!number)
      return std::nullopt;
    result.push_back(*number);
  }
  return result.size() == value.count ? std::optional(std::move(result)) : std::nullopt;
}

Expected<std::vector<int64_t>> GgufMetadata::integers(std::string_view key) const {
  const GgufValue *value = find(key);
  if (!value)
    return std::vector<int64_t>();
  std::optional<std::vector<int64_t>> result = listOf<int64_t>(*value, integerAt);
  if (!result)
    return wrong(key, "integers", describe(*value));
  return *std::move(result);
}

Expected<std::vector<double>> GgufMetadata::numbers(std::string_view key) const {
  const GgufValue *value = find(key);
  if (!value)
    return std::vector<double>();
  std::optional<std::vector<double>> result = listOf<double>(*value, numberAt);
  if (!result)
    return wrong(key, "numbers", describe(*value));
  return *std::move(result);
}

Expected<std::vector<std::string_view>> GgufMetadata::strings(std::string_view key) const {
  const GgufValue *value = find(key);
  std::vector<std::string_view> result;
  if (!value)
    return result;
  if (!value->isArray() || value->elements != GgufValueType::String)
    return wrong(key, "an array of strings", describe(*value));
  result.reserve(value->count); // Each has taken 8 bytes of the file at least.
  const std::byte *at = value->bytes.data();
  for (uint64_t i = 0; i < value->count; ++i) {
    const auto length = wordAt<uint64_t>(at);
    result.push_back(textAt({at + sizeof length, length}));
    if (!isUtf8(result.back()))
      return wrong(key, "UTF-8",
                   "'" + escapeForMessage(result.back()) + "' at position " + std::to_string(i));
    at += sizeof length + length;
  }
  return result;
}

} // namespace graphc
