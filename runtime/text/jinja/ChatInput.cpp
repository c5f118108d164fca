#include "runtime/text/jinja/ChatInput.h"

#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"
#include "runtime/base/TextList.h"

#include <algorithm>
#include <optional>

namespace graphc::jinja {

namespace {

/// Makes values of a document as it is read: members in their order, which templates show (tojson,
/// items()), and the digits of numbers, which a document in memory no longer has. The document has
/// passed parseJson() before: it ends, and its depth is bounded.
class ValueReader : public nlohmann::json_sax<Json> {
public:
  /// What was read; null before the end.
  std::optional<Value> result;
  /// What stopped the reader, with the keys that lead there.
  std::string error;

  bool null() override { return add(Value::none()); }
  bool boolean(bool value) override { return add(Value::boolean(value)); }
  bool number_integer(number_integer_t value) override { return add(Value::integer(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return value > INT64_MAX ? refuse(std::to_string(value))
                             : add(Value::integer(static_cast<int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t &text) override {
    // Integers that fit no integer type arrive here.
    return text.find_first_of(".eE") == std::string::npos ? refuse(text)
                                                          : add(Value::number(value));
  }
  bool string(string_t &value) override { return add(Value::string(std::move(value))); }
  bool binary(binary_t &) override { return false; } // Not in JSON.

  bool key(string_t &name) override {
    open.back().key = std::move(name);
    return true;
  }
  bool start_array(size_t) override { return enter(); }
  bool start_object(size_t) override { return enter(); }
  bool end_array() override { return add(Value::sequence(leave().items)); }
  bool end_object() override { return add(Value::mapping(leave().entries)); }
  bool parse_error(size_t, const std::string &, const nlohmann::detail::exception &) override {
    return false;
  }

private:
  /// A list or an object that has not ended.
  struct Open {
    std::optional<std::string> key; ///< Of the member that is read; nothing in lists.
    std::vector<Entry> entries;
    std::vector<Value> items;
  };

  bool add(Value value) {
    if (open.empty())
      result = std::move(value);
    else if (Open &parent = open.back(); parent.key)
      parent.entries.emplace_back(*parent.key, std::move(value));
    else
      parent.items.push_back(std::move(value));
    return true;
  }
  bool enter() {
    open.emplace_back();
    return true;
  }
  Open leave() {
    Open last = std::move(open.back());
    open.pop_back();
    return last;
  }
  bool refuse(const std::string &digits) {
    for (const Open &place : open)
      error += place.key ? escapeForMessage(*place.key) + ": " : "";
    error += "expected integers of 64 bits, but got " + escapeForMessage(digits);
    return false;
  }

  std::vector<Open> open;
};

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
  if (key == std::end(kKeys))
    return badInput("there is no key '" + escapeForMessage(entry.first) + "'; expected one of " +
                    listText(kKeys, &Key::name) + " (further variables go into 'extra')");
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
  ValueReader reader;
  if (!Json::sax_parse(text, &reader) || !reader.result)
    return badInput(what + ": " + reader.error);
  Expected<Value> variables = variablesOf(reader.result->asMapping());
  return variables ? variables : variables.status().withContext(what);
}

} // namespace graphc::jinja
