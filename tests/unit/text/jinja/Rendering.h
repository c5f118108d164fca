// Templates that tests render, and what becomes of them.
#ifndef GRAPHC_TESTS_UNIT_TEXT_JINJA_RENDERING_H
#define GRAPHC_TESTS_UNIT_TEXT_JINJA_RENDERING_H

#include "runtime/text/jinja/ChatInput.h"
#include "runtime/text/jinja/Template.h"

#include <gtest/gtest.h>
#include <string>

namespace graphc::test {

/// A conversation and some variables: s, l, d, objs, z (0), nothing (none).
inline constexpr const char *kInput = R"({
  "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho\n"}],
  "bos_token": "<s>",
  "extra": {"s": " ab c ", "u": "na\u00efve \ud83d\ude00", "l": [3, 1, 2], "z": 0, "nothing": null,
            "d": {"b": 1, "a": {"x": [true, null, 1.5]}, "items": 5},
            "objs": [{"k": "x", "v": 2}, {"k": "y", "v": 1}, {"k": "x", "v": 3}]}})";

inline Expected<std::string> tryRender(std::string_view source, const jinja::Limits &limits = {},
                                       const char *input = kInput) {
  GRAPHC_ASSIGN_OR_RETURN(jinja::Value variables, jinja::readChatVariables(input, "input.json"));
  GRAPHC_ASSIGN_OR_RETURN(jinja::Template parsed,
                          jinja::Template::parse(source, "t.jinja", limits));
  return parsed.render(variables, /*now=*/0);
}

/// The rendered text, or the message of the error.
inline std::string render(std::string_view source, const jinja::Limits &limits = {}) {
  Expected<std::string> text = tryRender(source, limits);
  return text ? *text : "error: " + text.status().message();
}

/// Expects an error of a kind whose message begins with "t.jinja:LINE: " and has a text in it.
inline void expectError(std::string_view source, StatusCode code, int line, const std::string &part,
                        const jinja::Limits &limits = {}) {
  Expected<std::string> text = tryRender(source, limits);
  std::string shown(source.substr(0, 200));
  ASSERT_FALSE(text.ok()) << shown;
  EXPECT_EQ(text.status().code(), code) << shown << "\n" << text.status().message();
  std::string place = "t.jinja:" + std::to_string(line) + ": ";
  EXPECT_TRUE(text.status().message().starts_with(place)) << text.status().message();
  EXPECT_NE(text.status().message().find(part), std::string::npos) << text.status().message();
}

/// The text `count` times.
inline std::string times(size_t count, std::string_view text) {
  std::string result;
  for (size_t i = 0; i < count; ++i)
    result += text;
  return result;
}

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_TEXT_JINJA_RENDERING_H
