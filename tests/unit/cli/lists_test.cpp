// Lists of numbers on the command line.
#include "tools/cli/Lists.h"

#include <gmock/gmock.h>

using namespace graphc;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(NumberList, KeepsOrderAndDropsRepetitions) {
  auto parsed = [](std::string_view text) {
    Expected<std::vector<int64_t>> list = parseNumberList("-t", text, 0, 100);
    EXPECT_TRUE(list.ok()) << list.status().message();
    return *list;
  };
  EXPECT_THAT(parsed("4"), ElementsAre(4));
  EXPECT_THAT(parsed("8,1,8,0,100"), ElementsAre(8, 1, 0, 100));
}

TEST(NumberList, RefusesWhatIsNoListOrOutOfRange) {
  for (const char *text : {"", ",", "1,", ",1", "1,,2", "x", "1 2", "1.5", "101", "-1", "0x10",
                           "99999999999999999999"}) {
    Expected<std::vector<int64_t>> list = parseNumberList("-t", text, 0, 100);
    EXPECT_EQ(list.status().code(), StatusCode::Usage) << text;
    EXPECT_THAT(list.status().message(), HasSubstr("-t: expected numbers from 0 to 100")) << text;
  }
}
