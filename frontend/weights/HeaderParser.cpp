#include "frontend/weights/HeaderParser.h"

#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"

#include <unordered_set>

namespace graphc {

namespace {

/// Follows the events of nlohmann's parser. Each event handler says whether to go on.
class HeaderSax : public nlohmann::json_sax<Json> {
public:
  std::vector<RawTensor> tensors;
  std::string error;

  bool start_object(size_t) override;
  bool end_object() override;
  bool start_array(size_t) override;
  bool end_array() override;
  bool key(string_t &name) override;
  bool string(string_t &text) override;
  bool number_unsigned(number_unsigned_t value) override;
  bool parse_error(size_t at, const std::string &, const nlohmann::detail::exception &why) override;

  bool null() override { return refuse("null"); }
  bool boolean(bool value) override { return refuse(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return refuse(std::to_string(value)); }
  bool number_float(number_float_t, const string_t &text) override { return refuse(text); }
  bool binary(binary_t &) override { return refuse("binary data"); }

private:
  /// What is open around the next event; InTensor also knows its last key.
  enum class Place { Start, Top, Metadata, Tensor, Shape, Offsets };
  enum Key : unsigned { NoKey = 0, Type = 1, Shape = 2, Offsets = 4, AllKeys = 7 };

  bool fail(const std::string &message);
  bool refuse(const std::string &found);
  std::string expectation() const;
  bool tensorKey(const std::string &name);

  Place place = Place::Start;
  bool metadataSeen = false;
  bool metadataNext = false;
  Key current = NoKey;
  unsigned seen = NoKey;
  std::unordered_set<std::string> metadataKeys;
};

} // namespace

bool HeaderSax::fail(const std::string &message) {
  bool inTensor = place >= Place::Tensor || (place == Place::Top && !metadataNext);
  if (inTensor && !tensors.empty())
    error = "tensor '" + escapeForMessage(tensors.back().name) + "': ";
  error += message;
  return false;
}

bool HeaderSax::refuse(const std::string &found) {
  return fail("expected " + expectation() + ", but found " + escapeForMessage(found));
}

std::string HeaderSax::expectation() const {
  switch (place) {
  case Place::Start:
    return "an object of tensors";
  case Place::Top:
    return metadataNext ? "an object of strings" : "an object with dtype, shape and data_offsets";
  case Place::Metadata:
    return "a string in __metadata__";
  case Place::Tensor:
    return current == Type ? "a type's name as dtype" : "a list as shape and as data_offsets";
  case Place::Shape:
  case Place::Offsets:
    return "integers from 0 to 2^64-1 in shape and data_offsets";
  }
  return "";
}

bool HeaderSax::start_object(size_t) {
  if (place == Place::Start) {
    place = Place::Top;
    return true;
  }
  if (place != Place::Top)
    return refuse("an object");
  place = metadataNext ? Place::Metadata : Place::Tensor;
  current = NoKey;
  seen = NoKey;
  return true;
}

bool HeaderSax::end_object() {
  if (place == Place::Tensor && seen != AllKeys)
    return fail("dtype, shape or data_offsets is missing");
  place = Place::Top;
  return true;
}

bool HeaderSax::start_array(size_t) {
  if (place != Place::Tensor || (current != Shape && current != Offsets))
    return refuse("a list");
  place = current == Shape ? Place::Shape : Place::Offsets;
  return true;
}

bool HeaderSax::end_array() {
  if (place == Place::Offsets && tensors.back().offsets.size() != 2)
    return fail("data_offsets has not two entries");
  place = Place::Tensor;
  return true;
}

bool HeaderSax::key(string_t &name) {
  if (place == Place::Tensor)
    return tensorKey(name);
  if (place == Place::Metadata)
    return metadataKeys.insert(name).second ||
           fail("duplicate key '" + escapeForMessage(name) + "' in __metadata__");
  metadataNext = name == "__metadata__";
  if (!metadataNext) {
    tensors.push_back({name, {}, {}, {}});
    return true;
  }
  bool first = !metadataSeen;
  metadataSeen = true;
  return first || fail("duplicate key '__metadata__'");
}

bool HeaderSax::tensorKey(const std::string &name) {
  current = name == "dtype"          ? Type
            : name == "shape"        ? Shape
            : name == "data_offsets" ? Offsets
                                     : NoKey;
  if (current == NoKey)
    return fail("unknown key '" + escapeForMessage(name) + "'");
  if (seen & current)
    return fail("duplicate key '" + name + "'");
  seen |= current;
  return true;
}

bool HeaderSax::string(string_t &text) {
  if (place == Place::Metadata)
    return true;
  if (place != Place::Tensor || current != Type)
    return refuse("\"" + text + "\"");
  tensors.back().type = text;
  return true;
}

bool HeaderSax::number_unsigned(number_unsigned_t value) {
  if (place != Place::Shape && place != Place::Offsets)
    return refuse(std::to_string(value));
  std::vector<uint64_t> &list =
      place == Place::Shape ? tensors.back().shape : tensors.back().offsets;
  if (list.size() == kMaxRank)
    return fail("a list of more than " + std::to_string(kMaxRank) + " numbers");
  list.push_back(value);
  return true;
}

bool HeaderSax::parse_error(size_t at, const std::string &, const nlohmann::detail::exception &) {
  error = "not valid JSON at byte " + std::to_string(at);
  return false;
}

Expected<std::vector<RawTensor>> parseHeaderText(std::string_view text, const std::string &what) {
  HeaderSax sax;
  if (!text.starts_with('{'))
    return badInput(what + ": header: expected '{' first, but found '" +
                    escapeForMessage(text.substr(0, 1)) + "'");
  if (!Json::sax_parse(text, &sax))
    return badInput(what + ": header: " + sax.error);
  return std::move(sax.tensors);
}

} // namespace graphc
