#include "runtime/text/jinja/Operations.h"

#include "runtime/base/CheckedMath.h"

#include <algorithm>
#include <cmath>

namespace graphc::jinja {

namespace {

constexpr const char *kNames[] = {"+", "-", "*", "/", "//", "%", "**"};

Status overflow(Operator op) {
  return badInput(std::string("the result of '") + kNames[static_cast<size_t>(op)] +
                  "' does not fit 64 bits");
}

int64_t floorDivide(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Expected<Value> integerPower(int64_t base, int64_t exponent) {
  if (exponent < 0)
    return Value::number(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
      return overflow(Operator::Power);
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
      return overflow(Operator::Power);
  }
  return Value::integer(result);
}

Expected<Value> integers(Operator op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool wraps = false;
  switch (op) {
  case Operator::Add:
    wraps = __builtin_add_overflow(a, b, &result);
    break;
  case Operator::Subtract:
    wraps = __builtin_sub_overflow(a, b, &result);
    break;
  case Operator::Multiply:
    wraps = __builtin_mul_overflow(a, b, &result);
    break;
  case Operator::FloorDivide:
    wraps = a == INT64_MIN && b == -1;
    result = wraps ? 0 : floorDivide(a, b);
    break;
  case Operator::Modulo:
    result = b == -1 ? 0 : a - floorDivide(a, b) * b;
    break;
  case Operator::Power:
    return integerPower(a, b);
  default:
    return Value::number(static_cast<double>(a) / static_cast<double>(b));
  }
  if (wraps)
    return overflow(op);
  return Value::integer(result);
}

/// The remainder has the divisor's sign, as Python's has: exact, which a - floor(a / b) * b is not.
double floorModulo(double a, double b) {
  double remainder = std::fmod(a, b);
  if (remainder == 0)
    return std::copysign(0.0, b);
  return (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

/// The remainder of a division towards zero is subtracted, and one after the division where Python
/// rounds down: a divisor that is much larger than `a` would swallow it.
double floorDivide(double a, double b) {
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0 && (remainder < 0) != (b < 0))
    quotient -= 1;
  return quotient == 0 ? std::copysign(0.0, a / b) : std::round(quotient);
}

double floats(Operator op, double a, double b) {
  switch (op) {
  case Operator::Add:
    return a + b;
  case Operator::Subtract:
    return a - b;
  case Operator::Multiply:
    return a * b;
  case Operator::FloorDivide:
    return floorDivide(a, b);
  case Operator::Modulo:
    return floorModulo(a, b);
  case Operator::Power:
    return std::pow(a, b);
  default:
    return a / b;
  }
}

Expected<Value> numbers(Operator op, const Value &left, const Value &right) {
  bool divides = op == Operator::Divide || op == Operator::FloorDivide || op == Operator::Modulo;
  if (divides && right.asNumber() == 0)
    return badInput("division by zero");
  if (op == Operator::Power && left.asNumber() == 0 && right.asNumber() < 0)
    return badInput("0 to a negative power");
  if (left.isIntegral() && right.isIntegral())
    return integers(op, left.asInteger(), right.asInteger());
  return Value::number(floats(op, left.asNumber(), right.asNumber()));
}

/// `count` copies, one after the other: by doubling, as most units are short.
std::string repeated(const std::string &unit, uint64_t count) {
  std::string result;
  size_t size = unit.size() * count;
  result.reserve(size);
  result.append(unit, 0, size);
  while (result.size() < size)
    result.append(result, 0, std::min(result.size(), size - result.size()));
  return result;
}

std::vector<Value> repeated(const std::vector<Value> &unit, uint64_t count) {
  std::vector<Value> result;
  result.reserve(unit.size() * count);
  for (uint64_t i = 0; i < count; ++i)
    result.insert(result.end(), unit.begin(), unit.end());
  return result;
}

Expected<Value> repeat(Budget &budget, const Value &unit, int64_t times) {
  bool isString = unit.is(Kind::String);
  size_t bytes = isString ? unit.text().size() : unit.items().size() * sizeof(Value);
  uint64_t count = bytes == 0 || times < 0 ? 0 : static_cast<uint64_t>(times);
  // Asked before memory is taken.
  GRAPHC_RETURN_IF_ERROR(budget.use(checkedMul(bytes, count).value_or(SIZE_MAX)));
  if (isString)
    return Value::string(repeated(unit.text(), count));
  return Value::sequence(repeated(unit.items(), count), unit.asSequence().isTuple);
}

bool canRepeat(const Value &value) { return value.is(Kind::String) || value.is(Kind::Sequence); }

Expected<Value> join(Budget &budget, const Value &left, const Value &right) {
  if (left.is(Kind::String))
    return newString(budget, left.text() + right.text());
  std::vector<Value> items = left.items();
  items.insert(items.end(), right.items().begin(), right.items().end());
  return newSequence(budget, std::move(items), left.asSequence().isTuple);
}

bool canJoin(const Value &left, const Value &right) {
  if (left.is(Kind::Sequence) && right.is(Kind::Sequence))
    return left.asSequence().isTuple == right.asSequence().isTuple;
  return left.is(Kind::String) && right.is(Kind::String);
}

} // namespace

Expected<Value> arithmetic(Budget &budget, Operator op, const Value &left, const Value &right) {
  if (left.isNumber() && right.isNumber())
    return numbers(op, left, right);
  if (op == Operator::Add && canJoin(left, right))
    return join(budget, left, right);
  if (op == Operator::Multiply && canRepeat(left) && right.isIntegral())
    return repeat(budget, left, right.asInteger());
  if (op == Operator::Multiply && left.isIntegral() && canRepeat(right))
    return repeat(budget, right, left.asInteger());
  if (op == Operator::Modulo && left.is(Kind::String))
    return unsupported("formatting a string with '%' is not supported; use '~'");
  return badInput(std::string("'") + kNames[static_cast<size_t>(op)] +
                  "' expected two numbers or texts, but got " + left.describe() + " and " +
                  right.describe());
}

Expected<Value> negate(const Value &value) {
  if (value.is(Kind::Float))
    return Value::number(-value.asNumber());
  if (value.isIntegral())
    return integers(Operator::Subtract, 0, value.asInteger());
  return badInput("'-' expected a number, but got " + value.describe());
}

} // namespace graphc::jinja
