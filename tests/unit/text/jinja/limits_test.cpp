// Templates that want too much: each ends soon, with an error that names the limit.
#include "text/jinja/Rendering.h"

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr StatusCode kBad = StatusCode::BadInput;

void expectLimit(std::string_view source, const std::string &part, int line = 1) {
  expectError(source, kBad, line, part);
}

TEST(JinjaLimits, E3Row15_Steps) {
  expectLimit(
      "{% set r = range(1000) %}{% for a in r %}{% for b in r %}\n"
      "{% if b or b or b or b or b or b or b or b or 1 %}{% endif %}{% endfor %}{% endfor %}",
      "more than 10000000 steps", 2);
  jinja::Limits few;
  few.steps = 100;
  expectError("{% for a in range(99) %}{{ a }}{% endfor %}", kBad, 1, "more than 100 steps", few);
  EXPECT_EQ(render("{% for a in range(9) %}{{ a }}{% endfor %}", few), "012345678");
}

TEST(JinjaLimits, E3Row15_Output) {
  jinja::Limits small;
  small.outputBytes = 10;
  EXPECT_EQ(render("{{ 'x' * 10 }}", small), "xxxxxxxxxx");
  expectError("{{ 'x' * 11 }}", kBad, 1, "a text of more than 10 bytes", small);
  expectError("12345678901", kBad, 1, "a text of more than 10 bytes", small);
  expectLimit("{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
              "a text of more than 67108864 bytes");
}

/// Memory is asked for only when the limit allows it.
TEST(JinjaLimits, E3Row15_Repetition) {
  for (const char *source : {"{{ 'x' * 9223372036854775807 }}", "{{ 9223372036854775807 * 'xyz' }}",
                             "{{ [1] * 9223372036854775807 }}", "{{ (1, 2) * 1000000000 }}",
                             "{{ 'x' * 600000000 }}", "{{ 'aaaa'.replace('', 'x' * 200000000) }}"})
    expectLimit(source, "values of more than 268435456 bytes");
  EXPECT_EQ(render("{{ 'x' * -5 }}{{ [] * 9223372036854775807 }}{{ '' * 9223372036854775807 }}"),
            "[]");
}

TEST(JinjaLimits, E3Row15_Doubling) {
  expectLimit("{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}"
              "{% endfor %}",
              "values of more than");
  expectLimit("{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}"
              "{% endfor %}",
              "values of more than");
  // The same list twice in a list, again and again: small, but huge when written.
  std::string nested = "{% set n = namespace(x=[]) %}{% for i in range(90) %}"
                       "{% set n.x = [n.x, n.x] %}{% endfor %}";
  expectLimit(nested + "{{ n.x }}", "values of more than");
  expectLimit(nested + "{{ n.x|tojson }}", "values of more than");
  expectLimit(nested + "{{ n.x == [n.x[0], n.x[1]] }}", "values of more than");
}

/// What a text takes while it grows counts, before it has grown.
TEST(JinjaLimits, E3Row15_GrowingTexts) {
  jinja::Limits small;
  small.workBytes = 1 << 20;
  small.outputBytes = 1 << 20;
  const std::string big = "{% set s = 'x' * 300000 %}";
  for (const std::string &source :
       {big + "{{ [1, 2, 3, 4, 5] | tojson(separators=(s, s)) }}",
        big + "{{ [[[[[1]]]]] | tojson(indent=s) }}",
        big + "{% macro m() %}{% for i in range(9) %}{{ s }}{% endfor %}{% endmacro %}{{ m() }}",
        big + "{% set y %}{% for i in range(9) %}{{ s }}{% endfor %}{% endset %}",
        std::string("{{ ('a,' * 100000).split(',') | length }}"),
        std::string("{{ ('\\n' * 200000).splitlines() | length }}"),
        std::string("{{ ('<' * 250000) | e | length }}")})
    expectError(source, kBad, 1, "values of more than 1048576 bytes", small);
}

TEST(JinjaLimits, E3Row15_Range) {
  EXPECT_EQ(render("{{ range(100000)|length }}"), "100000");
  expectLimit("{{ range(100001) }}", "range(): expected at most 100000 items");
  expectLimit("{{ range(-9223372036854775807, 9223372036854775807) }}", "at most 100000 items");
  EXPECT_EQ(render("{{ range(9223372036854775806, 9223372036854775807, 5)|length }}"), "1");
}

TEST(JinjaLimits, E3Row15_IntegerOverflow) {
  for (const char *source :
       {"{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}",
        "{{ 9223372036854775807 * 2 }}", "{{ (-9223372036854775807 - 1) // -1 }}",
        "{{ -(-9223372036854775807 - 1) }}", "{{ 10 ** 19 }}", "{{ 2 ** 9223372036854775807 }}",
        "{{ (-9223372036854775807 - 1)|abs }}", "{{ [9223372036854775807, 1]|sum }}",
        "{{ '9223372036854775808'|int }}", "{{ 1e300|int }}"})
    expectLimit(source, "fit 64 bits");
  EXPECT_EQ(render("{{ (-9223372036854775807 - 1) % -1 }} {{ 1 ** 9223372036854775807 }}"), "0 1");
}

