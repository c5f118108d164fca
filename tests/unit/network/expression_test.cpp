// Expressions over parameters, and the scopes that they are evaluated in.
#include "frontend/network/Scope.h"

#include <gtest/gtest.h>

using namespace graphc;

namespace {

/// The value of an expression where n is 10 and x is 0.25, or the message.
std::string valueOf(const std::string &text) {
  auto lookUp = [](std::string_view name) -> Expected<Quantity> {
    if (name == "n")
      return Quantity(int64_t(10));
    if (name == "x")
      return Quantity(0.25);
    return badInput("no " + std::string(name));
  };
  auto value = evaluateExpression(text, lookUp);
  return value.ok() ? quantityText(*value) : value.status().message();
}

} // namespace

TEST(Expression, Arithmetic) {
  EXPECT_EQ(valueOf("1 + 2 * 3"), "7");
  EXPECT_EQ(valueOf("(1 + 2) * 3"), "9");
  EXPECT_EQ(valueOf("10 - 3 - 2"), "5");
  EXPECT_EQ(valueOf("-n + 1"), "-9");
  EXPECT_EQ(valueOf("n / 5"), "2");
  EXPECT_EQ(valueOf("n / 4"), "2.5");
  EXPECT_EQ(valueOf("n % 4"), "2");
  EXPECT_EQ(valueOf("1 / sqrt(16 * 4)"), "0.125");
  EXPECT_EQ(valueOf("1e-6 + x"), "0.250001");
}

TEST(Expression, Flags) {
  EXPECT_EQ(valueOf("n > 9 and not false"), "true");
  EXPECT_EQ(valueOf("n == 10.0"), "true");
  EXPECT_EQ(valueOf("not not (n < 3 or x >= 1)"), "false");
}

TEST(Expression, Refusals) {
  EXPECT_EQ(valueOf("1 +"), "'1 +': expected a number, a name or '(' but got the end");
  EXPECT_EQ(valueOf("1 2"), "'1 2': expected an operator or the end but got '2'");
  EXPECT_EQ(valueOf("(1"), "'(1': expected ')' but got the end");
  EXPECT_EQ(valueOf("n / 0"), "'n / 0': a division by zero");
  EXPECT_EQ(valueOf("y"), "'y': no y");
  EXPECT_EQ(valueOf("true + 1"), "'true + 1': expected a number beside '+' but got true");
  EXPECT_EQ(valueOf("1 and true"), "'1 and true': expected true or false beside 'and' but got 1");
  EXPECT_EQ(valueOf("9223372036854775807 + 1"),
            "'9223372036854775807 + 1': the result of '+' does not fit in 64 bits");
  EXPECT_EQ(valueOf("sqrt(-1)"), "'sqrt(-1)': the result is not a finite number");
  EXPECT_NE(valueOf(std::string(400, '(')).find("nested deeper than 64"), std::string::npos);
  EXPECT_NE(valueOf(std::string(5000, '-')).find("at most 1000 are accepted"), std::string::npos);
}

TEST(Scope, DefaultsAndValues) {
  const Parameters outer = {{"size", 64}, {"half", "size / 2"}};
  const Parameters inner = {{"from", nullptr}, {"to", "half"}, {"eps", 0.5}};
  Scope network(outer), module(inner, &network);
  EXPECT_EQ(quantityText(*module.find("to")), "32");
  EXPECT_EQ(module.find("from").status().message(), "parameter 'from' has no value and no default");
  ASSERT_TRUE(module.set("from", int64_t(3)).ok());
  EXPECT_EQ(quantityText(*module.find("from")), "3");
  EXPECT_TRUE(module.set("eps", int64_t(1)).ok()) << "a whole number is a number";
  ASSERT_TRUE(network.set("size", int64_t(8)).ok());
  EXPECT_EQ(quantityText(*module.find("to")), "4");
}

/// 2^40 ways lead to the last one.
TEST(Scope, E3Row11_ADefaultIsEvaluatedOnce) {
  Parameters parameters = {{"a40", 1}};
  for (int i = 0; i < 40; ++i) {
    const std::string next = "a" + std::to_string(i + 1);
    parameters["a" + std::to_string(i)] = next + " + " + next;
  }
  EXPECT_EQ(quantityText(*Scope(parameters).find("a0")), std::to_string(int64_t(1) << 40));
}

TEST(Scope, Refusals) {
  const Parameters parameters = {{"size", 64}, {"a", "b"}, {"b", "a + 1"}, {"bias", false}};
  Scope scope(parameters);
  EXPECT_EQ(scope.set("size", 0.5).message(),
            "parameter 'size': expected a whole number but got 0.5");
  EXPECT_EQ(scope.set("bias", int64_t(1)).message(), "parameter 'bias': expected a flag but got 1");
  EXPECT_NE(scope.set("sise", int64_t(1)).message().find("there is no parameter 'sise'"),
            std::string::npos);
  EXPECT_NE(scope.find("a").status().message().find("in a circle"), std::string::npos);
  EXPECT_EQ(scope.integer("size / 3", 1, 100).status().message(),
            "expected a whole number from 1 to 100 but \"size / 3\" is 21.333333333333332");
}
