#include "passes/PreparedRows.h"

#include <gtest/gtest.h>

namespace graphc {
namespace {

TEST(PreparedRows, RoundsUpTo32Elements) {
  EXPECT_EQ(preparedWidth(172, 4), 192);
  EXPECT_EQ(preparedWidth(172, 2), 192);
  EXPECT_EQ(preparedWidth(1, 4), 32);
  EXPECT_EQ(preparedWidth(64, 4), 64);
}

TEST(PreparedRows, AvoidsStridesOfWholeKibibytes) {
  EXPECT_EQ(preparedWidth(256, 4), 288);   // 1024 bytes
  EXPECT_EQ(preparedWidth(256, 2), 256);   // 512 bytes
  EXPECT_EQ(preparedWidth(2048, 2), 2080); // 4096 bytes
  EXPECT_EQ(preparedWidth(5632, 2), 5664); // 11 * 1024 bytes
  EXPECT_EQ(preparedWidth(1000, 2), 1056); // rounded up to 1024 elements first
}

TEST(PreparedRows, OfIntegersHaveWholeGroups) {
  constexpr QuantRowFormat kRows{.span = 32, .group = 128};
  EXPECT_EQ(preparedWidth(200, kRows), 256);
  EXPECT_EQ(preparedWidth(2048, kRows), 2048);                       // 2368 bytes
  EXPECT_EQ(preparedWidth(1024, QuantRowFormat{32, 32}), 1024);      // 1280 bytes
  EXPECT_EQ(preparedWidth(4096, QuantRowFormat{32, 32}), 4096 + 32); // 5120 bytes
}

} // namespace
} // namespace graphc
