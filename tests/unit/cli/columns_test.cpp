// Tables for people and for spreadsheets.
#include "tools/cli/Columns.h"

#include <gtest/gtest.h>

using namespace graphc;

TEST(Columns, AlignAndKeepABlank) {
  EXPECT_EQ(leftAligned("ab", 4), "ab  ");
  EXPECT_EQ(leftAligned("abcd", 4), "abcd ");
  EXPECT_EQ(rightAligned("ab", 4), "  ab");
  EXPECT_EQ(rightAligned("abcd", 4), " abcd");
  EXPECT_EQ(reportLine("name", "value"), "  name                value\n");
}

TEST(Columns, TablesAreAsWideAsTheirCells) {
  TextTable table({"name", "n", "rate"}, 1);
  table.add({"a", "10", "1.5"});
  table.add({"longer", "9"});
  EXPECT_EQ(table.text(), "  name     n  rate\n"
                          "  a       10   1.5\n"
                          "  longer   9\n");
  EXPECT_EQ(table.markdown(), "| name   |  n | rate |\n"
                              "|--------|---:|-----:|\n"
                              "| a      | 10 |  1.5 |\n"
                              "| longer |  9 |      |\n");
}

TEST(Columns, CsvQuotesWhereItMust) {
  EXPECT_EQ(csvLine({"a", "b c", "1,2", "say \"x\""}), "a,b c,\"1,2\",\"say \"\"x\"\"\"\n");
  EXPECT_EQ(csvLine({}), "\n");
}
