// Where the real weights, tokenizers and goldens are. Tests that need them skip, loudly, where they
// are absent.
#ifndef GRAPHC_TESTS_UNIT_SHAREDDATA_H
#define GRAPHC_TESTS_UNIT_SHAREDDATA_H

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

namespace graphc::test {

/// The data folder: $GRAPHC_SHARED_DATA, or ../shared/data beside the source tree.
inline std::filesystem::path sharedData() {
  const char *variable = std::getenv("GRAPHC_SHARED_DATA");
  return variable ? variable : GRAPHC_SHARED_DATA;
}

} // namespace graphc::test

#define GRAPHC_REQUIRE_SHARED_DATA(relative)                                                       \
  if (!std::filesystem::exists(::graphc::test::sharedData() / (relative)))                         \
  GTEST_SKIP() << "no test data: " << (::graphc::test::sharedData() / (relative)).string()

#endif // GRAPHC_TESTS_UNIT_SHAREDDATA_H
