#include "frontend/config/FieldReader.h"

#include "frontend/config/NearestName.h"
#include "runtime/base/Escape.h"

#include <charconv>
#include <cmath>

namespace graphc {

/// Lists of tokens, layers and frequencies are short; a longer one is damage.
static constexpr size_t kMaxListLength = 1024;

namespace {
template <typename Value>
struct NamedValue {
  std::string_view name;
  Value value;
};
} // namespace

/// Names as transformers spells them. The three tanh forms differ in rounding only.
static constexpr NamedValue<HiddenActivation> kActivations[] = {
    {"silu", HiddenActivation::Silu},         {"swish", HiddenActivation::Silu},
    {"gelu", HiddenActivation::GeluErf},      {"gelu_pytorch_tanh", HiddenActivation::GeluTanh},
    {"gelu_new", HiddenActivation::GeluTanh}, {"gelu_fast", HiddenActivation::GeluTanh},
    {"relu", HiddenActivation::Relu},
};

static constexpr NamedValue<LayerAttention> kLayerAttentions[] = {
    {"full_attention", LayerAttention::Full},
    {"sliding_attention", LayerAttention::Sliding},
};

static constexpr NamedValue<ElementType> kElementTypes[] = {
    {"float32", ElementType::F32},
    {"float16", ElementType::F16},
    {"bfloat16", ElementType::BF16},
};

/// The shortest text that reads back as this number.
static std::string formatNumber(double value) {
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return error == std::errc() ? std::string(buffer, end) : "?";
}

static std::string formatRange(Range range) {
  return formatNumber(range.min) + " to " + formatNumber(range.max);
}

std::string describeValue(const Json &value) {
  return escapeForMessage(value.dump(-1, ' ', true, Json::error_handler_t::replace));
}

static Status expected(const std::string &place, const std::string &what, const Json &found) {
  return badInput(place + ": expected " + what + ", but found " + describeValue(found));
}

Status readValue(const std::string &place, const Json &value, Range range, int64_t &out) {
  if (!value.is_number_integer())
    return expected(place, "an integer from " + formatRange(range), value);
  // Compared as double, so that an unsigned number above 2^63 is not taken for a negative one.
  double number = value.get<double>();
  if (number < range.min || number > range.max)
    return expected(place, "an integer from " + formatRange(range), value);
  out = value.get<int64_t>();
  return {};
}

Status readValue(const std::string &place, const Json &value, Range range, double &out) {
  if (!value.is_number())
    return expected(place, "a number from " + formatRange(range), value);
  double number = value.get<double>();
  if (!std::isfinite(number) || number < range.min || number > range.max)
    return expected(place, "a number from " + formatRange(range), value);
  out = number;
  return {};
}

Status readValue(const std::string &place, const Json &value, Range, bool &out) {
  if (!value.is_boolean())
    return expected(place, "true or false", value);
  out = value.get<bool>();
  return {};
}

template <typename Number>
static Status readOptional(const std::string &place, const Json &value, Range range,
                           std::optional<Number> &out) {
  out.reset();
  if (value.is_null())
    return {};
  Number number = 0;
  GRAPHC_RETURN_IF_ERROR(readValue(place, value, range, number));
  out = number;
  return {};
}

Status readValue(const std::string &place, const Json &value, Range range,
                 std::optional<int64_t> &out) {
  return readOptional(place, value, range, out);
}

Status readValue(const std::string &place, const Json &value, Range range,
                 std::optional<double> &out) {
  return readOptional(place, value, range, out);
}

/// The entries of a list; a single value is a list of one. `read` reads one entry.
template <typename Entry, typename Read>
static Status readList(const std::string &place, const Json &value, std::vector<Entry> &out,
                       Read read) {
  out.clear();
  if (value.is_null())
    return {};
  if (!value.is_array()) {
    out.emplace_back();
    return read(value, out.back());
  }
  if (value.size() > kMaxListLength)
    return badInput(place + ": a list of " + std::to_string(value.size()) + " entries, at most " +
                    std::to_string(kMaxListLength) + " are accepted");
  for (const Json &entry : value) {
    out.emplace_back();
    GRAPHC_RETURN_IF_ERROR(read(entry, out.back()));
  }
  return {};
}

Status readValue(const std::string &place, const Json &value, Range range,
                 std::vector<int64_t> &out) {
  return readList(place, value, out, [&](const Json &entry, int64_t &number) {
    return readValue(place, entry, range, number);
  });
}

Status readValue(const std::string &place, const Json &value, Range range,
                 std::vector<double> &out) {
  return readList(place, value, out, [&](const Json &entry, double &number) {
    return readValue(place, entry, range, number);
  });
}

template <typename Value, size_t count>
static Status readName(const std::string &place, const Json &value, const char *what,
                       const NamedValue<Value> (&names)[count], Value &out) {
  if (!value.is_string())
    return expected(place, "the name of an " + std::string(what), value);
  const std::string &name = value.get_ref<const std::string &>();
  std::string_view known[count];
  for (size_t i = 0; i < count; ++i) {
    known[i] = names[i].name;
    if (names[i].name == name) {
      out = names[i].value;
      return {};
    }
  }
  return unsupported(place + ": " + what + " '" + escapeForMessage(name) +
                     "' is not supported; nearest supported: " + nearestNames(name, known));
}

Status readValue(const std::string &place, const Json &value, Range, HiddenActivation &out) {
  return readName(place, value, "activation", kActivations, out);
}

Status readValue(const std::string &place, const Json &value, Range,
                 std::vector<LayerAttention> &out) {
  return readList(place, value, out, [&](const Json &entry, LayerAttention &attention) {
    return readName(place, entry, "attention kind", kLayerAttentions, attention);
  });
}

Status readValue(const std::string &place, const Json &value, Range,
                 std::optional<ElementType> &out) {
  out.reset();
  if (value.is_null())
    return {};
  ElementType type = ElementType::F32;
  GRAPHC_RETURN_IF_ERROR(readName(place, value, "element type", kElementTypes, type));
  out = type;
  return {};
}

Expected<const Json *> findKey(const Json &object, const std::string &file, std::string_view key,
                               std::string_view otherKey) {
  auto find = [&](std::string_view name) -> const Json * {
    auto found = name.empty() ? object.end() : object.find(name);
    return found == object.end() ? nullptr : &*found;
  };
  const Json *first = find(key);
  const Json *second = find(otherKey);
  if (first && second && *first != *second)
    return badInput(file + ": '" + std::string(key) + "' is " + describeValue(*first) + " but '" +
                    std::string(otherKey) + "', which means the same, is " +
                    describeValue(*second));
  return first ? first : second;
}

Expected<Json> valueOrFallback(const Json *found, const std::string &place, bool acceptsNull,
                               std::string_view fallback) {
  if (found && (acceptsNull || !found->is_null()))
    return *found;
  if (fallback == kRequired)
    return badInput(place + ": the key is missing, and it has no default");
  return Json::parse(fallback, nullptr, /*allow_exceptions=*/false);
}

} // namespace graphc
