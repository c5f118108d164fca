// Typed, bounded reading of JSON fields. The first failure sticks: later reads return a default,
// and the caller looks once, at the end, so that a reader of thirty fields is thirty lines.
#ifndef GRAPHC_RUNTIME_PLAN_FIELDREADER_H
#define GRAPHC_RUNTIME_PLAN_FIELDREADER_H

#include "runtime/base/Json.h"
#include "runtime/base/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graphc {

/// A JSON value and how it was reached. Messages name the whole path, e.g.
/// "tiny.gcplan: variants[0].schedule[17].kernel: expected an integer in [0, 5] but got 9".
class FieldReader {
public:
  /// The document. `failure` gets the first error and must outlive all readers made from this one.
  FieldReader(const Json &document, std::string_view what, Status &failure)
      : value(&document), name(what), failure(failure) {}

  bool ok() const { return failure.ok(); }

  /// The value of a key of this object, or the element at an index of this array. A missing one is
  /// a failure.
  FieldReader operator[](std::string_view key) const;
  FieldReader operator[](size_t index) const;

  /// The value of a key, or nothing when the key is absent or null.
  std::optional<FieldReader> optional(std::string_view key) const;

  int64_t integer(int64_t min, int64_t max) const;
  uint64_t size(uint64_t max) const;
  double number() const; ///< Finite.
  bool boolean() const;
  bool isString() const { return value->is_string(); }
  std::string string() const; ///< At most kMaxString bytes.

  /// Elements of this array; 0 after a failure, or when there are more than `max`.
  size_t arraySize(size_t max) const;

  /// Calls `visit(key, reader)` for each member of this object.
  template <typename Fn>
  void forEachMember(Fn visit) const {
    if (!ok() || !expect(value->is_object(), "an object"))
      return;
    for (const auto &[key, member] : value->items())
      visit(key, FieldReader(member, this, key, kNoIndex));
  }

  /// Records a failure of this field: "<path>: <message>".
  void fail(const std::string &message) const;

  static constexpr size_t kMaxString = 4096;

private:
  static constexpr size_t kNoIndex = ~size_t(0);

  FieldReader(const Json &value, const FieldReader *parent, std::string_view key, size_t index)
      : value(&value), parent(parent), name(key), index(index), failure(parent->failure) {}

  bool expect(bool condition, const std::string &expected) const;
  std::string path() const;

  const Json *value;
  const FieldReader *parent = nullptr;
  std::string_view name;
  size_t index = kNoIndex;
  Status &failure;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_FIELDREADER_H
