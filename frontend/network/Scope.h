// The parameters that are known in a module of a network, and what they are.
#ifndef GRAPHC_FRONTEND_NETWORK_SCOPE_H
#define GRAPHC_FRONTEND_NETWORK_SCOPE_H

#include "frontend/network/Expression.h"
#include "runtime/base/Json.h"

#include <map>
#include <string>
#include <string_view>

namespace graphc {

/// Names with their defaults: a number, true or false, an expression as text, or null for none.
using Parameters = std::map<std::string, Json, std::less<>>;

class Scope {
public:
  /// The parameters declared here; those of `outer` (null at the outermost) are seen through it.
  explicit Scope(const Parameters &declared, const Scope *outer = nullptr)
      : declared(declared), outer(outer) {}

  bool declares(std::string_view name) const { return declared.contains(name); }
  /// Gives a declared parameter its value. BadInput when its default is of another kind (a whole
  /// number may stand for a number), or when none is declared.
  Status set(const std::string &name, const Quantity &value);

  /// The value of a parameter: the one set, else its default, which may refer to others. BadInput
  /// for an unknown name, one without a value, and defaults that refer to each other in a circle.
  Expected<Quantity> find(std::string_view name) const;

  /// The value of a JSON scalar: itself, or, of a text, of the expression that it is.
  Expected<Quantity> evaluate(const Json &value) const;
  Expected<int64_t> integer(const Json &value, int64_t min, int64_t max) const;
  Expected<double> number(const Json &value) const;
  Expected<bool> flag(const Json &value) const;

private:
  const Parameters &declared;
  const Scope *outer;
  std::map<std::string, Quantity, std::less<>> values;
  /// Defaults that the one that is asked for refers to: each is evaluated once, however often.
  mutable std::map<std::string, Quantity, std::less<>> evaluated;
  mutable int depth = 0; ///< Of defaults that are being evaluated.
};

/// The value of a JSON number, true or false; BadInput for anything else.
Expected<Quantity> quantityOf(const Json &value);

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_SCOPE_H
