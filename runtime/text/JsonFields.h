// Typed access to the objects of tokenizer.json; errors name file, key, expected and found value.
#ifndef GRAPHC_RUNTIME_TEXT_JSONFIELDS_H
#define GRAPHC_RUNTIME_TEXT_JSONFIELDS_H

#include "runtime/base/Json.h"
#include "runtime/base/Status.h"

#include <cstdint>
#include <string>

namespace graphc {

/// An object of a JSON document together with its place, for messages. A view: the document must
/// outlive it. A key whose value is null counts as absent.
class JsonFields {
public:
  /// BadInput if the value is not an object. `place` is "file: key.of.the.object".
  static Expected<JsonFields> of(const Json &value, std::string place);

  const std::string &place() const { return location; }
  /// The member, or null.
  const Json *find(const std::string &key) const;
  bool has(const std::string &key) const { return find(key) != nullptr; }

  // Members of a type. BadInput when one has another type or, without a default, is absent.
  Expected<std::string> string(const std::string &key) const;
  Expected<std::string> stringOr(const std::string &key, const std::string &otherwise) const;
  Expected<bool> booleanOr(const std::string &key, bool otherwise) const;
  /// An integer from 0 to `limit`.
  Expected<uint32_t> integer(const std::string &key, uint32_t limit) const;
  Expected<JsonFields> object(const std::string &key) const;
  Expected<const Json *> array(const std::string &key) const;

  /// "file: key.member: expected ..., but got ..." for a member.
  Status wrong(const std::string &key, const std::string &expected) const;

private:
  JsonFields(const Json &value, std::string place) : value(value), location(std::move(place)) {}

  const Json &value;
  std::string location;
};

/// A JSON value in a message: shortened, escaped.
std::string showJson(const Json &value);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_JSONFIELDS_H
