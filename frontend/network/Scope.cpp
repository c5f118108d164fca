#include "frontend/network/Scope.h"

#include "frontend/config/NearestName.h"
#include "runtime/base/Escape.h"

#include <vector>

namespace graphc {

/// Longest chain of defaults that refer to defaults.
static constexpr int kMaxChain = 64;

Expected<Quantity> quantityOf(const Json &value) {
  if (value.is_boolean())
    return Quantity(value.get<bool>());
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    return badInput("the number " + value.dump() + " does not fit in 64 bits");
  if (value.is_number_integer())
    return Quantity(value.get<int64_t>());
  if (value.is_number_float())
    return Quantity(value.get<double>());
  return badInput("expected a number, true or false but got " + escapeForMessage(value.dump()));
}

Status Scope::set(const std::string &name, const Quantity &value) {
  auto found = declared.find(name);
  if (found == declared.end()) {
    std::vector<std::string_view> known;
    for (const auto &[other, ignored] : declared)
      known.push_back(other);
    return badInput("there is no parameter '" + escapeForMessage(name) + "'" +
                    (known.empty() ? "" : "; there are " + nearestNames(name, known, 20)));
  }
  const Json &byDefault = found->second;
  if (byDefault.is_number() || byDefault.is_boolean()) {
    GRAPHC_ASSIGN_OR_RETURN(Quantity model, quantityOf(byDefault));
    bool widens = std::holds_alternative<double>(model) && std::holds_alternative<int64_t>(value);
    if (model.index() != value.index() && !widens)
      return badInput("parameter '" + name + "': expected " + std::string(quantityKind(model)) +
                      " but got " + quantityText(value));
  }
  values.insert_or_assign(name, value);
  return {};
}

Expected<Quantity> Scope::find(std::string_view name) const {
  if (auto set = values.find(name); set != values.end())
    return set->second;
  if (auto known = evaluated.find(name); known != evaluated.end())
    return known->second;
  auto found = declared.find(name);
  if (found == declared.end())
    return outer ? outer->find(name)
                 : badInput("there is no parameter '" + escapeForMessage(name) + "'");
  if (found->second.is_null())
    return badInput("parameter '" + std::string(name) + "' has no value and no default");
  if (depth == kMaxChain)
    return badInput("the defaults of parameters refer to each other in a circle, or more than " +
                    std::to_string(kMaxChain) + " deep, at '" + std::string(name) + "'");
  ++depth;
  Expected<Quantity> value = evaluate(found->second);
  --depth;
  if (depth == 0)
    evaluated.clear();
  else if (value.ok())
    evaluated.emplace(name, *value);
  return value;
}

Expected<Quantity> Scope::evaluate(const Json &value) const {
  if (!value.is_string())
    return quantityOf(value);
  return evaluateExpression(value.get_ref<const std::string &>(),
                            [this](std::string_view name) { return find(name); });
}

Expected<int64_t> Scope::integer(const Json &value, int64_t min, int64_t max) const {
  GRAPHC_ASSIGN_OR_RETURN(Quantity result, evaluate(value));
  const auto *whole = std::get_if<int64_t>(&result);
  if (!whole || *whole < min || *whole > max)
    return badInput("expected a whole number from " + std::to_string(min) + " to " +
                    std::to_string(max) + " but " + escapeForMessage(value.dump()) + " is " +
                    quantityText(result));
  return *whole;
}

Expected<double> Scope::number(const Json &value) const {
  GRAPHC_ASSIGN_OR_RETURN(Quantity result, evaluate(value));
  if (std::holds_alternative<bool>(result))
    return badInput("expected a number but " + escapeForMessage(value.dump()) + " is " +
                    quantityText(result));
  const auto *whole = std::get_if<int64_t>(&result);
  return whole ? static_cast<double>(*whole) : std::get<double>(result);
}

Expected<bool> Scope::flag(const Json &value) const {
  GRAPHC_ASSIGN_OR_RETURN(Quantity result, evaluate(value));
  if (!std::holds_alternative<bool>(result))
    return badInput("expected true or false but " + escapeForMessage(value.dump()) + " is " +
                    quantityText(result));
  return std::get<bool>(result);
}

} // namespace graphc
