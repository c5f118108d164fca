// Arithmetic over named parameters, as network.json has it in place of numbers:
//
//   "hidden_size / num_heads"   "1 / sqrt(head_dim)"   "not tied and num_layers > 2"
//
//   expression  := conjunction { "or" conjunction }
//   conjunction := negation { "and" negation }
//   negation    := "not" negation | comparison
//   comparison  := sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum ]
//   sum         := product { ("+" | "-") product }
//   product     := sign { ("*" | "/" | "%") sign }
//   sign        := "-" sign | number | name | "true" | "false" | "sqrt" "(" expression ")"
//                | "(" expression ")"
#ifndef GRAPHC_FRONTEND_NETWORK_EXPRESSION_H
#define GRAPHC_FRONTEND_NETWORK_EXPRESSION_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace graphc {

/// A flag, a whole number or another number.
using Quantity = std::variant<bool, int64_t, double>;

/// "true", "12", "0.5".
std::string quantityText(const Quantity &value);
/// "a flag", "a whole number", "a number".
std::string_view quantityKind(const Quantity &value);

/// The value of a name.
using LookUp = std::function<Expected<Quantity>(std::string_view name)>;

/// Evaluates an expression. Whole numbers stay whole where they can: a sum, difference, product or
/// remainder of two, and a quotient that has no remainder. BadInput for text that is none, for
/// operands that an operator does not take, for a division by zero and for results beyond 64 bits
/// or not finite; what `lookUp` says for names.
Expected<Quantity> evaluateExpression(std::string_view text, const LookUp &lookUp);

/// Whether a text can be a name in expressions: a letter or '_', then letters, digits and '_'; no
/// word of the language.
bool isParameterName(std::string_view text);

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_EXPRESSION_H
