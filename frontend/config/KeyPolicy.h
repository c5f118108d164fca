// Which keys of a configuration may be read over, and which stop the compile.
//
// A key is one of
//   understood   something reads it;
//   neutral      known not to change what the network computes: read over;
//   inert        would change the network, but has the one value that changes nothing: read over;
//   unset        not known, but null, false, "" or empty: read over;
//   anything else stops the compile (Unsupported), for it might change the network. So does a
//   quantization entry, with the name of its method.
#ifndef GRAPHC_FRONTEND_CONFIG_KEYPOLICY_H
#define GRAPHC_FRONTEND_CONFIG_KEYPOLICY_H

#include "frontend/config/FieldReader.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// A key and a value (JSON text) with which it changes nothing.
struct InertKey {
  std::string_view key;
  std::string_view value;
};

struct KeyPolicy {
  /// What the keys describe, for messages: "family llama".
  std::string subject;
  std::vector<std::string_view> understood;
  std::vector<std::string_view> neutral;
  std::span<const InertKey> inert;
};

/// Neutral in every family's config.json.
std::span<const std::string_view> commonNeutralKeys();

/// Whether a value says nothing: null, false, "" or an empty list or object.
bool isUnset(const Json &value);

/// Applies the policy to every key of `object`, appending those read over to `ignored`.
Status checkKeys(const Json &object, const std::string &place, const KeyPolicy &policy,
                 std::vector<std::string> &ignored);

/// Adds what a field table reads to a list of keys.
template <typename Struct>
void appendKeys(std::span<const Field<Struct>> fields, std::vector<std::string_view> &keys) {
  for (const Field<Struct> &field : fields) {
    keys.push_back(field.key);
    if (!field.otherKey.empty())
      keys.push_back(field.otherKey);
  }
}

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_KEYPOLICY_H
