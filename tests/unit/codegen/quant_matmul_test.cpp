// fused_linear with quantized weights and rows of every type against sums in f64 of what was
// rounded and against the reference, on every level that this machine has.
#include "LinearFixture.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

class QuantMatmul : public testing::TestWithParam<std::tuple<std::string, FactorTypes>> {
protected:
  std::string level() const { return std::get<0>(GetParam()); }
  ElementType rows() const { return std::get<1>(GetParam()).rows; }

  void check(int64_t group, LinearSpec spec) const {
    spec.type = std::get<1>(GetParam());
    spec.type.quant->group = group;
    spec.maxRows = 35;
    checkLinear(spec, level());
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, QuantMatmul, testing::ValuesIn(targetsAndQuantTypes()),
                         matmulTestName);

/// With 5 and 6 bits, nonlinear, with minimums, with two levels of scales, with both, with groups
/// of 16, and with several spans in a group.
const std::vector<QuantFormat> kFileFormats = {
    {.bits = 5},
    {.bits = 5, .group = 64},
    {.bits = 6, .group = 64},
    {.bits = 4, .group = 64, .isNonlinear = true},
    {.bits = 4, .isNonlinear = true},
    {.bits = 4, .group = 32, .superGroup = 256, .isNonlinear = true},
    {.bits = 4, .hasMinimum = true},
    {.bits = 5, .hasMinimum = true},
    {.bits = 8, .hasMinimum = true},
    {.bits = 4, .group = 32, .superGroup = 256, .hasMinimum = true},
    {.bits = 5, .group = 32, .superGroup = 256, .hasMinimum = true},
    {.bits = 4, .group = 16, .superGroup = 256, .hasMinimum = true},
    {.bits = 4, .group = 16, .superGroup = 256},
    {.bits = 6, .group = 16, .superGroup = 256},
    {.bits = 8, .group = 16, .superGroup = 256},
};

class FileFormats : public testing::TestWithParam<std::tuple<std::string, FactorTypes>> {
protected:
  void check(LinearSpec spec) const {
    spec.type = std::get<1>(GetParam());
    spec.maxRows = 64;
    checkLinear(spec, std::get<0>(GetParam()));
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, FileFormats, testing::ValuesIn(targetsAndQuantTypes(kFileFormats)),
                         matmulTestName);

} // namespace

TEST_P(QuantMatmul, GroupsOf32) { check(32, {.depth = 172, .channels = 50}); }

/// With all that an epilogue does, and with parts of it; a row's last group may be cut short.
TEST_P(QuantMatmul, LargerGroupsAndWholeRowsWithEpilogues) {
  constexpr ElementType kF32 = ElementType::F32, kBf16 = ElementType::BF16;
  const bool isBf16 = rows() == kBf16;
  LinearSpec all{.depth = 172, .channels = 33, .factor = true, .bias = true, .residual = true};
  all.result = isBf16 ? kF32 : kBf16;
  check(64, all);
  check(128, {.depth = 268, .channels = 37, .bias = true, .result = isBf16 ? kBf16 : kF32});
  check(192, {.depth = 172, .channels = 33, .factor = true, .residual = true});
}

TEST_P(QuantMatmul, GatedNetworksPairTheHalvesOfAPanel) {
  LinearSpec spec{.depth = 96, .channels = 40, .gate = "silu"};
  spec.factor = spec.bias = spec.residual = rows() != ElementType::F32;
  spec.result = rows() == ElementType::F32 ? ElementType::F32 : ElementType::BF16;
  check(32, spec);
}

/// Deep enough that a few panels fill the cache: those of a task are taken in several groups.
TEST_P(QuantMatmul, SeveralGroupsOfPanels) { check(32, {.depth = 11008, .channels = 150}); }

TEST_P(FileFormats, Products) {
  check({.depth = 620, .channels = 50, .factor = true, .bias = true, .residual = true});
}

TEST_P(FileFormats, GatedNetworks) { check({.depth = 96, .channels = 40, .gate = "silu"}); }
