// Generic kernels that take numbers from other places, against plain loops.
#include "GenericFixture.h"
#include "MatmulFactors.h"

using namespace graphc;
using namespace graphc::test;

TEST_P(GenericKernels, Reshape) {
  HostTensor x({T, 96}, {boundT, 96}, kBf16), heads({T, 12, 8}, {boundT, 12, 8}, kBf16);
  x.randomize(1);
  run("(%x: tensor<?x96xbf16>) -> tensor<?x12x8xbf16> { %y = graphc.reshape %x : tensor<?x96xbf16> "
      "-> tensor<?x12x8xbf16> graphc.yield %y : tensor<?x12x8xbf16> }",
      {&x}, {&heads});
  expectExact(heads, [&](const Index &i) { return x.get({i[0], i[1] * 8 + i[2]}); });

  HostTensor grouped({2, 3, T, 17}, {2, 3, boundT, 17}), flat({6, T, 17}, {6, boundT, 17});
  grouped.randomize(2);
  run("(%x: tensor<2x3x?x17xf32>) -> tensor<6x?x17xf32> { %y = graphc.reshape %x : "
      "tensor<2x3x?x17xf32> -> tensor<6x?x17xf32> graphc.yield %y : tensor<6x?x17xf32> }",
      {&grouped}, {&flat});
  expectExact(flat, [&](const Index &i) { return grouped.get({i[0] / 3, i[0] % 3, i[1], i[2]}); });
}

TEST_P(GenericKernels, ReshapeAcrossADynamicDimension) {
  // Row-major order is that of this step's extents, not of the bounds.
  HostTensor x({2, T}, {2, boundT}), y({T, 1, 2}, {boundT, 1, 2});
  x.randomize(1);
  run("(%x: tensor<2x?xf32>) -> tensor<?x1x2xf32> { %y = graphc.reshape %x : tensor<2x?xf32> -> "
      "tensor<?x1x2xf32> graphc.yield %y : tensor<?x1x2xf32> }",
      {&x}, {&y});
  expectExact(y, [&](const Index &i) {
    int64_t place = i[0] * 2 + i[2];
    return x.get({place / T, place % T});
  });
}

TEST_P(GenericKernels, Transpose) {
  HostTensor x({T, 6, 24}, {boundT, 6, 24}), heads({6, T, 24}, {6, boundT, 24}),
      turned({24, T, 6}, {24, boundT, 6});
  x.randomize(1);
  run("(%x: tensor<?x6x24xf32>) -> tensor<6x?x24xf32> { %y = graphc.transpose %x [1, 0, 2] : "
      "tensor<?x6x24xf32> -> tensor<6x?x24xf32> graphc.yield %y : tensor<6x?x24xf32> }",
      {&x}, {&heads});
  expectExact(heads, [&](const Index &i) { return x.get({i[1], i[0], i[2]}); });
  run("(%x: tensor<?x6x24xf32>) -> tensor<24x?x6xf32> { %y = graphc.transpose %x [2, 0, 1] : "
      "tensor<?x6x24xf32> -> tensor<24x?x6xf32> graphc.yield %y : tensor<24x?x6xf32> }",
      {&x}, {&turned});
  expectExact(turned, [&](const Index &i) { return x.get({i[1], i[2], i[0]}); });
}

