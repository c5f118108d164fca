// Templates and inputs that are wrong: errors with the line, of the right kind.
#include "text/jinja/Rendering.h"

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr StatusCode kBad = StatusCode::BadInput;
constexpr StatusCode kUnsupported = StatusCode::Unsupported;

struct Case {
  const char *source;
  StatusCode code;
  int line;
  const char *part;
};

class JinjaErrors : public testing::TestWithParam<Case> {};

TEST_P(JinjaErrors, HaveTheLine) {
  const Case &c = GetParam();
  expectError(c.source, c.code, c.line, c.part);
}

constexpr Case kUnterminated[] = {
    {"a\n{{ x", kBad, 2, "expected '}}', but got the end of the template"},
    {"a\n{% if x", kBad, 2, "expected '%}'"},
    {"a\n\n{# x\n\n", kBad, 3, "expected '#}'"},
    {"{{\n'x }}", kBad, 2, "the string that begins here does not end"},
    {"{{ 'x\\", kBad, 1, "the string that begins here does not end"},
    {"\n{% raw %} {{ \n", kBad, 2, "expected 'endraw'"},
    {"\n{% if x %}\n\n", kBad, 2, "expected 'elif' or 'else' or 'endif'"},
    {"{% if x %}{% else %}", kBad, 1, "expected 'endif'"},
    {"\n\n{% for x in l %}", kBad, 3, "expected 'else' or 'endfor'"},
    {"{% set x %}", kBad, 1, "expected 'endset'"},
    {"{% macro m() %}", kBad, 1, "expected 'endmacro'"},
    {"{{ (1 + 2 }}", kBad, 1, "unexpected '}', expected ')'"},
    {"{{ [1, 2 %}", kBad, 1, "unexpected '}', expected ']'"},
};

constexpr Case kSyntax[] = {
    {"\n{{ }}", kBad, 2, "expected an expression, but got '}}'"},
    {"{{ 1 + }}", kBad, 1, "expected an expression"},
    {"{{ a b }}", kBad, 1, "expected '}}', but got 'b'"},
    {"{{ a ? b }}", kBad, 1, "unexpected character '?'"},
    {"{{ \x01 }}", kBad, 1, "unexpected character '\\x01'"},
    {"{{ 12ab }}", kBad, 1, "unexpected 'a' behind the number 12"},
    {"{{ 99999999999999999999 }}", kBad, 1, "does not fit 64 bits"},
    {"{{ a. }}", kBad, 1, "expected the name of a member"},
    {"{{ a[] }}", kBad, 1, "expected a key or a slice"},
    {"{{ a| }}", kBad, 1, "expected the name of a filter"},
    {"{{ a is }}", kBad, 1, "expected the name of a test"},
    {"{{ f(a=1, 2) }}", kBad, 1, "expected a named argument"},
    {"{{ {'a' 1} }}", kBad, 1, "expected ':', but got '1'"},
    {"{{ '\\xZZ' }}", kBad, 1, "hexadecimal digits"},
    {"{{ '\\ud800' }}", kBad, 1, "is no character of Unicode"},
    {"{% %}", kBad, 1, "expected the name of a statement, but got '%}'"},
    {"{% for x l %}{% endfor %}", kBad, 1, "expected 'in', but got 'l'"},
    {"{% for 1 in l %}{% endfor %}", kBad, 1, "expected a name to assign to"},
    {"{% set x 1 %}", kBad, 1, "expected '=', but got '1'"},
    {"{% endif %}", kBad, 1, "'endif' without the statement"},
    {"{% if x %}\n{% endfor %}", kBad, 2, "for the statement of line 1, but got 'endfor'"},
    {"{% break %}", kBad, 1, "expected a loop around 'break'"},
    {"{% for x in l %}{% endfor %}{% continue %}", kBad, 1, "expected a loop around 'continue'"},
    {"{% macro m(a=1, b) %}{% endmacro %}", kBad, 1, "expected a default"},
    {"a\n\xff", kBad, 2, "expected UTF-8"},
};

