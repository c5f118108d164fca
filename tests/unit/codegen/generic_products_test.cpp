// Generic kernels of un-fused attention, products and the cache, against plain loops.
#include "GenericFixture.h"

using namespace graphc;
using namespace graphc::test;

/// Σ term(k) for k < length.
static Approx dot(int64_t length, const std::function<double(int64_t)> &term) {
  ApproxSum sum;
  for (int64_t k = 0; k < length; ++k)
    sum.add({term(k)});
  return sum.result();
}

TEST_P(GenericKernels, Matmul) {
  for (int64_t n : {1, 16, 37}) {
    for (const char *element : {"f32", "bf16"}) {
      ElementType type = std::string(element) == "f32" ? kF32 : kBf16;
      HostTensor a({T, 33}, {boundT, 33}, type), b({33, n}, type), bt({n, 33}, type),
          y({T, n}, {boundT, n}), yt({T, n}, {boundT, n});
      a.randomize(1), bt.randomize(2);
      forEachIndex(b.extents, [&](const Index &i) { b.set(i, bt.get({i[1], i[0]})); });
      std::string e = element, size = std::to_string(n), x = "tensor<?x33x" + e + ">",
                  w = "tensor<33x" + size + "x" + e + ">", wt = "tensor<" + size + "x33x" + e + ">",
                  r = "tensor<?x" + size + "xf32>";
      run("(%a: " + x + ", %b: " + w + ") -> " + r + " { %y = graphc.matmul %a, %b : (" + x + ", " +
              w + ") -> " + r + " graphc.yield %y : " + r + " }",
          {&a, &b}, {&y});
      run("(%a: " + x + ", %b: " + wt + ") -> " + r +
              " { %y = graphc.matmul %a, %b transpose_b : (" + x + ", " + wt + ") -> " + r +
              " graphc.yield %y : " + r + " }",
          {&a, &bt}, {&yt});
      expectNear(y, [&](const Index &i) {
        return dot(33, [&](int64_t k) { return double(a.get({i[0], k})) * b.get({k, i[1]}); });
      });
      expectSame(y, yt); // one chain in order, either way
    }
  }
}

TEST_P(GenericKernels, BatchMatmul) {
  // Scores and their use, as in un-fused attention with grouped heads.
  HostTensor q({4, T, 24}, {4, boundT, 24}), keys({4, S, 24}, {4, boundS, 24}),
      scores({4, T, S}, {4, boundT, boundS}), out({4, T, 24}, {4, boundT, 24});
  q.randomize(1, 0.2f), keys.randomize(2);
  run("(%q: tensor<4x?x24xf32>, %k: tensor<4x?x24xf32> {graphc.dims = [\"S\"]}) -> "
      "tensor<4x?x?xf32> "
      "{ %y = graphc.batch_matmul %q, %k transpose_b : (tensor<4x?x24xf32>, tensor<4x?x24xf32>) -> "
      "tensor<4x?x?xf32> graphc.yield %y : tensor<4x?x?xf32> }",
      {&q, &keys}, {&scores});
  expectNear(scores, [&](const Index &i) {
    return dot(
        24, [&](int64_t k) { return double(q.get({i[0], i[1], k})) * keys.get({i[0], i[2], k}); });
  });
  run("(%p: tensor<4x?x?xf32> {graphc.dims = [\"T\", \"S\"]}, %v: tensor<4x?x24xf32> {graphc.dims "
      "= "
      "[\"S\"]}) -> tensor<4x?x24xf32> { %y = graphc.batch_matmul %p, %v : (tensor<4x?x?xf32>, "
      "tensor<4x?x24xf32>) -> tensor<4x?x24xf32> graphc.yield %y : tensor<4x?x24xf32> }",
      {&scores, &keys}, {&out});
  expectNear(out, [&](const Index &i) {
    return dot(S, [&](int64_t s) {
      return double(scores.get({i[0], i[1], s})) * keys.get({i[0], s, i[2]});
    });
  });
}

TEST_P(GenericKernels, BatchMatmulBroadcasts) {
  HostTensor q({2, 3, T, 16}, {2, 3, boundT, 16}), keys({2, 1, S, 16}, {2, 1, boundS, 16}),
      scores({2, 3, T, S}, {2, 3, boundT, boundS});
  q.randomize(1), keys.randomize(2);
  run("(%q: tensor<2x3x?x16xf32>, %k: tensor<2x1x?x16xf32> {graphc.dims = [\"S\"]}) -> "
      "tensor<2x3x?x?xf32> { %y = graphc.batch_matmul %q, %k transpose_b : (tensor<2x3x?x16xf32>, "
      "tensor<2x1x?x16xf32>) -> tensor<2x3x?x?xf32> graphc.yield %y : tensor<2x3x?x?xf32> }",
      {&q, &keys}, {&scores});
  expectNear(scores, [&](const Index &i) {
    return dot(16, [&](int64_t k) {
      return double(q.get({i[0], i[1], i[2], k})) * keys.get({i[0], 0, i[3], k});
    });
  });
}

