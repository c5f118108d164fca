// What operators do, as Python defines it. Errors name the kinds of values that were found.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_OPERATIONS_H
#define GRAPHC_RUNTIME_TEXT_JINJA_OPERATIONS_H

#include "runtime/text/jinja/Ast.h"

#include <optional>

namespace graphc::jinja {

/// Add to Power. BadInput for kinds that do not go together, a division by zero, and integers past
/// 64 bits.
Expected<Value> arithmetic(Budget &budget, Operator op, const Value &left, const Value &right);
Expected<Value> negate(const Value &value);

/// Equal to NotIn.
Expected<bool> compare(Budget &budget, Operator op, const Value &left, const Value &right);
Expected<bool> equal(Budget &budget, const Value &left, const Value &right);
/// Negative, 0 or positive; BadInput for values without an order.
Expected<int> order(Budget &budget, const Value &left, const Value &right);

/// What a `for` goes over: items, keys of a mapping, characters; nothing for an undefined value.
Expected<std::vector<Value>> itemsOf(Budget &budget, const Value &value);

/// Characters, items or entries.
Expected<int64_t> lengthOf(Budget &budget, const Value &value);

/// object[key]; undefined when there is no such member.
Expected<Value> subscript(Budget &budget, const Value &object, const Value &key);

struct SliceBounds {
  std::optional<int64_t> start, stop, step;
};
Expected<Value> slice(Budget &budget, const Value &object, const SliceBounds &bounds);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_OPERATIONS_H
