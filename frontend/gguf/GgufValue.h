// The metadata of a GGUF file: typed values by key.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFVALUE_H
#define GRAPHC_FRONTEND_GGUF_GGUFVALUE_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// As the file numbers them.
enum class GgufValueType : uint32_t {
  U8,
  I8,
  U16,
  I16,
  U32,
  I32,
  F32,
  Bool,
  String,
  Array,
  U64,
  I64,
  F64
};

/// Bytes of a number or a bool; 0 for others.
int64_t byteSize(GgufValueType type);
/// "u32", "array".
std::string_view nameOf(GgufValueType type);

/// A value where it stands in the file: of a string its characters, of an array its elements.
struct GgufValue {
  GgufValueType type = GgufValueType::U8;
  GgufValueType elements = GgufValueType::U8; ///< Of an array.
  uint64_t count = 1;                         ///< Of an array's elements.
  std::span<const std::byte> bytes = {};

  bool isArray() const { return type == GgufValueType::Array; }
};

/// The value of a single integer that int64_t holds; nothing for others.
std::optional<int64_t> integerOf(const GgufValue &value);
/// What a value is, for messages: "u32 7", "array of string", "string 'abc'".
std::string describe(const GgufValue &value);

/// Typed access to the entries of one file. Failures name file and key: BadInput for a value of
/// another type or out of range, and for strings that are not UTF-8.
class GgufMetadata {
public:
  GgufMetadata() = default;
  explicit GgufMetadata(std::string path) : path(std::move(path)) {}

  /// False if the key is there already.
  bool add(std::string key, const GgufValue &value);

  int64_t size() const { return std::ssize(values); }
  /// Sorted by key.
  const std::map<std::string, GgufValue, std::less<>> &entries() const { return values; }
  const GgufValue *find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }

  /// Nothing where the key is not there.
  Expected<std::optional<int64_t>> integer(std::string_view key) const;
  Expected<std::optional<double>> number(std::string_view key) const;
  Expected<std::optional<bool>> boolean(std::string_view key) const;
  Expected<std::optional<std::string>> string(std::string_view key) const;
  /// One number for each layer, or one for all: a single value is a list of one. Empty where the
  /// key is not there.
  Expected<std::vector<int64_t>> integers(std::string_view key) const;
  Expected<std::vector<double>> numbers(std::string_view key) const;
  /// The characters stay in the file.
  Expected<std::vector<std::string_view>> strings(std::string_view key) const;

  /// A failure that says what a key should have been.
  Status wrong(std::string_view key, const std::string &expected, const std::string &found) const;

private:
  std::string path;
  std::map<std::string, GgufValue, std::less<>> values;
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFVALUE_H