//===----------------------------------------------------------------------===//
// KV cache
//===----------------------------------------------------------------------===//

TEST_P(GenericKernels, AppendAndReadTheCache) {
  StepArrays step = stepOfThree();
  for (const char *element : {"f32", "bf16", "i8"}) {
    ElementType type = *parseElementType(element);
    KvLayout layout{2, 24, type};
    HostTensor keys({2, T, 24}, {2, boundT, 24}), values({2, T, 24}, {2, boundT, 24});
    keys.randomize(1), values.randomize(2);
    AlignedArray<char> pool(size_t(4 * layout.pageBytes()));
    std::string cache = "!graphc.kv_cache<2x24x" + std::string(element) + ">";
    auto append = KernelRunner::compile(
        "graphc.kernel @k(%c: " + cache +
            ", %s: !graphc.step, %k: tensor<2x?x24xf32>, %v: tensor<2x?x24xf32>) { "
            "graphc.kv_append %c, %s, %k, %v : " +
            cache + ", tensor<2x?x24xf32>, tensor<2x?x24xf32> graphc.yield }",
        GetParam(), kGenericBounds);
    ASSERT_TRUE(append);
    std::vector<void *> memory = {pool.data(), nullptr, keys.data(), values.data()};
    append->run(step, memory, 2);
    ASSERT_NO_FATAL_FAILURE(expectAsReference(*append, step, memory, 0));

    HostTensor readKeys({2, S, 24}, {2, boundS, 24}), readValues({2, S, 24}, {2, boundS, 24});
    std::string r = "tensor<2x?x24xf32>";
    auto read = KernelRunner::compile(
        "graphc.kernel @k(%c: " + cache + ", %s: !graphc.step) -> (" + r + ", " + r +
            ") { %k, %v = graphc.kv_read %c, %s : " + cache + " -> " + r + ", " + r +
            " graphc.yield %k, %v : " + r + ", " + r + " }",
        GetParam(), kGenericBounds);
    ASSERT_TRUE(read);
    memory = {pool.data(), nullptr, readKeys.data(), readValues.data()};
    read->run(step, memory, 2);
    ASSERT_NO_FATAL_FAILURE(expectAsReference(*read, step, memory, 0));

    // A row is what was appended, or 0 where nothing was.
    auto expected = [&](const HostTensor &tensor, const Index &i) -> Approx {
      for (int64_t t = 0; t < T; ++t) {
        if (step.slot[size_t(t)] != step.columnSlot[size_t(i[1])] ||
            step.position[size_t(t)] != step.columnPosition[size_t(i[1])])
          continue;
        if (type != ElementType::I8)
          return {rounded(tensor.get({i[0], t, i[2]}), type)};
        double largest = 0;
        for (int64_t d = 0; d < 24; ++d)
          largest = std::max<double>(largest, std::abs(tensor.get({i[0], t, d})));
        return Approx{tensor.get({i[0], t, i[2]})}.storedInStepsTo(largest);
      }
      return {};
    };
    expectNear(readKeys, [&](const Index &i) { return expected(keys, i); });
    expectNear(readValues, [&](const Index &i) { return expected(values, i); });
  }
}

TEST_P(GenericKernels, AppendFollowsTheLayout) {
  StepArrays step = stepOfThree();
  KvLayout layout{2, 24, kBf16};
  HostTensor keys({2, T, 24}, {2, boundT, 24}), values({2, T, 24}, {2, boundT, 24});
  keys.randomize(1), values.randomize(2);
  AlignedArray<char> pool(size_t(4 * layout.pageBytes())), expected(pool.size());
  auto append = KernelRunner::compile(
      "graphc.kernel @k(%c: !graphc.kv_cache<2x24xbf16>, %s: !graphc.step, %k: tensor<2x?x24xf32>, "
      "%v: tensor<2x?x24xf32>) { graphc.kv_append %c, %s, %k, %v : !graphc.kv_cache<2x24xbf16>, "
      "tensor<2x?x24xf32>, tensor<2x?x24xf32> graphc.yield }",
      GetParam(), kGenericBounds);
  ASSERT_TRUE(append);
  append->run(step, {pool.data(), nullptr, keys.data(), values.data()});
  forEachIndex(keys.extents, [&](const Index &i) {
    size_t t = size_t(i[1]);
    int64_t position = step.position[t];
    int64_t page = step.pageTable[size_t(step.slot[t] * step.pageTableStride + position / 64)];
    char *base = expected.data() + page * layout.pageBytes();
    uint16_t key = bf16BitsOf(keys.get(i)), value = bf16BitsOf(values.get(i));
    std::memcpy(base + layout.keyOffset(i[0], position % 64, i[2]), &key, 2);
    std::memcpy(base + layout.valueOffset(i[0], position % 64, i[2]), &value, 2);
  });
  EXPECT_EQ(std::memcmp(pool.data(), expected.data(), pool.size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Levels, GenericKernels, testing::ValuesIn(availableLevels()),
                         [](const auto &info) { return testNameOf(info.param); });
