// fused_qkv against f64 sums and against the reference: queries in their buffer, keys and values in
// the pages of the cache; factors of floats and quantized ones.
#include "QkvFixture.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

class MatmulQkv : public testing::TestWithParam<std::tuple<std::string, FactorTypes>> {
protected:
  std::string level() const { return std::get<0>(GetParam()); }
  FactorTypes type() const { return std::get<1>(GetParam()); }

  void check(const QkvSpec &spec) { checkQkv(spec, level()); }
};

class MatmulQkvIntegers : public MatmulQkv {
protected:
  void checkIntegers(QkvSpec spec) {
    spec.type = type();
    spec.cacheType = ElementType::I8;
    check(spec);
  }
};

class QuantQkv : public MatmulQkv {};

INSTANTIATE_TEST_SUITE_P(Levels, MatmulQkvIntegers, testing::ValuesIn(targetsAndTypes()),
                         matmulTestName);
INSTANTIATE_TEST_SUITE_P(Levels, MatmulQkv, testing::ValuesIn(targetsAndTypes()), matmulTestName);
INSTANTIATE_TEST_SUITE_P(Levels, QuantQkv, testing::ValuesIn(targetsAndQuantTypes()),
                         matmulTestName);

} // namespace

TEST_P(MatmulQkv, RotatesAndAppends) {
  for (int64_t headDim : {8, 16, 64, 80, 96})
    check({.type = type(), .cacheType = type().rows, .headDim = headDim});
}

TEST_P(MatmulQkv, AddsABias) {
  check({.type = type(), .cacheType = type().rows, .depth = 172, .headDim = 24, .bias = true});
}

TEST_P(MatmulQkv, DoesWithoutRopeAndFactor) {
  check({.type = type(), .cacheType = type().rows, .headDim = 32, .rope = false, .factor = false});
}

TEST_P(MatmulQkv, CachesAnotherType) {
  ElementType other = type().rows == ElementType::F32 ? ElementType::BF16 : ElementType::F32;
  check({.type = type(), .cacheType = other, .headDim = 48});
}

TEST_P(MatmulQkv, SplitsPairsOfTheCacheWhereHalvesAreOdd) {
  check({.type = type(), .cacheType = ElementType::BF16, .headDim = 10});
}

TEST_P(MatmulQkvIntegers, RoundsAHeadAtATime) {
  for (int64_t headDim : {10, 64, 80})
    checkIntegers({.headDim = headDim});
}

TEST_P(MatmulQkvIntegers, RoundsWithoutRopeAndFactorToo) {
  checkIntegers({.depth = 172, .headDim = 96, .rope = false, .factor = false, .bias = true});
}

TEST_P(MatmulQkvIntegers, KeepsRowsApartWhereAPanelIsLong) {
  // Panels of more than half a megabyte: one at a time would leave others' rows between a head's.
  checkIntegers({.depth = 8300, .queryHeads = 1, .cacheHeads = 1, .headDim = 64});
}

/// A kernel takes half a second to compile: every target, every width of integers and every type of
/// rows meets each group and each cache, but not each pair of them. Of targets that are tested with
/// rows of one type alone, those meet all.
TEST_P(QuantQkv, RotatesAndAppends) {
  struct {
    int64_t group, depth, headDim;
    ElementType cache;
    bool bias;
  } const kShapes[] = {{32, 172, 40, ElementType::I8, true},
                       {64, 172, 64, ElementType::BF16, false},
                       {96, 72, 10, ElementType::F32, true}};
  FactorTypes types = type();
  auto rows = size_t(types.rows == ElementType::F32 ? 0 : types.rows == ElementType::BF16 ? 1 : 2);
  size_t place = (rows + size_t(types.quant->bits / 4)) % std::size(kShapes);
  for (size_t i = 0; i < std::size(kShapes); ++i) {
    if (i != place && !hasOneTypeOfRows(level()))
      continue;
    types.quant->group = kShapes[i].group;
    check({.type = types,
           .cacheType = kShapes[i].cache,
           .depth = kShapes[i].depth,
           .headDim = kShapes[i].headDim,
           .bias = kShapes[i].bias});
  }
}