constexpr Case kUnsupportedParts[] = {
    {"\n{% include 'x' %}", kUnsupported, 2, "there is no statement 'include'"},
    {"{% if x %}{% block a %}{% endif %}", kUnsupported, 1, "there is no statement 'block'"},
    {"{% import 'os' as os %}", kUnsupported, 1, "expected one of if, for, set"},
    {"{% for x in l recursive %}{% endfor %}", kUnsupported, 1, "recursive loops"},
    {"{% for x in l %}{% macro m() %}{% endmacro %}{% endfor %}", kUnsupported, 1,
     "a macro inside"},
    {"{% generation %}{% macro m() %}{% endmacro %}{% endgeneration %}", kUnsupported, 1,
     "a macro inside"},
    {"{% set x | upper %}a{% endset %}", kUnsupported, 1, "filters of a block assignment"},
    {"{{ f(*a) }}", kUnsupported, 1, "arguments by '*'"},
    {"\n\n{{ 1|nope }}", kUnsupported, 3, "there is no filter 'nope'; expected one of trim"},
    {"{{ 1 is nope }}", kUnsupported, 1, "there is no test 'nope'"},
    {"{{ l|map('nope')|list }}", kUnsupported, 1, "there is no filter 'nope'"},
    {"{{ nope() }}", kUnsupported, 1, "expected a function to call, but got 'nope'"},
    {"{{ 's'.format(1) }}", kUnsupported, 1, "'format', which is undefined"},
    {"{{ ''.__class__.__mro__ }}", kBad, 1, "'__class__', which is undefined"},
    {"{{ l.append(1) }}", kUnsupported, 1, "'append', which is undefined"},
    {"{{ '%s' % 1 }}", kUnsupported, 1, "formatting a string"},
    {"{{ {1: 2} }}", kUnsupported, 1, "expected a string as a key, but got an integer"},
    {"{% set n = namespace() %}{% set n.n = n %}", kUnsupported, 1, "a namespace cannot be part"},
    {"{% set n = namespace() %}{{ [n] }}", kUnsupported, 1, "a namespace cannot be part"},
    {"{% for x in l %}{{ [loop] }}{% endfor %}", kUnsupported, 1, "the loop cannot be part"},
};

constexpr Case kValues[] = {
    {"\n{{ raise_exception('no ' ~ 1) }}", kBad, 2, "the template refuses: no 1"},
    {"{% macro m() %}\n{{ missing.x }}{% endmacro %}\n\n{{ m() }}", kBad, 2, "'missing'"},
    {"{% if true %}\n\n{{ 1 +\n'a' }}{% endif %}", kBad, 3, "but got an integer and a string"},
    {"{{ missing.x }}", kBad, 1, "a member 'x', but got 'missing', which is undefined"},
    {"{{ missing[0] }}", kBad, 1, "'missing', which is undefined"},
    {"{{ messages[9].role }}", kBad, 1, "'list[9]', which is undefined"},
    {"{{ missing + 'a' }}", kBad, 1, "'missing', which is undefined and a string"},
    {"{{ none ~ (none < 1) }}", kBad, 1, "to compare, but got none and an integer"},
    {"{{ -'a' }}", kBad, 1, "'-' expected a number, but got a string"},
    {"{{ 1 in 5 }}", kBad, 1, "'in' expected"},
    {"{% for x in 5 %}{% endfor %}", kBad, 1, "expected something with items, but got an integer"},
    {"{% for a, b in [[1]] %}{% endfor %}", kBad, 1, "expected 2 values to assign, but got 1"},
    {"{% set l.x = 1 %}", kBad, 1, "expected a namespace to set 'x' of, but got a list"},
    {"{{ 1 / 0 }}{{ 1 // 0 }}", kBad, 1, "division by zero"},
    {"{{ 1 % 0 }}", kBad, 1, "division by zero"},
    {"{{ missing|tojson }}", kBad, 1, "tojson(): expected a value that JSON has"},
    {"{{ none|length }}", kBad, 1, "length(): expected something with a length, but got none"},
    {"{{ 'a'|replace('a') }}", kBad, 1, "replace(): the argument 'new' is missing"},
    {"{{ 'a'|trim('a', 'b') }}", kBad, 1, "expected at most 1 arguments, but got 2"},
    {"{{ 'a'|trim(q=1) }}", kBad, 1, "there is no argument 'q'"},
    {"{{ d|tojson(true, ensure_ascii=true) }}", kBad, 1, "'ensure_ascii' is given twice"},
    {"{{ 'a'.split('') }}", kBad, 1, "the separator is empty"},
    {"{{ 'a'.startswith(1) }}", kBad, 1, "expected a string, but got an integer"},
    {"{{ l[::0] }}", kBad, 1, "the step of a slice is 0"},
    {"{{ missing[:1] }}", kBad, 1, "expected a list or a string to slice, but got"},
    {"{{ none[:1] }}", kBad, 1, "expected a list or a string to slice, but got none"},
    {"{{ d[:1] }}", kBad, 1, "expected a list or a string to slice, but got a mapping"},
    {"{{ 0 ** -1 }}", kBad, 1, "0 to a negative power"},
    {"{{ range(1, 2, 0) }}", kBad, 1, "the step is 0"},
    {"{{ ['a', 1]|sort }}", kBad, 1, "to compare"},
    {"{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", kBad, 1, "m(): expected at most 1 arguments"},
    {"{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", kBad, 1, "m(): there is no argument 'b'"},
    {"{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}", kBad, 1, "'a' is given twice"},
};

