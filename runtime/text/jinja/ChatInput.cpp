#include "runtime/text/jinja/ChatInput.h"

#include "runtime/base/Json.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

/// Members in their order, which templates show: tojson, items().
using OrderedJson = nlohmann::ordered_json;

Expected<Value> valueOf(const OrderedJson &json);

Expected<Value> listOf(const OrderedJson &json) {
  std::vector<Value> items;
  for (const OrderedJson &item : json) {
    GRAPHC_ASSIGN_OR_RETURN(Value value, valueOf(item));
    items.push_back(std::move(value));
  }
  return Value::sequence(std::move(items));
}

Expected<Value> mappingOf(const OrderedJson &json) {
  std::vector<Entry> entries;
  for (auto member = json.begin(); member != json.end(); ++member) {
    Expected<Value> value = valueOf(*member);
    if (!value)
      return value.status().withContext(escapeForMessage(member.key()));
    entries.emplace_back(member.key(), *std::move(value));
  }
  return Value::mapping(std::move(entries));
}

/// The depth is bounded by the parser's limit.
Expected<Value> valueOf(const OrderedJson &json) {
  switch (json.type()) {
  case OrderedJson::value_t::boolean:
    return Value::boolean(json.get<bool>());
  case OrderedJson::value_t::number_integer:
    return Value::integer(json.get<int64_t>());
  case OrderedJson::value_t::number_unsigned:
    if (json.get<uint64_t>() > INT64_MAX)
      return badInput("expected integers of 64 bits, but got " + json.dump());
    return Value::integer(json.get<int64_t>());
  case OrderedJson::value_t::number_float:
    return Value::number(json.get<double>());
  case OrderedJson::value_t::string:
    return Value::string(json.get_ref<const std::string &>());
  case OrderedJson::value_t::array:
    return listOf(json);
  case OrderedJson::value_t::object:
    return mappingOf(json);
  default:
    return Value::none();
  }
}

struct Key {
  std::string_view name;
  Kind kind;
  const char *expected;
};

constexpr Key kKeys[] = {
    {"messages", Kind::Sequence, "a list"},
    {"add_generation_prompt", Kind::Boolean, "true or false"},
    {"bos_token", Kind::String, "a string"},
    {"eos_token", Kind::String, "a string"},
    {"tools", Kind::Sequence, "a list"},
    {"extra", Kind::Mapping, "an object"},
};

Status checkKey(const Entry &entry) {
  auto key = std::find_if(std::begin(kKeys), std::end(kKeys),
                          [&](const Key &k) { return k.name == entry.first; });
  if (key == std::end(kKeys)) {
    std::string names;
    for (const Key &known : kKeys)
      (names += names.empty() ? "" : ", ").append(known.name);
    return badInput("there is no key '" + escapeForMessage(entry.first) + "'; expected one of " +
                    names + " (further variables go into 'extra')");
  }
  if (!entry.second.is(key->kind) && !entry.second.is(Kind::None))
    return badInput(entry.first + ": expected " + key->expected + ", but got " +
                    entry.second.describe());
  return {};
}

Status checkMessages(const Mapping &input) {
  const Value *messages = input.find("messages");
  if (!messages || messages->is(Kind::None))
    return badInput("messages: expected a list, but got nothing");
  for (size_t i = 0; i < messages->items().size(); ++i)
    if (!messages->items()[i].is(Kind::Mapping))
      return badInput("messages[" + std::to_string(i) + "]: expected an object, but got " +
                      messages->items()[i].describe());
  return {};
}

/// Nothing of `extra` may hide what has a key of its own.
Status addExtra(std::vector<Entry> &variables, const Mapping &extra) {
  for (const Entry &entry : extra.entries) {
    if (std::any_of(std::begin(kKeys), std::end(kKeys),
                    [&](const Key &key) { return key.name == entry.first; }))
      return badInput("extra." + entry.first + ": expected further variables, but got '" +
                      entry.first + "', which is a key of its own");
    variables.push_back(entry);
  }
  return {};
}

Expected<Value> variablesOf(const Mapping &input) {
  std::vector<Entry> variables = {{"add_generation_prompt", Value::boolean(false)}};
  for (const Entry &entry : input.entries) {
    GRAPHC_RETURN_IF_ERROR(checkKey(entry));
    if (!entry.second.is(Kind::None) && entry.first != "extra")
      variables.push_back(entry);
  }
  GRAPHC_RETURN_IF_ERROR(checkMessages(input));
  if (const Value *extra = input.find("extra"); extra && extra->is(Kind::Mapping))
    GRAPHC_RETURN_IF_ERROR(addExtra(variables, extra->asMapping()));
  return Value::mapping(std::move(variables));
}

} // namespace

Expected<Value> readChatVariables(std::string_view text, const std::string &what) {
  GRAPHC_ASSIGN_OR_RETURN(Json checked, parseJson(text, what)); // Limits, UTF-8, duplicate keys.
  if (!checked.is_object())
    return badInput(what + ": expected an object, but got something else");
  Expected<Value> input = valueOf(OrderedJson::parse(text, nullptr, /*allow_exceptions=*/false));
  if (!input)
    return input.status().withContext(what);
  Expected<Value> variables = variablesOf(input->asMapping());
  return variables ? variables : variables.status().withContext(what);
}

} // namespace graphc::jinja