TEST_P(GenericKernels, SliceAndConcat) {
  HostTensor x({T, 50}, {boundT, 50}, kF16), part({T, 21}, {boundT, 21}, kF16);
  x.randomize(1);
  run("(%x: tensor<?x50xf16>) -> tensor<?x21xf16> { %y = graphc.slice %x axis 1 [13, 34] : "
      "tensor<?x50xf16> -> tensor<?x21xf16> graphc.yield %y : tensor<?x21xf16> }",
      {&x}, {&part});
  expectExact(part, [&](const Index &i) { return x.get({i[0], i[1] + 13}); });

  HostTensor joined({T, 71}, {boundT, 71}, kF16);
  run("(%x: tensor<?x50xf16>, %y: tensor<?x21xf16>) -> tensor<?x71xf16> { %z = graphc.concat %x, "
      "%y "
      "axis 1 : (tensor<?x50xf16>, tensor<?x21xf16>) -> tensor<?x71xf16> graphc.yield %z : "
      "tensor<?x71xf16> }",
      {&x, &part}, {&joined});
  expectExact(joined,
              [&](const Index &i) { return i[1] < 50 ? x.get(i) : part.get({i[0], i[1] - 50}); });

  HostTensor a({2, T, 20}, {2, boundT, 20}), b({3, T, 20}, {3, boundT, 20}),
      stacked({5, T, 20}, {5, boundT, 20});
  a.randomize(2), b.randomize(3);
  run("(%a: tensor<2x?x20xf32>, %b: tensor<3x?x20xf32>) -> tensor<5x?x20xf32> { %y = graphc.concat "
      "%a, %b axis 0 : (tensor<2x?x20xf32>, tensor<3x?x20xf32>) -> tensor<5x?x20xf32> graphc.yield "
      "%y : tensor<5x?x20xf32> }",
      {&a, &b}, {&stacked});
  expectExact(stacked,
              [&](const Index &i) { return i[0] < 2 ? a.get(i) : b.get({i[0] - 2, i[1], i[2]}); });
}

TEST_P(GenericKernels, Repeat) {
  HostTensor x({2, S, 19}, {2, boundS, 19}), heads({6, S, 19}, {6, boundS, 19}),
      wide({2, S, 57}, {2, boundS, 57});
  x.randomize(1);
  run("(%x: tensor<2x?x19xf32> {graphc.dims = [\"S\"]}) -> tensor<6x?x19xf32> { %y = graphc.repeat "
      "%x axis 0 times 3 : tensor<2x?x19xf32> -> tensor<6x?x19xf32> graphc.yield %y : "
      "tensor<6x?x19xf32> }",
      {&x}, {&heads});
  expectExact(heads, [&](const Index &i) { return x.get({i[0] / 3, i[1], i[2]}); });
  run("(%x: tensor<2x?x19xf32> {graphc.dims = [\"S\"]}) -> tensor<2x?x57xf32> { %y = graphc.repeat "
      "%x axis 2 times 3 : tensor<2x?x19xf32> -> tensor<2x?x57xf32> graphc.yield %y : "
      "tensor<2x?x57xf32> }",
      {&x}, {&wide});
  expectExact(wide, [&](const Index &i) { return x.get({i[0], i[1], i[2] / 3}); });
}

TEST_P(GenericKernels, SelectRows) {
  HostTensor x({T, 100}, {boundT, 100}), y({R, 100}, {boundR, 100});
  x.randomize(1);
  run("(%x: tensor<?x100xf32>, %s: !graphc.step) -> tensor<?x100xf32> { %y = graphc.select_rows "
      "%x, "
      "%s : tensor<?x100xf32> -> tensor<?x100xf32> graphc.yield %y : tensor<?x100xf32> }",
      {&x}, {&y}, true);
  StepArrays step = stepOfThree();
  expectExact(y, [&](const Index &i) { return x.get({step.outRows[size_t(i[0])], i[1]}); });
}

TEST_P(GenericKernels, EmbeddingNatural) {
  StepArrays step = stepOfThree();
  const std::pair<const char *, ElementType> types[] = {
      {"f32", kF32}, {"bf16", kBf16}, {"f16", kF16}};
  for (auto [name, type] : types) {
    HostTensor table({64, 45}, type), y({T, 45}, {boundT, 45});
    table.randomize(1);
    std::string t = "tensor<64x45x" + std::string(name) + ">";
    run("(%t: " + t + ", %s: !graphc.step) -> tensor<?x45xf32> { %y = graphc.embedding %t, %s : " +
            t + " -> tensor<?x45xf32> graphc.yield %y : tensor<?x45xf32> }",
        {&table}, {&y}, true);
    expectExact(y, [&](const Index &i) { return table.get({step.tokens[size_t(i[0])], i[1]}); });
  }
}

