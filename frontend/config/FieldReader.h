// A table-driven reader of JSON objects: one row per key says which member it fills, what range it
// may have, and what stands in for it when it is absent.
//
//   static constexpr Field<ModelConfig> kFields[] = {
//       {"hidden_size", &ModelConfig::hiddenSize, {1, 1 << 20}, "4096"},
//       {"num_key_value_heads", &ModelConfig::kvHeads, {1, 1 << 16}, kDerived},
//   };
//   GRAPHC_RETURN_IF_ERROR(readFields<ModelConfig>(object, "config.json", kFields, result));
//
// Defaults are JSON text and take the same way as values of the file, checks included.
#ifndef GRAPHC_FRONTEND_CONFIG_FIELDREADER_H
#define GRAPHC_FRONTEND_CONFIG_FIELDREADER_H

#include "frontend/config/ModelConfig.h"
#include "runtime/base/Json.h"

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace graphc {

/// Allowed values, both ends included. Integers of configurations are well below 2^53.
struct Range {
  double min = 0;
  double max = 0;
};

/// Defaults that are not values: the key must be there; the member stays as it is.
inline constexpr std::string_view kRequired = "";
inline constexpr std::string_view kDerived = "null";

template <typename Struct>
struct Field {
  std::string_view key;
  std::variant<int64_t Struct::*, double Struct::*, bool Struct::*,
               std::optional<int64_t> Struct::*, std::vector<int64_t> Struct::*,
               HiddenActivation Struct::*, std::optional<ElementType> Struct::*,
               std::optional<double> Struct::*, std::vector<double> Struct::*,
               std::vector<LayerAttention> Struct::*>
      member;
  Range range;
  /// JSON text, kRequired or kDerived.
  std::string_view fallback = kRequired;
  /// A second spelling of the key. When both are there they must agree.
  std::string_view otherKey = "";
};

// One value. `place` is "file: key"; a null clears optionals and lists and is refused elsewhere.
Status readValue(const std::string &place, const Json &value, Range range, int64_t &out);
Status readValue(const std::string &place, const Json &value, Range range, double &out);
Status readValue(const std::string &place, const Json &value, Range range, bool &out);
Status readValue(const std::string &place, const Json &value, Range range,
                 std::optional<int64_t> &out);
/// A single integer or a list of them.
Status readValue(const std::string &place, const Json &value, Range range,
                 std::vector<int64_t> &out);
Status readValue(const std::string &place, const Json &value, Range range, HiddenActivation &out);
Status readValue(const std::string &place, const Json &value, Range range,
                 std::optional<ElementType> &out);
Status readValue(const std::string &place, const Json &value, Range range,
                 std::optional<double> &out);
Status readValue(const std::string &place, const Json &value, Range range,
                 std::vector<double> &out);
Status readValue(const std::string &place, const Json &value, Range range,
                 std::vector<LayerAttention> &out);

/// "'eos_token_id'" and its like for a message: the value as JSON, escaped and shortened.
std::string describeValue(const Json &value);

/// The value of a key under either spelling: null when absent, BadInput when they differ.
Expected<const Json *> findKey(const Json &object, const std::string &file, std::string_view key,
                               std::string_view otherKey);

/// What to read for a field: the value of the file, or the default where there is none (or a null
/// that `acceptsNull` does not allow). BadInput for an absent key without default.
Expected<Json> valueOrFallback(const Json *found, const std::string &place, bool acceptsNull,
                               std::string_view fallback);

/// Fills `result` from `object`. `file` names the object in messages ("config.json: rope_scaling").
template <typename Struct>
Status readFields(const Json &object, const std::string &file,
                  std::span<const Field<Struct>> fields, Struct &result) {
  for (const Field<Struct> &field : fields) {
    std::string place = file + ": " + std::string(field.key);
    GRAPHC_ASSIGN_OR_RETURN(const Json *found, findKey(object, file, field.key, field.otherKey));
    auto read = [&](auto member) -> Status {
      auto &out = result.*member;
      constexpr bool kAcceptsNull = requires { out.clear(); } || requires { out.reset(); };
      GRAPHC_ASSIGN_OR_RETURN(Json value,
                              valueOrFallback(found, place, kAcceptsNull, field.fallback));
      if (value.is_null() && !kAcceptsNull)
        return {};
      return readValue(place, value, field.range, out);
    };
    GRAPHC_RETURN_IF_ERROR(std::visit(read, field.member));
  }
  return {};
}

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_FIELDREADER_H
