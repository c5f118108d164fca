// Statements and white space. Expected texts are those of jinja2 3.1.
#include "text/jinja/Rendering.h"

using namespace graphc;
using namespace graphc::test;

namespace {

TEST(JinjaWhitespace, LineEndBehindBlocksAndBlanksBeforeThemGo) {
  EXPECT_EQ(render("a\n  {% if true %}\n  b\n  {% endif %}  \nc"), "a\n  b\n  \nc");
  EXPECT_EQ(render("a {% if true %}b{% endif %}\nc"), "a bc");
  EXPECT_EQ(render("  {# c #}\nx {# c #}\n y"), "x  y");
  EXPECT_EQ(render("  {{ 1 }}\n  {{ 2 }}\n"), "  1\n  2");
  EXPECT_EQ(render("x\n\n"), "x\n");
  EXPECT_EQ(render("a\r\nb\rc"), "a\nb\nc");
}

TEST(JinjaWhitespace, Signs) {
  EXPECT_EQ(render("a \n {{- 1 -}} \n b"), "a1b");
  EXPECT_EQ(render("a \n {%- if true -%} \n b \n {%- endif -%} \n c"), "abc");
  EXPECT_EQ(render("  {%+ if true %}x{% endif +%}\ny"), "  x\ny");
  EXPECT_EQ(render("a {#- c -#} b"), "ab");
}

TEST(JinjaWhitespace, Raw) {
  EXPECT_EQ(render("{% raw %}{{ x }} {% y %}{# z #}{% endraw %}!"), "{{ x }} {% y %}{# z #}!");
  EXPECT_EQ(render("a {%- raw -%} {{ {%- endraw %}\n b"), "a{{ b");
}

TEST(JinjaStatements, If) {
  const char *source = "{% if z %}a{% elif l|length == 3 %}b{% else %}c{% endif %}";
  EXPECT_EQ(render(source), "b");
  EXPECT_EQ(render("{% if z %}a{% elif nothing %}b{% else %}c{% endif %}"), "c");
  EXPECT_EQ(render("{% if undefined_name %}a{% endif %}"), "");
}

TEST(JinjaStatements, For) {
  EXPECT_EQ(render("{% for x in l %}{{ x }},{% endfor %}"), "3,1,2,");
  EXPECT_EQ(render("{% for x in l if x > 1 %}{{ loop.index }}{{ x }},{% endfor %}"), "13,22,");
  EXPECT_EQ(render("{% for x in [] %}a{% else %}none{% endfor %}"), "none");
  EXPECT_EQ(render("{% for x in l if x > 9 %}a{% else %}none{% endfor %}"), "none");
  EXPECT_EQ(render("{% for k, v in d.items() %}{{ k }};{% endfor %}"), "b;a;items;");
  EXPECT_EQ(render("{% for x in missing %}a{% else %}none{% endfor %}"), "none");
  EXPECT_EQ(render("{% for c in 'a\u00e9' %}[{{ c }}]{% endfor %}"), "[a][\u00e9]");
}

TEST(JinjaStatements, Loop) {
  EXPECT_EQ(render("{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}"
                   "{{ loop.revindex0 }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} "
                   "{% endfor %}"),
            "1032310 2121310 3210310 ");
  EXPECT_EQ(render("{% for x in l %}{{ loop.first }}{{ loop.last }} {% endfor %}"),
            "TrueFalse FalseFalse FalseTrue ");
  EXPECT_EQ(render("{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}"),
            "<3>1 3<1>2 1<2> ");
  EXPECT_EQ(render("{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{{ loop.cycle('a', 'b') }} "
                   "{% endfor %}"),
            "Truea Falseb Truea ");
  EXPECT_EQ(render("{% for a in [1, 2] %}{% for b in [3] %}{{ loop.length }}{% endfor %}"
                   "{{ loop.index }}{% endfor %}"),
            "1112");
}

TEST(JinjaStatements, BreakAndContinue) {
  EXPECT_EQ(render("{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}"
                   "{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}"),
            "023");
}

TEST(JinjaStatements, SetAndScopes) {
  EXPECT_EQ(render("{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}"
                   "{% for i in [1, 2] %}{{ x }}{% set x = 9 %}{{ x }} {% endfor %}{{ x }}"),
            "29 29 2");
  EXPECT_EQ(render("{% set a, b = 1, 2 %}{% set (c, e) = [3, 4] %}{{ a }}{{ b }}{{ c }}{{ e }}"),
            "1234");
  EXPECT_EQ(render("{% set x %}a{{ 1 }}\nb{% endset %}{{ x|upper }}"), "A1\nB");
  EXPECT_EQ(render("{% set messages = messages[1:] %}{{ messages|length }}"), "1");
}

TEST(JinjaStatements, Namespace) {
  EXPECT_EQ(render("{% set ns = namespace(n=0, m='x') %}{% for x in l %}{% set ns.n = ns.n + x %}"
                   "{% endfor %}{{ ns.n }}{{ ns.m }}{{ ns.none_such }}"),
            "6x");
}

TEST(JinjaStatements, Macro) {
  const char *macro = "{% macro m(a, b=2, c=a) %}[{{ a }}{{ b }}{{ c }}{{ y }}]{% endmacro %}"
                      "{% set y = 5 %}";
  EXPECT_EQ(render(std::string(macro) + "{{ m(1) }}{{ m(1, c=3) }}{{ m(b=1) }}{{ m(1, 2, 3) }}"),
            "[1215][1235][15][1235]");
  EXPECT_EQ(render("{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro f %}"
                   "{{ f(5) }}"),
            "54321");
  // What stands around the call is not seen.
  EXPECT_EQ(render("{% macro m() %}{{ x }}{% endmacro %}{% for x in l %}{{ m() }}{% endfor %}."),
            ".");
}

TEST(JinjaStatements, Generation) {
  EXPECT_EQ(render("a{% generation %}b{{ z }}{% endgeneration %}c"), "ab0c");
  EXPECT_EQ(
      render("{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}"),
      "21");
}

} // namespace
