// Products in tile registers, on machines without them by emulation: where rows, panels and sums
// are in scratch, and that a row's bits do not depend on how many there are.
#include "LinearFixture.h"

#include "runtime/base/CpuFeatures.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr const char *kLevel = "x86-64-v4-amx";

/// The types, and the depth of k: it decides on the groups of quantized rows.
class TileMatmul : public testing::TestWithParam<std::tuple<FactorTypes, int64_t>> {
protected:
  void SetUp() override {
    if (!llvm::is_contained(availableLevels(), "x86-64-v4-bf16"))
      GTEST_SKIP() << "this machine lacks what tiles are added to";
  }

  void check(LinearSpec spec) const {
    std::tie(spec.type, spec.depth) = GetParam();
    spec.maxRows = 37;
    checkLinear(spec, kLevel);
  }
};

FactorTypes integers(const QuantFormat &format) {
  return {ElementType::I8, ElementType::I8, format};
}

const std::tuple<FactorTypes, int64_t> kCases[] = {
    {integers({.bits = 8}), 96},  // groups of 32
    {integers({.bits = 8}), 192}, // of 64
    {integers({.bits = 8}), 384}, // of 128: an odd number of them
    {integers({.bits = 8, .group = 64}), 256},
    {integers({.bits = 8, .group = 512}), 512}, // four in one of the weight's
    {integers({.bits = 4}), 256},
    {integers({.bits = 5}), 256},
    {integers({.bits = 4, .isNonlinear = true}), 128},
    {{ElementType::BF16, ElementType::BF16}, 96},
    {{ElementType::BF16, ElementType::BF16}, 544},
};

INSTANTIATE_TEST_SUITE_P(Types, TileMatmul, testing::ValuesIn(kCases), [](const auto &info) {
  return nameOf(std::get<0>(info.param)) + "_k" + std::to_string(std::get<1>(info.param));
});

} // namespace

TEST_P(TileMatmul, Products) { check({.channels = 50, .factor = true, .residual = true}); }

TEST_P(TileMatmul, GatedNetworks) { check({.channels = 40, .gate = "silu"}); }
