// Chat templates: parsed, and rendered with small limits.
#include "FuzzTarget.h"

#include "runtime/text/jinja/ChatInput.h"
#include "runtime/text/jinja/Template.h"

namespace graphc::fuzz {

static constexpr jinja::Limits kLimits = {.templateBytes = 1 << 16,
                                          .nesting = 100,
                                          .steps = 100'000,
                                          .depth = 100,
                                          .outputBytes = 1 << 20,
                                          .workBytes = 4 << 20};

std::vector<std::string> seeds() {
  return {
      "{% for m in messages %}{{ '<' ~ m['role'] + '>' }}{{ m.content | trim }}{% endfor %}",
      "{%- if tools is defined and tools %}{% for t in tools %}{{ t | tojson(indent=2) }}"
      "{% endfor %}{%- endif %}{{ messages | length }}",
      "{% macro show(a, b=1) %}{{ a.split(',')[b:] | join('; ') }}{% endmacro %}"
      "{% set ns = namespace(n=0) %}{% for i in range(3) %}{% set ns.n = ns.n + i * 2 %}"
      "{{ show('a,b,c', b=i) }}{% endfor %}{{ ns.n // 2 }}{{ -7 % 3 }}{{ 1.5 ** 2 }}",
      "{% set x = messages | selectattr('role', 'equalto', 'user') | list %}{{ x[0].content"
      ".upper().replace('A', 'b') }}{{ bos_token }}{% set y %}{{ x }}{% endset %}{{ y | indent }}",
      "{% set s = 'x' * 100000 %}{% macro m() %}{% for i in range(9) %}{{ s }}{% endfor %}"
      "{% endmacro %}{{ m() | length }}{{ [1, [2, {'k': 3}]] | tojson(indent=900) }}",
      "{{ ('a,b' * 9000).split(',') | length }}{{ ('<' * 99000) | e | length }}"
      "{{ [1, 2] | tojson(separators=('-' * 9000, ':')) }}{{ 'é' * 9000 }}"};
}

/// The limits twice, as a text that grows is copied.
MemoryBound memoryBound() { return {.base = size_t(12) << 20}; }

Status read(std::string_view input) {
  static const jinja::Value variables =
      *jinja::readChatVariables(R"({"messages": [{"role": "user", "content": "Ab c"},
                                                 {"role": "assistant", "content": "d\n"}],
                                    "add_generation_prompt": true, "bos_token": "<s>",
                                    "tools": [{"name": "f", "args": [1, 2.5, null]}]})",
                                "chat.json");
  GRAPHC_ASSIGN_OR_RETURN(jinja::Template parsed,
                          jinja::Template::parse(input, "t.jinja", kLimits));
  return parsed.render(variables, /*now=*/0).status();
}

} // namespace graphc::fuzz