TEST_P(GenericKernels, EmbeddingPacked) {
  StepArrays step = stepOfThree();
  struct Case {
    const char *type;
    int64_t interleave;
    ElementType element;
  };
  for (auto [name, kp, element] :
       {Case{"tensor<2x22x32x2xbf16>", 2, kBf16}, Case{"tensor<2x43x32x1xf32>", 1, kF32}}) {
    HostTensor table({2, ceilDiv(43, kp), 32, kp}, element), y({T, 43}, {boundT, 43});
    table.randomize(1);
    std::string type = name;
    run("(%t: " + type +
            ", %s: !graphc.step) -> tensor<?x43xf32> { %y = graphc.embedding %t, %s : " + type +
            " -> tensor<?x43xf32> graphc.yield %y : tensor<?x43xf32> }",
        {&table}, {&y}, true);
    expectExact(y, [&, kp = kp](const Index &i) {
      int64_t token = step.tokens[size_t(i[0])];
      return table.get({token / 32, i[1] / kp, token % 32, i[1] % kp});
    });
  }
}

/// Integers times f16 scales are exact in f32; one row of blocks may end within a group, or be one.
TEST_P(GenericKernels, EmbeddingQuantized) {
  StepArrays step = stepOfThree();
  constexpr int64_t kTokens = 64, kColumns = 141;
  Numbers matrix(kF32, kTokens * kColumns);
  matrix.randomize(1);
  std::vector<QuantFormat> formats;
  for (int64_t bits : {4, 5, 6, 8}) {
    for (int64_t group : {32, 64, 128, 160})
      formats.push_back({.bits = bits, .group = group});
    formats.push_back({.bits = bits, .hasMinimum = true});
    if (bits != 5)
      formats.push_back({.bits = bits, .group = 16, .superGroup = 256});
    formats.push_back({.bits = bits, .group = 32, .superGroup = 128, .hasMinimum = true});
  }
  formats.push_back({.bits = 4, .isNonlinear = true});
  formats.push_back({.bits = 4, .group = 32, .superGroup = 128, .isNonlinear = true});
  for (const QuantFormat &format : formats) {
    PanelLayout layout{kTokens, kColumns, /*groups=*/0, format.blockColumns()};
    QuantizedWeight weight(matrix, layout, format);
    HostTensor table({int64_t(weight.bytes().size()) / byteSize(kF16)}, kF16);
    std::memcpy(table.data(), weight.bytes().data(), weight.bytes().size());
    std::string type = packedText(layout, quantText(format));
    for (ElementType element : {kF32, kBf16}) {
      HostTensor y({T, kColumns}, {boundT, kColumns}, element);
      std::string result = tensorText({-1, kColumns}, element);
      run("(%t: " + type + ", %s: !graphc.step) -> " + result +
              " { %y = graphc.embedding %t, %s : " + type + " -> " + result +
              " graphc.yield %y : " + result + " }",
          {&table}, {&y}, true);
      expectExact(y, [&](const Index &i) {
        return rounded(weight.number(step.tokens[size_t(i[0])], i[1]), element);
      });
    }
  }
}

TEST_P(GenericKernels, Constant) {
  HostTensor splat({3, 20}, kBf16), dense({2, 3});
  run("() -> tensor<3x20xbf16> { %y = graphc.constant dense<1.5> : tensor<3x20xbf16> graphc.yield "
      "%y "
      ": tensor<3x20xbf16> }",
      {}, {&splat});
  expectExact(splat, [](const Index &) { return 1.5; });
  run("() -> tensor<2x3xf32> { %y = graphc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : "
      "tensor<2x3xf32> graphc.yield %y : tensor<2x3xf32> }",
      {}, {&dense});
  expectExact(dense, [](const Index &i) { return double(i[0] * 3 + i[1] + 1); });
}
