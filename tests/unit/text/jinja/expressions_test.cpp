// Expressions. Expected texts are those of jinja2 3.1.
#include "text/jinja/Rendering.h"

using namespace graphc;
using namespace graphc::test;

namespace {

/// An expression and what `{{ }}` makes of it.
struct Case {
  const char *expression;
  const char *expected;
};

class JinjaExpressions : public testing::TestWithParam<Case> {};

TEST_P(JinjaExpressions, Render) {
  EXPECT_EQ(render(std::string("{{ ") + GetParam().expression + " }}"), GetParam().expected);
}

constexpr Case kOperators[] = {
    {"1 + 2 * 3 - 4", "3"},
    {"7 // 2, -7 // 2, -7 % 3, 7 / 2", "(3, -4, 2, 3.5)"},
    {"2 ** 10, 2 ** -1, 2 ** 3 ** 2, -2 ** 2", "(1024, 0.5, 64, 4)"},
    {"7.5 // 2, 1e3, 0.1 + 0.2", "(3.0, 1000.0, 0.30000000000000004)"},
    {"1.0 // 0.1, 1.0 % 0.1, 0.3 // 0.1", "(9.0, 0.09999999999999995, 2.0)"},
    {"-7.5 // 2, -7.5 % 2, 7.5 % -2, 6.0 % -3, -0.0 // 1", "(-4.0, 0.5, -0.5, -0.0, -0.0)"},
    {"-1e-20 % 1.0, -5.0 % (1e300 * 1e300)", "(1.0, inf)"},
    {"-5.0 // (1e300 * 1e300), 5.0 // (1e300 * 1e300), -1.7e308 // 1e308", "(-1.0, 0.0, -2.0)"},
    {"1e16, 0.00001, 123456789012345.0", "(1e+16, 1e-05, 123456789012345.0)"},
    {"true + true, -true", "(2, -1)"},
    {"'x' * 3 ~ 2 * 'y'", "xxxyy"},
    {"[1] + [2] * 2", "[1, 2, 2]"},
    {"'a' ~ 1 ~ none ~ 1.0", "a1None1.0"},
    {"'a' 'b' ~ 'c'", "abc"},
    {"1 < 2 < 3, 1 < 3 < 2", "(True, False)"},
    {"1 == 1.0, true == 1, 'a' == 1, [1] == (1,)", "(True, True, False, False)"},
    {"'a' < 'b', [1, 2] < [1, 3], 2 >= 2", "(True, True, True)"},
    {"{'a': [1]} == {'a': [1.0]}, none == missing", "(True, False)"},
    {"'at' in 'cat', 3 in l, 'b' in d, 4 not in l", "(True, True, True, True)"},
    {"'x' in missing", "False"},
    {"not true and false or true", "True"},
    {"1 or 2, 0 or 'x', '' and 1", "(1, 'x', '')"},
    {"'a' if z else 'b'", "b"},
    {"'a' if z", ""},
    {"1 if z else 2 if z else 3", "3"},
};

constexpr Case kMembers[] = {
    {"messages[0].role ~ messages[-1]['role']", "userassistant"},
    {"messages[5]", ""},
    {"messages[0].none_such", ""},
    {"d['items'] ~ d.a.x[2]", "51.5"},
    {"l[::-1], l[1:], l[-2:], l[5:1], l[::-2], l[2:0:-1]",
     "([2, 1, 3], [1, 2], [1, 2], [], [2, 3], [2, 1])"},
    {"u[2] ~ u[-1] ~ u[1:4] ~ u[::-1]", "\u00ef\U0001F600a\u00efv\U0001F600 ev\u00efan"},
    {"['\\u200b\\xad\\u2028\\ue000\\U000e0001\\x7f \\u3000a\\u0301\\U0001f600']",
     "['\\u200b\\xad\\u2028\\ue000\\U000e0001\\x7f \\u3000a\u0301\U0001f600']"},
    {"u[100], u[9223372036854775807:], l[:9223372036854775807:9223372036854775807]",
     "(Undefined, '', [3])"},
    {"l.0", "3"},
    {"d.get('b'), d.get('q'), d.get('q', 1)", "(1, None, 1)"},
    {"d.keys()|list, d.values()|first", "(['b', 'a', 'items'], 1)"},
    {"l.index(1), l.count(3)", "(1, 1)"},
    {"{'a': 1, 'a': 2}", "{'a': 2}"},
};

constexpr Case kTexts[] = {
    {R"("\n\t\x41\u00e9\\ \' \q \101")", "\n\tA\u00e9\\ ' \\q A"},
    {R"(["q'q", 'a"b', "\n\\", "\x01", true, none])",
     R"(["q'q", 'a"b', '\n\\', '\x01', True, None])"},
    {"d", "{'b': 1, 'a': {'x': [True, None, 1.5]}, 'items': 5}"},
    {"(1,), (), [], {}", "((1,), (), [], {})"},
    {"'}}' ~ '%}'", "}}%}"},
    {"{'a': {'b': {}}}", "{'a': {'b': {}}}"},
};

constexpr Case kMethods[] = {
    {"s.strip() ~ '|' ~ s.lstrip() ~ '|' ~ s.rstrip()", "ab c|ab c | ab c"},
    {"'xxaxx'.strip('x')", "a"},
    {"s.split(), s.split(' '), 'a,b,c'.split(',', 1)",
     "(['ab', 'c'], ['', 'ab', 'c', ''], ['a', 'b,c'])"},
    {"' a  b '.split(none, 1), 'a,b,c'.rsplit(',', 1), ' a b'.rsplit(none, 1)",
     "(['a', 'b '], ['a,b', 'c'], [' a', 'b'])"},
    {R"('a\nb\r\nc\n'.splitlines(), 'a\nb'.splitlines(true))",
     R"((['a', 'b', 'c'], ['a\n', 'b']))"},
    {"'abab'.replace('a', 'x') ~ 'abab'.replace('a', 'x', 1) ~ 'ab'.replace('', '-')",
     "xbxbxbab-a-b-"},
    {"'abc'.startswith('ab'), 'abc'.endswith(('x', 'c'))", "(True, True)"},
    {"u.find('v'), u.rfind('q'), 'aXbX'.rfind('X'), 'aXbX'.count('X')", "(3, -1, 3, 2)"},
    {"','.join(['a', 'b'])", "a,b"},
    {"'aBC'.upper() ~ 'aBC'.lower() ~ 'aBC'.capitalize() ~ 'a bC'.title()", "ABCabcAbcA Bc"},
    {"'abc'.removeprefix('a') ~ 'abc'.removesuffix('c')", "bcab"},
    {"'12'.isdigit(), 'a1'.isalpha(), 'a1'.isalnum(), ' '.isspace(), 'a'.islower(), '1'.isupper()",
     "(True, False, True, True, True, False)"},
};

constexpr Case kFilters[] = {
    {"s|trim ~ '\u00c9'|lower ~ 'a'|upper ~ 'a-b cD'|title", "ab c\u00e9AA-B Cd"},
    {"missing|default('x') ~ ''|default('x') ~ ''|d('x', true) ~ nothing|default(1)", "xxNone"},
    {"l|length, u|length, d|count, missing|length", "(3, 7, 3, 0)"},
    {"l|first, l|last, l|sum, l|min, l|max", "(3, 2, 6, 1, 3)"},
    {"l|join('-') ~ objs|join(attribute='k')", "3-1-2xyx"},
    {"l|sort, l|sort(reverse=true), ['b', 'A', 'a']|sort",
     "([1, 2, 3], [3, 2, 1], ['A', 'a', 'b'])"},
    {"objs|sort(attribute='v')|map(attribute='v')|list", "[1, 2, 3]"},
    {"['b', 'B', 'a']|unique|list, l|reverse|list", "(['b', 'a'], [2, 1, 3])"},
    {"objs|selectattr('k', 'equalto', 'x')|list|length", "2"},
    {"none|selectattr('k')|list", "[]"},
    {"none|map('upper')|list", "[]"},
    {"missing|reject('none')|list", "[]"},
    {"objs|rejectattr('k', 'eq', 'x')|map(attribute='v')|first", "1"},
    {"l|select('gt', 1)|list, l|reject('odd')|list, [0, 1]|select|list", "([3, 2], [2], [1])"},
    {"['a', 'b']|map('upper')|join, objs|map(attribute='q', default='D')|join", "('AB', 'DDD')"},
    {"{'b': 1, 'a': 2}|dictsort, {'b': 1}|items|list", "([('a', 2), ('b', 1)], [('b', 1)])"},
    {"'12'|int, 'x'|int(7), ' 3.7 '|int, '1.5'|float, 3.9|int", "(12, 7, 3, 1.5, 3)"},
    {"-1|abs, 2.5|round, 3.14159|round(2), 3.1|round(0, 'ceil'), 5|round",
     "(1, 2.0, 3.14, 4.0, 5)"},
    {R"('a\n\nb'|indent ~ '|' ~ 'a\nb'|indent('>', true))", "a\n\n    b|>a\n>b"},
    {"'x<y'|e ~ 5|string ~ 'aa'|replace('a', 'b', 1)", "x&lt;y5ba"},
    {"range(5)|list, range(1, 5, 2)|list, range(5, 0, -2)|list",
     "([0, 1, 2, 3, 4], [1, 3], [5, 3, 1])"},
    {"dict(a=1), dict({'b': 2}, c=3)", "({'a': 1}, {'b': 2, 'c': 3})"},
    {"strftime_now('%Y-%m-%d') is string", "True"},
};

constexpr Case kJson[] = {
    {"d|tojson", R"({"b": 1, "a": {"x": [true, null, 1.5]}, "items": 5})"},
    {"d|tojson(separators=(',', ':'), sort_keys=true)",
     R"({"a":{"x":[true,null,1.5]},"b":1,"items":5})"},
    {"{'a': [], 'b': {}, 'c': [1]}|tojson(indent=2)",
     "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1\n  ]\n}"},
    {"u|tojson ~ u|tojson(ensure_ascii=true)",
     "\"na\u00efve \U0001F600\"\"na\\u00efve \\ud83d\\ude00\""},
    {R"('<a href="x">\n\x01'|tojson)", R"("<a href=\"x\">\n\u0001")"},
};

constexpr Case kTests[] = {
    {"1 is defined, missing is undefined, nothing is none", "(True, True, True)"},
    {"none is none, 's' is string, d is mapping, l is iterable", "(True, True, True, True)"},
    {"5 is iterable, 's' is sequence, 5 is number, true is number", "(False, True, True, True)"},
    {"true is boolean, true is integer, 1.0 is float, 1 is integer", "(True, False, True, True)"},
    {"3 is odd, 4 is even, 6 is divisibleby 3, 6 is divisibleby(4)", "(True, True, True, False)"},
    {"1 is eq 1, 1 is ne(2), 1 is lt 2, 2 is ge 3, 1 is in [1]", "(True, True, True, False, True)"},
    {"'ab' is lower, 'Ab' is upper, range is callable", "(True, False, True)"},
    {"1 is not defined, not missing is defined, 1 is sameas true", "(False, True, False)"},
    {"true is true, 1 is true, false is false", "(True, False, True)"},
};

/// Values that are null in `extra` are there, and none.
TEST(JinjaValues, NullInExtraIsNone) {
  EXPECT_EQ(render("{{ nothing }}{{ nothing is defined }}"), "NoneTrue");
  EXPECT_EQ(render("{{ tools is defined }}{{ bos_token }}{{ add_generation_prompt }}"),
            "False<s>False");
}

TEST(JinjaValues, StrftimeNowShowsTheTimeItIsGiven) {
  std::string year = render("{{ strftime_now('%Y') }}");
  EXPECT_TRUE(year == "1970" || year == "1969") << year; // By time zone.
  EXPECT_EQ(render("{{ strftime_now('100%% %') }}").substr(0, 6), "error:");
}

#define GRAPHC_JINJA_CASES(name, cases)                                                            \
  INSTANTIATE_TEST_SUITE_P(name, JinjaExpressions, testing::ValuesIn(cases))
GRAPHC_JINJA_CASES(Operators, kOperators);
GRAPHC_JINJA_CASES(Members, kMembers);
GRAPHC_JINJA_CASES(Texts, kTexts);
GRAPHC_JINJA_CASES(Methods, kMethods);
GRAPHC_JINJA_CASES(Filters, kFilters);
GRAPHC_JINJA_CASES(Json, kJson);
GRAPHC_JINJA_CASES(Tests, kTests);

} // namespace
