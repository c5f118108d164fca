#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"

#include <gtest/gtest.h>

using namespace graphc;

TEST(Json, E3Row2_RefusesDuplicateKeys) {
  Expected<Json> result = parseJson(R"({"a": 1, "b": {"a": 2}, "a": 3})", "x.json");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::BadInput);
  EXPECT_EQ(result.status().message(), "x.json: duplicate key 'a'");
}

TEST(Json, E3Row2_RefusesDeepNesting) {
  std::string deep = std::string(100000, '[') + std::string(100000, ']');
  Expected<Json> result = parseJson(deep, "x.json");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(), "x.json: nested deeper than 64 levels");
}

TEST(Json, ReportsPlaceOfSyntaxErrors) {
  Expected<Json> result = parseJson("{\n  \"a\": 1,\n  \"b\": }", "x.json");
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find("line 3"), std::string::npos)
      << result.status().message();
}

TEST(Json, E3Row1_RecognisesForeignContent) {
  Expected<Json> html = parseJson("<!DOCTYPE html><html>", "config.json");
  ASSERT_FALSE(html.ok());
  EXPECT_NE(html.status().message().find("HTML page"), std::string::npos);
  Expected<Json> pointer = parseJson("version https://git-lfs.github.com/spec/v1\n", "config.json");
  ASSERT_FALSE(pointer.ok());
  EXPECT_NE(pointer.status().message().find("Git LFS pointer"), std::string::npos);
}
