#include "runtime/text/JsonFields.h"

#include "runtime/base/Escape.h"

namespace graphc {

std::string showJson(const Json &value) {
  if (value.is_object() || value.is_array())
    return value.is_object() ? "an object" : "an array";
  // Strings are UTF-8 already, as the parser has checked; `replace` keeps dump from throwing.
  return escapeForMessage(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Expected<JsonFields> JsonFields::of(const Json &value, std::string place) {
  if (!value.is_object())
    return badInput(place + ": expected an object, but got " + showJson(value));
  return JsonFields(value, std::move(place));
}

const Json *JsonFields::find(const std::string &key) const {
  auto found = value.find(key);
  return found == value.end() || found->is_null() ? nullptr : &*found;
}

Status JsonFields::wrong(const std::string &key, const std::string &expected) const {
  const Json *member = find(key);
  return badInput(location + (location.ends_with(':') ? " " : ".") + key + ": expected " +
                  expected + ", but got " + (member ? showJson(*member) : "nothing"));
}

Expected<std::string> JsonFields::string(const std::string &key) const {
  const Json *member = find(key);
  if (!member || !member->is_string())
    return wrong(key, "a string");
  return member->get<std::string>();
}

Expected<std::string> JsonFields::stringOr(const std::string &key,
                                           const std::string &otherwise) const {
  return has(key) ? string(key) : otherwise;
}

Expected<bool> JsonFields::booleanOr(const std::string &key, bool otherwise) const {
  const Json *member = find(key);
  if (!member)
    return otherwise;
  if (!member->is_boolean())
    return wrong(key, "true or false");
  return member->get<bool>();
}

Expected<uint32_t> JsonFields::integer(const std::string &key, uint32_t limit) const {
  const Json *member = find(key);
  if (!member || !member->is_number_unsigned() || member->get<uint64_t>() > limit)
    return wrong(key, "an integer from 0 to " + std::to_string(limit));
  return member->get<uint32_t>();
}

Expected<JsonFields> JsonFields::object(const std::string &key) const {
  const Json *member = find(key);
  if (!member || !member->is_object())
    return wrong(key, "an object");
  return JsonFields(*member, location + (location.ends_with(':') ? " " : ".") + key);
}

Expected<const Json *> JsonFields::array(const std::string &key) const {
  const Json *member = find(key);
  if (!member || !member->is_array())
    return wrong(key, "an array");
  return member;
}

} // namespace graphc
