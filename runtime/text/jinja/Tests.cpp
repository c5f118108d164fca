// What may stand behind `is`.
#include "runtime/text/jinja/Function.h"

#include "runtime/text/jinja/Operations.h"
#include "runtime/text/jinja/Strings.h"

namespace graphc::jinja {

namespace {

using Result = Expected<Value>;

/// A test of the value's kind alone.
template <bool (*Holds)(const Value &)>
Result testKind(Context &, const Value &self, const Arguments &) {
  return Value::boolean(Holds(self));
}

template <Operator Op>
Result testOperator(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(bool holds, compare(context.budget, Op, self, arguments[0]));
  return Value::boolean(holds);
}

bool isDefined(const Value &v) { return !v.is(Kind::Undefined); }
bool isUndefined(const Value &v) { return v.is(Kind::Undefined); }
bool isNone(const Value &v) { return v.is(Kind::None); }
bool isBoolean(const Value &v) { return v.is(Kind::Boolean); }
bool isTrue(const Value &v) { return v.is(Kind::Boolean) && v.asBoolean(); }
bool isFalse(const Value &v) { return v.is(Kind::Boolean) && !v.asBoolean(); }
bool isInteger(const Value &v) { return v.is(Kind::Integer); }
bool isFloat(const Value &v) { return v.is(Kind::Float); }
bool isNumber(const Value &v) { return v.isNumber(); }
bool isString(const Value &v) { return v.is(Kind::String); }
bool isMapping(const Value &v) { return v.is(Kind::Mapping); }
bool isCallable(const Value &v) { return v.is(Kind::Callable); }
/// In Python strings, mappings and undefined values have items as well.
bool isSequence(const Value &v) {
  return v.is(Kind::String) || v.is(Kind::Sequence) || v.is(Kind::Mapping) || v.is(Kind::Undefined);
}

/// Python compares identity; for values that never change, kind and value say the same.
Result sameAs(Context &context, const Value &self, const Arguments &arguments) {
  if (self.kind() != arguments[0].kind())
    return Value::boolean(false);
  GRAPHC_ASSIGN_OR_RETURN(bool same, equal(context.budget, self, arguments[0]));
  return Value::boolean(same);
}

Result divisibleBy(Context &context, const Value &self, const Arguments &arguments) {
  GRAPHC_ASSIGN_OR_RETURN(Value rest,
                          arithmetic(context.budget, Operator::Modulo, self, arguments[0]));
  return Value::boolean(rest.isNumber() && rest.asNumber() == 0);
}

template <int Wanted>
Result parity(Context &context, const Value &self, const Arguments &) {
  GRAPHC_ASSIGN_OR_RETURN(Value rest,
                          arithmetic(context.budget, Operator::Modulo, self, Value::integer(2)));
  return Value::boolean(rest.isNumber() && rest.asNumber() == Wanted);
}

template <bool (*Holds)(std::string_view)>
Result testCase(Context &context, const Value &self, const Arguments &) {
  if (!self.is(Kind::String))
    return Value::boolean(false);
  GRAPHC_RETURN_IF_ERROR(context.budget.use(self.text().size()));
  return Value::boolean(Holds(self.text()));
}

constexpr Function kTests[] = {
    {"defined", "", testKind<isDefined>},
    {"undefined", "", testKind<isUndefined>},
    {"none", "", testKind<isNone>},
    {"boolean", "", testKind<isBoolean>},
    {"true", "", testKind<isTrue>},
    {"false", "", testKind<isFalse>},
    {"integer", "", testKind<isInteger>},
    {"float", "", testKind<isFloat>},
    {"number", "", testKind<isNumber>},
    {"string", "", testKind<isString>},
    {"mapping", "", testKind<isMapping>},
    {"sequence", "", testKind<isSequence>},
    {"iterable", "", testKind<isSequence>},
    {"callable", "", testKind<isCallable>},
    {"sameas", "other", sameAs},
    {"divisibleby", "num", divisibleBy},
    {"even", "", parity<0>},
    {"odd", "", parity<1>},
    {"lower", "", testCase<isLower>},
    {"upper", "", testCase<isUpper>},
    {"in", "seq", testOperator<Operator::In>},
    {"eq", "other", testOperator<Operator::Equal>},
    {"equalto", "other", testOperator<Operator::Equal>},
    {"==", "other", testOperator<Operator::Equal>},
    {"ne", "other", testOperator<Operator::NotEqual>},
    {"!=", "other", testOperator<Operator::NotEqual>},
    {"lt", "other", testOperator<Operator::Less>},
    {"lessthan", "other", testOperator<Operator::Less>},
    {"<", "other", testOperator<Operator::Less>},
    {"le", "other", testOperator<Operator::LessEqual>},
    {"<=", "other", testOperator<Operator::LessEqual>},
    {"gt", "other", testOperator<Operator::Greater>},
    {"greaterthan", "other", testOperator<Operator::Greater>},
    {">", "other", testOperator<Operator::Greater>},
    {"ge", "other", testOperator<Operator::GreaterEqual>},
    {">=", "other", testOperator<Operator::GreaterEqual>},
};

} // namespace

FunctionTable tests() { return kTests; }

} // namespace graphc::jinja
