// Where chat templates are found.
#include "frontend/config/ChatTemplateFile.h"

#include "config/ConfigTest.h"

#include <filesystem>
#include <fstream>

using namespace graphc;
using namespace graphc::test;

namespace {

class ChatTemplateFile : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) / "graphc-chat-template";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const char *name, const char *text) { std::ofstream(folder / name) << text; }
  Expected<std::string> read() { return readChatTemplate(folder.string()); }
  /// The template that tokenizer_config.json with this value gives.
  Expected<std::string> readValue(const std::string &value) {
    write("tokenizer_config.json", ("{\"chat_template\": " + value + "}").c_str());
    return read();
  }

  std::filesystem::path folder;
};

} // namespace

TEST_F(ChatTemplateFile, IsTheFirstOfThreePlaces) {
  EXPECT_EQ(*read(), "");
  EXPECT_EQ(*readValue("\"a\""), "a");
  write("chat_template.json", R"({"chat_template": "b"})");
  EXPECT_EQ(*read(), "b");
  write("chat_template.jinja", "c\n");
  EXPECT_EQ(*read(), "c\n");
}

TEST_F(ChatTemplateFile, OfAListTheDefaultCounts) {
  EXPECT_EQ(*readValue(R"([{"name": "tool_use", "template": "t"},
                           {"name": "default", "template": "d"}])"),
            "d");
  EXPECT_EQ(*readValue(R"([{"name": "tool_use", "template": "t"}])"), "");
  EXPECT_EQ(*readValue("null"), "");
}

TEST_F(ChatTemplateFile, E3Row6_WrongTypesAreBadInput) {
  for (const char *value :
       {"3", "{}", "[3]", R"([{"name": "default"}])", R"([{"name": 1, "template": "t"}])", "[[]]"})
    expectFailure(readValue(value).status(), StatusCode::BadInput,
                  {"tokenizer_config.json: chat_template: expected"});
}