INSTANTIATE_TEST_SUITE_P(Unterminated, JinjaErrors, testing::ValuesIn(kUnterminated));
INSTANTIATE_TEST_SUITE_P(Syntax, JinjaErrors, testing::ValuesIn(kSyntax));
INSTANTIATE_TEST_SUITE_P(Unsupported, JinjaErrors, testing::ValuesIn(kUnsupportedParts));
INSTANTIATE_TEST_SUITE_P(Values, JinjaErrors, testing::ValuesIn(kValues));

TEST(JinjaErrors, MessagesOfTemplatesAreEscaped) {
  EXPECT_EQ(render("{{ raise_exception('\\x1b[31m') }}"),
            "error: t.jinja:1: raise_exception(): the template refuses: \\x1b[31m");
}

void expectInputError(const char *input, const std::string &part) {
  Expected<jinja::Value> variables = jinja::readChatVariables(input, "in.json");
  ASSERT_FALSE(variables.ok()) << input;
  EXPECT_EQ(variables.status().code(), kBad);
  EXPECT_TRUE(variables.status().message().starts_with("in.json: "))
      << variables.status().message();
  EXPECT_NE(variables.status().message().find(part), std::string::npos)
      << variables.status().message();
}

TEST(JinjaInput, ErrorsNameTheKey) {
  expectInputError("[]", "expected an object");
  expectInputError("{", "not valid JSON");
  expectInputError("{}", "messages: expected a list, but got nothing");
  expectInputError(R"({"messages": 5})", "messages: expected a list, but got an integer");
  expectInputError(R"({"messages": [5]})", "messages[0]: expected an object");
  expectInputError(R"({"messages": [], "message": 1})", "there is no key 'message'");
  expectInputError(R"({"messages": [], "bos_token": 1})", "bos_token: expected a string");
  expectInputError(R"({"messages": [], "extra": {"tools": []}})", "extra.tools");
  expectInputError(R"({"messages": [], "extra": {"n": 18446744073709551615}})", "64 bits");
  expectInputError(R"({"messages": [], "extra": {"l": [{"n": -99999999999999999999}]}})",
                   "extra: l: n: expected integers of 64 bits, but got -99999999999999999999");
  expectInputError(R"({"messages": [], "messages": []})", "duplicate key");
}

} // namespace
