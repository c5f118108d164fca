// The passes keep what the networks of all families compute.
#include "passes/EquivalenceFixture.h"
#include "passes/FamilyConfigs.h"

namespace graphc {
namespace {

class FamilyEquivalence : public EquivalenceTest,
                          public ::testing::WithParamInterface<FamilyCase> {};

TEST_P(FamilyEquivalence, Fused) { expectEqual(tinyFamily(GetParam()), {}, 1e-5); }

TEST_P(FamilyEquivalence, Unfused) {
  expectEqual(tinyFamily(GetParam()), {.optLevel = OptLevel::O0}, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(All, FamilyEquivalence, ::testing::ValuesIn(kFamilyCases), testName);

} // namespace
} // namespace graphc
