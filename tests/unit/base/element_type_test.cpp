#include "runtime/base/ElementType.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace graphc;

TEST(ElementType, Bf16RoundsToNearestEven) {
  EXPECT_EQ(toBf16(1.0f), 0x3f80);
  EXPECT_EQ(toBf16(1.0f + 0x1p-8f), 0x3f80);            // tie to even
  EXPECT_EQ(toBf16(1.0f + 3 * 0x1p-8f), 0x3f82);        // tie to even, upwards
  EXPECT_EQ(toBf16(1.0f + 0x1p-8f + 0x1p-20f), 0x3f81); // above the tie
  EXPECT_TRUE(std::isnan(fromBf16(toBf16(std::nanf("")))));
}

TEST(ElementType, EveryF16SurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = fromF16(static_cast<uint16_t>(bits));
    if (!std::isnan(value)) {
      ASSERT_EQ(toF16(value), bits);
    }
  }
}
