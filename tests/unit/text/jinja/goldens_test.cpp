// Templates of real models: every rendering, and what damage to the templates does.
#include "SharedData.h"
#include "text/jinja/Rendering.h"

#include "runtime/base/Json.h"

#include <fstream>
#include <random>

using namespace graphc;
using namespace graphc::test;

namespace {

struct Golden {
  std::string name, source;
  nlohmann::ordered_json cases;
};

std::string readFile(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Golden> goldens() {
  std::vector<Golden> result;
  for (const auto &entry : std::filesystem::directory_iterator(sharedData() / "chat_templates")) {
    if (entry.path().extension() != ".json")
      continue;
    auto json = nlohmann::ordered_json::parse(readFile(entry.path()));
    std::string name = json["template"];
    result.push_back({name, readFile(entry.path().parent_path() / name), json["cases"]});
  }
  return result;
}

/// What `graphc template -f` would be given.
jinja::Value variablesOf(nlohmann::ordered_json item) {
  for (const char *key : {"id", "rendered", "error", "python_jinja2"})
    item.erase(key);
  Expected<jinja::Value> variables = jinja::readChatVariables(item.dump(), "case");
  EXPECT_TRUE(variables.ok()) << variables.status().message();
  return *variables;
}

TEST(JinjaGoldens, EqualTheReference) {
  GRAPHC_REQUIRE_SHARED_DATA("chat_templates");
  size_t compared = 0;
  for (const Golden &golden : goldens()) {
    Expected<jinja::Template> parsed = jinja::Template::parse(golden.source, golden.name);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    for (const auto &item : golden.cases) {
      Expected<std::string> text = parsed->render(variablesOf(item), 0);
      ++compared;
      if (item.contains("error")) {
        ASSERT_FALSE(text.ok()) << golden.name << " " << item["id"];
        EXPECT_NE(text.status().message().find(item["error"].get<std::string>()), std::string::npos)
            << text.status().message();
      } else {
        ASSERT_TRUE(text.ok()) << golden.name << " " << item["id"] << text.status().message();
        EXPECT_EQ(*text, item["rendered"].get<std::string>()) << golden.name << " " << item["id"];
      }
    }
  }
  EXPECT_GE(compared, 105u);
}

/// Renders a damaged template: a text, or an error with a place.
void exercise(const std::string &source, const jinja::Value &variables) {
  Expected<jinja::Template> parsed = jinja::Template::parse(source, "t.jinja");
  Expected<std::string> text = parsed ? parsed->render(variables, 0) : parsed.status();
  if (text)
    return;
  StatusCode code = text.status().code();
  ASSERT_TRUE(code == StatusCode::BadInput || code == StatusCode::Unsupported);
  ASSERT_TRUE(text.status().message().starts_with("t.jinja:")) << text.status().message();
  ASSERT_NE(text.status().message()[8], '0') << text.status().message();
}

/// The case with the most in it: tools and calls of them.
jinja::Value richestCase(const Golden &golden) {
  const nlohmann::ordered_json *best = &golden.cases[0];
  for (const auto &item : golden.cases)
    if (item.dump().size() > best->dump().size())
      best = &item;
  return variablesOf(*best);
}

TEST(JinjaDamage, CutOffAnywhere) {
  GRAPHC_REQUIRE_SHARED_DATA("chat_templates");
  for (const Golden &golden : goldens()) {
    jinja::Value variables = richestCase(golden);
    for (size_t size = 0; size < golden.source.size(); ++size)
      exercise(golden.source.substr(0, size), variables);
  }
}

TEST(JinjaDamage, WrongBytes) {
  GRAPHC_REQUIRE_SHARED_DATA("chat_templates");
  std::mt19937 random(3);
  constexpr std::string_view kBytes = "{}%#-+()[]'\"|.,:=~*/ \n\\0a\xC3";
  for (const Golden &golden : goldens()) {
    jinja::Value variables = richestCase(golden);
    for (int round = 0; round < 1500; ++round) {
      std::string bad = golden.source;
      for (unsigned change = 0; change <= random() % 3; ++change) {
        char &byte = bad[random() % bad.size()];
        byte = random() % 2 ? kBytes[random() % kBytes.size()]
                            : static_cast<char>(byte ^ (1 << random() % 8));
      }
      exercise(bad, variables);
    }
  }
}

/// Pieces of templates in another order: grammatical more often than flipped bytes.
TEST(JinjaDamage, ShuffledPieces) {
  GRAPHC_REQUIRE_SHARED_DATA("chat_templates");
  std::mt19937 random(7);
  std::vector<Golden> all = goldens();
  for (int round = 0; round < 3000; ++round) {
    const Golden &golden = all[random() % all.size()];
    const Golden &other = all[random() % all.size()];
    auto piece = [&](const std::string &text) {
      size_t start = random() % text.size();
      return text.substr(start, random() % 60);
    };
    std::string bad = golden.source;
    for (unsigned change = 0; change <= random() % 3; ++change)
      bad.insert(random() % bad.size(), piece(other.source));
    exercise(bad, variablesOf(golden.cases[0]));
  }
}

} // namespace
