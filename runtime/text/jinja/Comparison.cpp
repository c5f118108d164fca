#include "runtime/text/jinja/Operations.h"

#include "runtime/text/jinja/Strings.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

/// Integers exactly, all else as floats: -1, 0, 1, or 2 where a NaN has no order.
int orderNumbers(const Value &left, const Value &right) {
  auto between = [](auto a, auto b) { return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2; };
  if (left.isIntegral() && right.isIntegral())
    return between(left.asInteger(), right.asInteger());
  return between(left.asNumber(), right.asNumber());
}

Expected<bool> equalItems(Budget &budget, const Sequence &left, const Sequence &right) {
  if (left.isTuple != right.isTuple || left.items.size() != right.items.size())
    return false;
  for (size_t i = 0; i < left.items.size(); ++i) {
    GRAPHC_ASSIGN_OR_RETURN(bool same, equal(budget, left.items[i], right.items[i]));
    if (!same)
      return false;
  }
  return true;
}

Expected<bool> equalEntries(Budget &budget, const Mapping &left, const Mapping &right) {
  if (left.entries.size() != right.entries.size())
    return false;
  for (const Entry &entry : left.entries) {
    const Value *other = right.find(entry.first);
    if (!other)
      return false;
    GRAPHC_ASSIGN_OR_RETURN(bool same, equal(budget, entry.second, *other));
    if (!same)
      return false;
  }
  return true;
}

Expected<int> orderItems(Budget &budget, const std::vector<Value> &left,
                         const std::vector<Value> &right) {
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    GRAPHC_ASSIGN_OR_RETURN(bool same, equal(budget, left[i], right[i]));
    if (!same)
      return order(budget, left[i], right[i]);
  }
  return left.size() < right.size() ? -1 : left.size() > right.size();
}

Expected<bool> contains(Budget &budget, const Value &item, const Value &container) {
  switch (container.kind()) {
  case Kind::Undefined:
    return false;
  case Kind::String:
    if (!item.is(Kind::String))
      break;
    GRAPHC_RETURN_IF_ERROR(budget.scan(container.text().size()));
    return findText(container.text(), item.text()) != std::string_view::npos;
  case Kind::Mapping:
    return item.is(Kind::String) && container.asMapping().find(item.text());
  case Kind::Sequence:
    for (const Value &member : container.items()) {
      GRAPHC_ASSIGN_OR_RETURN(bool same, equal(budget, item, member));
      if (same)
        return true;
    }
    return false;
  default:
    break;
  }
  return badInput("'in' expected a list, a mapping or two strings, but got " + item.describe() +
                  " and " + container.describe());
}

} // namespace

Expected<bool> equal(Budget &budget, const Value &left, const Value &right) {
  GRAPHC_RETURN_IF_ERROR(budget.use(sizeof(Value)));
  if (left.isNumber() && right.isNumber())
    return orderNumbers(left, right) == 0;
  if (left.kind() != right.kind())
    return false;
  switch (left.kind()) {
  case Kind::Undefined:
  case Kind::None:
    return true;
  case Kind::String:
    GRAPHC_RETURN_IF_ERROR(budget.scan(std::min(left.text().size(), right.text().size())));
    return left.text() == right.text();
  case Kind::Sequence:
    return equalItems(budget, left.asSequence(), right.asSequence());
  case Kind::Mapping:
    return equalEntries(budget, left.asMapping(), right.asMapping());
  case Kind::Namespace:
    return &left.asNamespace() == &right.asNamespace();
  case Kind::Loop:
    return &left.asLoop() == &right.asLoop();
  default:
    return &left.asCallable() == &right.asCallable();
  }
}

Expected<int> order(Budget &budget, const Value &left, const Value &right) {
  if (left.isNumber() && right.isNumber())
    return orderNumbers(left, right);
  if (left.is(Kind::String) && right.is(Kind::String)) {
    GRAPHC_RETURN_IF_ERROR(budget.scan(std::min(left.text().size(), right.text().size())));
    return left.text().compare(right.text()); // UTF-8 sorts as code points do.
  }
  bool lists = left.is(Kind::Sequence) && right.is(Kind::Sequence) &&
               left.asSequence().isTuple == right.asSequence().isTuple;
  if (lists)
    return orderItems(budget, left.items(), right.items());
  return badInput("expected two numbers, strings or lists to compare, but got " + left.describe() +
                  " and " + right.describe());
}

Expected<bool> compare(Budget &budget, Operator op, const Value &left, const Value &right) {
  if (op == Operator::Equal || op == Operator::NotEqual) {
    GRAPHC_ASSIGN_OR_RETURN(bool same, equal(budget, left, right));
    return same == (op == Operator::Equal);
  }
  if (op == Operator::In || op == Operator::NotIn) {
    GRAPHC_ASSIGN_OR_RETURN(bool found, contains(budget, left, right));
    return found == (op == Operator::In);
  }
  GRAPHC_ASSIGN_OR_RETURN(int place, order(budget, left, right));
  if (left.isNumber() && place == 2)
    return false;
  switch (op) {
  case Operator::Less:
    return place < 0;
  case Operator::LessEqual:
    return place <= 0;
  case Operator::Greater:
    return place > 0;
  default:
    return place >= 0;
  }
}

} // namespace graphc::jinja