TEST(JinjaLimits, E3Row15_DeepValues) {
  expectLimit("{% set n = namespace(x=[]) %}{% for i in range(999) %}{% set n.x = [n.x] %}"
              "{% endfor %}",
              "nested deeper than 100 levels");
  expectLimit("{% set n = namespace(x={}) %}{% for i in range(999) %}{% set n.x = {'a': n.x} %}"
              "{% endfor %}",
              "nested deeper than 100 levels");
}

TEST(JinjaLimits, E3Row15_EndlessRecursion) {
  expectLimit("{% macro m() %}\n{{ m() }}{% endmacro %}{{ m() }}", "nested deeper than 500", 2);
  expectLimit("{% macro a(n) %}{{ b(n) }}{% endmacro %}{% macro b(n) %}{{ a(n) }}{% endmacro %}"
              "{{ a(1) }}",
              "nested deeper than 500");
  // A filter that applies itself to each character of a character.
  expectLimit("{{ 'x'|map(" + times(9999, "'map',") + "'upper')|list }}", "nested deeper than 500");
}

/// Whatever is nested or repeated in a template: no stack is deep enough for what has no limit.
TEST(JinjaLimits, E3Row15_DeepTemplates) {
  constexpr size_t kMany = 50'000;
  struct Nesting {
    const char *open, *close;
  };
  for (auto [open, close] : {Nesting{"(", ")"},
                             {"[", "]"},
                             {"{'a':", "}"},
                             {"f(", ")"},
                             {"x[", "]"},
                             {"1 if 1 else ", ""},
                             {"x is eq [", "]"},
                             {"x|f(", ")"}})
    expectLimit("{{ " + times(kMany, open) + "1" + times(kMany, close) + " }}",
                "at most 200 levels");
  for (const char *chain : {".a", "[0]", "()", "|trim", " + 1", " * 1", " ** 1", " and 1", " or 1",
                            " is odd", " if 1", "[:]"})
    expectLimit("{{ 1" + times(kMany, chain) + " }}", "at most 200 levels");
  for (const char *prefix : {"- ", "+ ", "not "})
    expectLimit("{{ " + times(kMany, prefix) + "1 }}", "at most 200 levels");
  for (const char *block : {"{% if 1 %}", "{% for a in l %}", "{% set x %}", "{% generation %}"})
    expectLimit(times(kMany / 2, block), "");
}

/// A method keeps what it is of: in lists, values would nest that no one counts, or hold
/// themselves.
TEST(JinjaLimits, MethodsAreNoMembers) {
  const std::string space = "{% set n = namespace(x=[]) %}{% for i in range(100000) %}";
  for (const char *member : {"[n.x.copy]", "{'a': n.x.copy}", "(n.x.copy,)"})
    expectError(space + "{% set n.x = " + member + " %}{% endfor %}", StatusCode::Unsupported, 1,
                "a method cannot be part of another value");
  expectError("{% for i in l %}{{ loop.changed(loop.cycle) }}{% endfor %}", StatusCode::Unsupported,
              1, "a method cannot be part of another value");
}

/// Flat but long is fine.
TEST(JinjaLimits, LongTemplates) {
  EXPECT_EQ(render("{{ 1" + times(9999, " ~ 1") + " }}").size(), 10000u);
  EXPECT_EQ(render("{% if 0 %}" + times(9999, "{% elif 0 %}") + "{% endif %}"), "");
  EXPECT_EQ(render("{{ [" + times(9999, "1,") + "]|length }}"), "9999");
  EXPECT_EQ(render("{{ 1 " + times(9999, "< 2 ") + "}}"), "False");
  EXPECT_EQ(render(times(9999, "{{ 1 }}")).size(), 9999u);
  Expected<std::string> large = tryRender(std::string((1 << 20) + 1, 'x'));
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.status().message(),
            "t.jinja: expected a template of at most 1048576 bytes, but got 1048577");
}

/// Searches that take quadratic time when done simply.
TEST(JinjaLimits, SearchesAreLinear) {
  std::string texts = "{% set t = 'a' * 4000000 %}{% set w = 'a' * 2000000 ~ 'b' %}";
  EXPECT_EQ(render(texts + "{{ w in t }}{{ t.find(w) }}{{ t.rfind('b' ~ w) }}{{ t.count(w) }}"
                           "{{ t.split(w)|length }}{{ t.replace(w, '')|length }}"),
            "False-1-1014000000");
  EXPECT_EQ(render("{{ ('a' * 3000000).strip('a' * 3000000) }}"), "");
  // Comparing is work as well.
  expectLimit("{% set t = 'a' * 4000000 %}{{ ([t ~ 1, t ~ 2] * 9999)|sort|length }}",
              "values of more than");
  expectLimit("{{ (range(100000)|list)|unique|list|length }}", "values of more than");
}

TEST(JinjaLimits, HugeArguments) {
  expectLimit("{{ 'a'|indent(9223372036854775807) }}", "at most 1000 blanks");
  expectLimit("{{ l|tojson(indent=9223372036854775807) }}", "at most 1000 blanks");
  expectLimit("{{ 1.5|round(9223372036854775807) }}", "0 to 100 digits");
  expectLimit("{{ strftime_now('%Y' * 9999) }}", "at most 1000 bytes");
  EXPECT_EQ(
      render("{{ 'a b'.split(' ', -9223372036854775807 - 1) }}{{ l[-9223372036854775807:] }}"),
      "['a', 'b'][3, 1, 2]");
}

} // namespace
