// Every generic kernel against a plain loop in double precision, on every level of the machine,
// with extents below their bounds and of lengths that are no multiples of a vector.
#include "HostTensor.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr StepBounds kBounds{.tokens = 9, .rows = 7, .cached = 70};
constexpr int64_t T = 5, R = 3, S = 41;
constexpr int64_t boundT = kBounds.tokens, boundR = kBounds.rows, boundS = kBounds.cached;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr auto kF32 = ElementType::F32;
constexpr auto kBf16 = ElementType::BF16;
constexpr auto kF16 = ElementType::F16;

/// Three sequences: the step's rows are the last ones of each.
StepArrays stepOfThree() {
  StepArrays step;
  step.tokens = {7, 0, 31, 32, 63};
  step.slot = {0, 0, 1, 2, 2};
  step.position = {10, 11, 0, 26, 27};
  step.rowOffsets = {0, 2, 3, 5};
  step.outRows = {1, 2, 4};
  int32_t lengths[] = {12, 1, 28};
  for (int32_t slot = 0; slot < 3; ++slot) {
    for (int32_t position = 0; position < lengths[slot]; ++position) {
      step.columnSlot.push_back(slot);
      step.columnPosition.push_back(position);
    }
  }
  step.pageTable = {2, -1, 0, -1, 3, -1};
  step.pageTableStride = 2;
  return step;
}

using Expected1 = std::function<double(const Index &)>;

class GenericKernels : public testing::TestWithParam<std::string> {
protected:
  /// Compiles `body`, "(arguments) -> type { ops }", and runs it in one piece and in three.
  void run(const std::string &body, std::vector<HostTensor *> operands,
           std::vector<HostTensor *> results, bool hasStep = false) {
    std::unique_ptr<KernelRunner> kernel =
        KernelRunner::compile("graphc.kernel @k" + body, GetParam(), kBounds);
    ASSERT_TRUE(kernel);
    std::vector<void *> memory;
    for (HostTensor *operand : operands)
      memory.push_back(operand->data());
    if (hasStep)
      memory.push_back(nullptr);
    for (HostTensor *result : results)
      memory.push_back(result->data());
    kernel->run(stepOfThree(), memory, 1);
    std::vector<HostTensor> once;
    for (HostTensor *result : results)
      once.push_back(*result);
    kernel->run(stepOfThree(), memory, 3);
    for (size_t i = 0; i < results.size(); ++i)
      expectSame(once[i], *results[i]);
    EXPECT_EQ(kernel->assembly().find("callq"), std::string::npos);
  }

  static void expectSame(const HostTensor &x, const HostTensor &y) {
    forEachIndex(x.bounds, [&](const Index &at) {
      ASSERT_EQ(bitsOf(x.get(at)), bitsOf(y.get(at)))
          << "in pieces, at " << testing::PrintToString(at);
    });
  }

  /// Compares at the extents, and checks that nothing was written beyond them.
  static void expectNear(const HostTensor &result, const Expected1 &expected, double tolerance) {
    forEachIndex(result.bounds, [&](const Index &at) {
      float got = result.get(at);
      if (!result.isInside(at)) {
        ASSERT_EQ(got, rounded(HostTensor::kUntouched, result.type))
            << "beyond the extents, at " << testing::PrintToString(at);
        return;
      }
      double want = expected(at);
      double slack = tolerance * (1 + std::abs(want));
      if (result.type == kBf16)
        slack += std::abs(want) / 128;
      if (result.type == kF16)
        slack += std::abs(want) / 1024;
      if (std::isinf(want))
        ASSERT_EQ(got, want) << "at " << testing::PrintToString(at);
      else
        ASSERT_NEAR(got, want, slack) << "at " << testing::PrintToString(at);
    });
  }
};

std::string levelName(const testing::TestParamInfo<std::string> &info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

TEST_P(GenericKernels, UnaryOps) {
  const std::pair<const char *, double (*)(double)> ops[] = {
      {"graphc.silu %x", [](double x) { return x * sigmoid(x); }},
      {"graphc.relu %x", [](double x) { return std::max(x, 0.0); }},
      {"graphc.tanh %x", [](double x) { return std::tanh(x); }},
      {"graphc.gelu erf %x", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
      {"graphc.gelu tanh %x",
       [](double x) { return x * sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x)); }},
      {"graphc.scale %x by -0.375", [](double x) { return -0.375 * x; }},
      {"graphc.soft_cap %x cap 1.5", [](double x) { return 1.5 * std::tanh(x / 1.5); }},
  };
  HostTensor x({T, 37}, {boundT, 37});
  x.randomize(1, 3);
  for (auto [op, exact] : ops) {
    HostTensor y({T, 37}, {boundT, 37});
    run("(%x: tensor<?x37xf32>) -> tensor<?x37xf32> { %y = " + std::string(op) +
            " : tensor<?x37xf32> graphc.yield %y : tensor<?x37xf32> }",
        {&x}, {&y});
    expectNear(y, [&, exact = exact](const Index &at) { return exact(x.get(at)); }, 1e-6);
  }
}

TEST_P(GenericKernels, Rsqrt) {
  HostTensor x({T, 1}, {boundT, 1}, kBf16), y({T, 1}, {boundT, 1}, kBf16);
  for (int64_t t = 0; t < T; ++t)
    x.set({t, 0}, 0.5f + float(t));
  run("(%x: tensor<?x1xbf16>) -> tensor<?x1xbf16> { %y = graphc.rsqrt %x : tensor<?x1xbf16> "
      "graphc.yield %y : tensor<?x1xbf16> }",
      {&x}, {&y});
  expectNear(y, [&](const Index &at) { return 1 / std::sqrt(double(x.get(at))); }, 0);
}

TEST_P(GenericKernels, BinaryOpsBroadcast) {
  const std::pair<const char *, double (*)(double, double)> ops[] = {
      {"add", [](double x, double y) { return x + y; }},
      {"sub", [](double x, double y) { return x - y; }},
      {"mul", [](double x, double y) { return x * y; }},
      {"div", [](double x, double y) { return x / y; }},
  };
  HostTensor matrix({3, T, 40}, {3, boundT, 40}), row({40}), column({T, 1}, {boundT, 1}),
      other({3, 1, 40});
  matrix.randomize(1), row.randomize(2), column.randomize(3), other.randomize(4);
  struct Shape {
    HostTensor *tensor;
    const char *type;
    std::function<double(const Index &)> at;
  };
  const Shape shapes[] = {
      {&row, "tensor<40xf32>", [&](const Index &i) { return row.get({i[2]}); }},
      {&column, "tensor<?x1xf32>", [&](const Index &i) { return column.get({i[1], 0}); }},
      {&other, "tensor<3x1x40xf32>", [&](const Index &i) { return other.get({i[0], 0, i[2]}); }},
      {&matrix, "tensor<3x?x40xf32>", [&](const Index &i) { return matrix.get(i); }},
  };
  for (auto [name, exact] : ops) {
    // Every shape with the op whose operands cannot be exchanged, one with each other op.
    bool isSub = std::string(name) == "sub";
    for (const Shape &shape : llvm::ArrayRef(shapes).take_front(isSub ? 4 : 1)) {
      HostTensor left({3, T, 40}, {3, boundT, 40}), right({3, T, 40}, {3, boundT, 40});
      std::string type = "tensor<3x?x40xf32>", y = shape.type;
      run("(%x: " + type + ", %y: " + y + ") -> " + type + " { %z = graphc." + name +
              " %x, %y : (" + type + ", " + y + ") -> " + type + " graphc.yield %z : " + type +
              " }",
          {&matrix, shape.tensor}, {&left});
      run("(%x: " + y + ", %y: " + type + ") -> " + type + " { %z = graphc." + name +
              " %x, %y : (" + y + ", " + type + ") -> " + type + " graphc.yield %z : " + type +
              " }",
          {shape.tensor, &matrix}, {&right});
      auto op = exact;
      expectNear(left, [&](const Index &i) { return op(matrix.get(i), shape.at(i)); }, 1e-6);
      expectNear(right, [&](const Index &i) { return op(shape.at(i), matrix.get(i)); }, 1e-6);
    }
  }
}

TEST_P(GenericKernels, Cast) {
  const std::pair<const char *, ElementType> types[] = {
      {"f32", kF32}, {"bf16", kBf16}, {"f16", kF16}};
  for (auto [fromName, from] : types) {
    for (auto [toName, to] : types) {
      HostTensor x({T, 53}, {boundT, 53}, from), y({T, 53}, {boundT, 53}, to);
      x.randomize(1);
      std::string a = "tensor<?x53x" + std::string(fromName) + ">";
      std::string b = "tensor<?x53x" + std::string(toName) + ">";
      run("(%x: " + a + ") -> " + b + " { %y = graphc.cast %x : " + a + " -> " + b +
              " graphc.yield %y : " + b + " }",
          {&x}, {&y});
      forEachIndex(y.extents, [&](const Index &at) {
        ASSERT_EQ(y.get(at), rounded(x.get(at), y.type)) << fromName << " to " << toName;
      });
    }
  }
}

//===----------------------------------------------------------------------===//
// Numbers from other places
//===----------------------------------------------------------------------===//

TEST_P(GenericKernels, Reshape) {
  HostTensor x({T, 96}, {boundT, 96}, kBf16), heads({T, 12, 8}, {boundT, 12, 8}, kBf16);
  x.randomize(1);
  run("(%x: tensor<?x96xbf16>) -> tensor<?x12x8xbf16> { %y = graphc.reshape %x : tensor<?x96xbf16> "
      "-> tensor<?x12x8xbf16> graphc.yield %y : tensor<?x12x8xbf16> }",
      {&x}, {&heads});
  expectNear(heads, [&](const Index &i) { return x.get({i[0], i[1] * 8 + i[2]}); }, 0);

  HostTensor grouped({2, 3, T, 17}, {2, 3, boundT, 17}), flat({6, T, 17}, {6, boundT, 17});
  grouped.randomize(2);
  run("(%x: tensor<2x3x?x17xf32>) -> tensor<6x?x17xf32> { %y = graphc.reshape %x : "
      "tensor<2x3x?x17xf32> -> tensor<6x?x17xf32> graphc.yield %y : tensor<6x?x17xf32> }",
      {&grouped}, {&flat});
  expectNear(
      flat, [&](const Index &i) { return grouped.get({i[0] / 3, i[0] % 3, i[1], i[2]}); }, 0);
}

TEST_P(GenericKernels, ReshapeAcrossADynamicDimension) {
  // Row-major order is that of this step's extents, not of the bounds.
  HostTensor x({2, T}, {2, boundT}), y({T, 1, 2}, {boundT, 1, 2});
  x.randomize(1);
  run("(%x: tensor<2x?xf32>) -> tensor<?x1x2xf32> { %y = graphc.reshape %x : tensor<2x?xf32> -> "
      "tensor<?x1x2xf32> graphc.yield %y : tensor<?x1x2xf32> }",
      {&x}, {&y});
  expectNear(
      y,
      [&](const Index &i) {
        int64_t place = i[0] * 2 + i[2];
        return x.get({place / T, place % T});
      },
      0);
}

TEST_P(GenericKernels, Transpose) {
  HostTensor x({T, 6, 24}, {boundT, 6, 24}), heads({6, T, 24}, {6, boundT, 24}),
      turned({24, T, 6}, {24, boundT, 6});
  x.randomize(1);
  run("(%x: tensor<?x6x24xf32>) -> tensor<6x?x24xf32> { %y = graphc.transpose %x [1, 0, 2] : "
      "tensor<?x6x24xf32> -> tensor<6x?x24xf32> graphc.yield %y : tensor<6x?x24xf32> }",
      {&x}, {&heads});
  expectNear(heads, [&](const Index &i) { return x.get({i[1], i[0], i[2]}); }, 0);
  run("(%x: tensor<?x6x24xf32>) -> tensor<24x?x6xf32> { %y = graphc.transpose %x [2, 0, 1] : "
      "tensor<?x6x24xf32> -> tensor<24x?x6xf32> graphc.yield %y : tensor<24x?x6xf32> }",
      {&x}, {&turned});
  expectNear(turned, [&](const Index &i) { return x.get({i[1], i[2], i[0]}); }, 0);
}

TEST_P(GenericKernels, SliceAndConcat) {
  HostTensor x({T, 50}, {boundT, 50}, kF16), part({T, 21}, {boundT, 21}, kF16);
  x.randomize(1);
  run("(%x: tensor<?x50xf16>) -> tensor<?x21xf16> { %y = graphc.slice %x axis 1 [13, 34] : "
      "tensor<?x50xf16> -> tensor<?x21xf16> graphc.yield %y : tensor<?x21xf16> }",
      {&x}, {&part});
  expectNear(part, [&](const Index &i) { return x.get({i[0], i[1] + 13}); }, 0);

  HostTensor joined({T, 71}, {boundT, 71}, kF16);
  run("(%x: tensor<?x50xf16>, %y: tensor<?x21xf16>) -> tensor<?x71xf16> { %z = graphc.concat %x, "
      "%y "
      "axis 1 : (tensor<?x50xf16>, tensor<?x21xf16>) -> tensor<?x71xf16> graphc.yield %z : "
      "tensor<?x71xf16> }",
      {&x, &part}, {&joined});
  expectNear(
      joined, [&](const Index &i) { return i[1] < 50 ? x.get(i) : part.get({i[0], i[1] - 50}); },
      0);

  HostTensor a({2, T, 20}, {2, boundT, 20}), b({3, T, 20}, {3, boundT, 20}),
      stacked({5, T, 20}, {5, boundT, 20});
  a.randomize(2), b.randomize(3);
  run("(%a: tensor<2x?x20xf32>, %b: tensor<3x?x20xf32>) -> tensor<5x?x20xf32> { %y = graphc.concat "
      "%a, %b axis 0 : (tensor<2x?x20xf32>, tensor<3x?x20xf32>) -> tensor<5x?x20xf32> graphc.yield "
      "%y : tensor<5x?x20xf32> }",
      {&a, &b}, {&stacked});
  expectNear(
      stacked, [&](const Index &i) { return i[0] < 2 ? a.get(i) : b.get({i[0] - 2, i[1], i[2]}); },
      0);
}

TEST_P(GenericKernels, Repeat) {
  HostTensor x({2, S, 19}, {2, boundS, 19}), heads({6, S, 19}, {6, boundS, 19}),
      wide({2, S, 57}, {2, boundS, 57});
  x.randomize(1);
  run("(%x: tensor<2x?x19xf32> {graphc.dims = [\"S\"]}) -> tensor<6x?x19xf32> { %y = graphc.repeat "
      "%x axis 0 times 3 : tensor<2x?x19xf32> -> tensor<6x?x19xf32> graphc.yield %y : "
      "tensor<6x?x19xf32> }",
      {&x}, {&heads});
  expectNear(heads, [&](const Index &i) { return x.get({i[0] / 3, i[1], i[2]}); }, 0);
  run("(%x: tensor<2x?x19xf32> {graphc.dims = [\"S\"]}) -> tensor<2x?x57xf32> { %y = graphc.repeat "
      "%x axis 2 times 3 : tensor<2x?x19xf32> -> tensor<2x?x57xf32> graphc.yield %y : "
      "tensor<2x?x57xf32> }",
      {&x}, {&wide});
  expectNear(wide, [&](const Index &i) { return x.get({i[0], i[1], i[2] / 3}); }, 0);
}

TEST_P(GenericKernels, SelectRows) {
  HostTensor x({T, 100}, {boundT, 100}), y({R, 100}, {boundR, 100});
  x.randomize(1);
  run("(%x: tensor<?x100xf32>, %s: !graphc.step) -> tensor<?x100xf32> { %y = graphc.select_rows "
      "%x, "
      "%s : tensor<?x100xf32> -> tensor<?x100xf32> graphc.yield %y : tensor<?x100xf32> }",
      {&x}, {&y}, true);
  StepArrays step = stepOfThree();
  expectNear(y, [&](const Index &i) { return x.get({step.outRows[size_t(i[0])], i[1]}); }, 0);
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
    expectNear(y, [&](const Index &i) { return table.get({step.tokens[size_t(i[0])], i[1]}); }, 0);
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
    expectNear(
        y,
        [&, kp = kp](const Index &i) {
          int64_t token = step.tokens[size_t(i[0])];
          return table.get({token / 32, i[1] / kp, token % 32, i[1] % kp});
        },
        0);
  }
}

TEST_P(GenericKernels, Constant) {
  HostTensor splat({3, 20}, kBf16), dense({2, 3});
  run("() -> tensor<3x20xbf16> { %y = graphc.constant dense<1.5> : tensor<3x20xbf16> graphc.yield "
      "%y "
      ": tensor<3x20xbf16> }",
      {}, {&splat});
  expectNear(splat, [](const Index &) { return 1.5; }, 0);
  run("() -> tensor<2x3xf32> { %y = graphc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : "
      "tensor<2x3xf32> graphc.yield %y : tensor<2x3xf32> }",
      {}, {&dense});
  expectNear(dense, [](const Index &i) { return double(i[0] * 3 + i[1] + 1); }, 0);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

double meanOf(const HostTensor &x, int64_t row) {
  double sum = 0;
  for (int64_t i = 0; i < x.extents[1]; ++i)
    sum += x.get({row, i});
  return sum / double(x.extents[1]);
}

/// The mean of (x - center)^2.
double spreadOf(const HostTensor &x, int64_t row, double center) {
  double sum = 0;
  for (int64_t i = 0; i < x.extents[1]; ++i)
    sum += std::pow(x.get({row, i}) - center, 2);
  return sum / double(x.extents[1]);
}

TEST_P(GenericKernels, MeanAndNorms) {
  for (int64_t n : {1, 15, 64, 172}) {
    std::string number = std::to_string(n), type = "tensor<?x" + number + "xf32>",
                vector = "tensor<" + number + "xbf16>";
    HostTensor x({T, n}, {boundT, n}), gamma({n}, kBf16), beta({n}, kBf16);
    HostTensor mean({T, 1}, {boundT, 1}), rms({T, n}, {boundT, n}), layer({T, n}, {boundT, n});
    x.randomize(1), gamma.randomize(2), beta.randomize(3);
    run("(%x: " + type + ") -> tensor<?x1xf32> { %y = graphc.mean %x : " + type +
            " -> tensor<?x1xf32> graphc.yield %y : tensor<?x1xf32> }",
        {&x}, {&mean});
    expectNear(mean, [&](const Index &i) { return meanOf(x, i[0]); }, 1e-6);
    run("(%x: " + type + ", %g: " + vector + ") -> " + type +
            " { %y = graphc.rms_norm %x, %g eps 1.0e-05 : " + type + ", " + vector +
            " graphc.yield %y : " + type + " }",
        {&x, &gamma}, {&rms});
    expectNear(
        rms,
        [&](const Index &i) {
          return x.get(i) / std::sqrt(spreadOf(x, i[0], 0) + 1e-5) * gamma.get({i[1]});
        },
        2e-6);
    run("(%x: " + type + ", %g: " + vector + ", %b: " + vector + ") -> " + type +
            " { %y = graphc.layer_norm %x, %g, %b eps 1.0e-02 : " + type + ", " + vector + ", " +
            vector + " graphc.yield %y : " + type + " }",
        {&x, &gamma, &beta}, {&layer});
    expectNear(
        layer,
        [&](const Index &i) {
          double center = meanOf(x, i[0]);
          double factor = 1 / std::sqrt(spreadOf(x, i[0], center) + 1e-2);
          return (x.get(i) - center) * factor * gamma.get({i[1]}) + beta.get({i[1]});
        },
        2e-6);
  }
}

TEST_P(GenericKernels, Rope) {
  StepArrays step = stepOfThree();
  for (int64_t d : {8, 64, 80}) {
    HostTensor x({3, T, d}, {3, boundT, d}), table({30, d}), y({3, T, d}, {3, boundT, d});
    x.randomize(1), table.randomize(2);
    std::string type = "tensor<3x?x" + std::to_string(d) + "xf32>";
    std::string tableType = "tensor<30x" + std::to_string(d) + "xf32>";
    run("(%x: " + type + ", %t: " + tableType + ", %s: !graphc.step) -> " + type +
            " { %y = graphc.rope %x, %t, %s : " + type + ", " + tableType +
            " graphc.yield %y : " + type + " }",
        {&x, &table}, {&y}, true);
    int64_t half = d / 2;
    expectNear(
        y,
        [&](const Index &i) {
          int64_t j = i[2] % half, p = step.position[size_t(i[1])];
          double c = table.get({p, j}), s = table.get({p, j + half});
          double first = x.get({i[0], i[1], j}), second = x.get({i[0], i[1], j + half});
          return i[2] < half ? first * c - second * s : second * c + first * s;
        },
        1e-6);
  }
}

TEST_P(GenericKernels, Mask) {
  StepArrays step = stepOfThree();
  for (int64_t window : {0, 1, 5}) {
    HostTensor x({2, T, S}, {2, boundT, boundS}), y({2, T, S}, {2, boundT, boundS});
    x.randomize(1);
    std::string attribute = window ? "window " + std::to_string(window) + " " : "";
    run("(%x: tensor<2x?x?xf32> {graphc.dims = [\"T\", \"S\"]}, %s: !graphc.step) -> "
        "tensor<2x?x?xf32> { %y = graphc.mask causal " +
            attribute + "%x, %s : tensor<2x?x?xf32> graphc.yield %y : tensor<2x?x?xf32> }",
        {&x}, {&y}, true);
    expectNear(
        y,
        [&](const Index &i) -> double {
          size_t t = size_t(i[1]), s = size_t(i[2]);
          int64_t age = step.position[t] - step.columnPosition[s];
          bool isSeen =
              step.slot[t] == step.columnSlot[s] && age >= 0 && (window == 0 || age < window);
          return isSeen ? x.get(i) : -kInf;
        },
        0);
  }
}

double softmaxOf(const HostTensor &x, const Index &at, size_t axis) {
  double max = -kInf, sum = 0;
  Index other = at;
  for (other[axis] = 0; other[axis] < x.extents[axis]; ++other[axis])
    max = std::max<double>(max, x.get(other));
  for (other[axis] = 0; other[axis] < x.extents[axis]; ++other[axis])
    sum += std::exp(x.get(other) - max);
  return std::exp(x.get(at) - max) / sum;
}

TEST_P(GenericKernels, Softmax) {
  HostTensor x({2, T, S}, {2, boundT, boundS});
  x.randomize(1, 4);
  for (int64_t s = 3; s < S; ++s)
    x.set({1, 2, s}, -kInf);
  for (size_t axis = 0; axis < 3; ++axis) {
    HostTensor y({2, T, S}, {2, boundT, boundS});
    run("(%x: tensor<2x?x?xf32> {graphc.dims = [\"T\", \"S\"]}) -> tensor<2x?x?xf32> { %y = "
        "graphc.softmax %x axis " +
            std::to_string(axis) + " : tensor<2x?x?xf32> graphc.yield %y : tensor<2x?x?xf32> }",
        {&x}, {&y});
    expectNear(y, [&](const Index &i) { return softmaxOf(x, i, axis); }, 1e-6);
  }
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

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
      auto exact = [&](const Index &i) {
        double sum = 0;
        for (int64_t k = 0; k < 33; ++k)
          sum += double(a.get({i[0], k})) * b.get({k, i[1]});
        return sum;
      };
      expectNear(y, exact, 4e-6);
      expectSame(y, yt); // one chain in order, either way
    }
  }
}

TEST_P(GenericKernels, BatchMatmul) {
  // Scores and their use, as in un-fused attention with grouped heads.
  HostTensor q({4, T, 24}, {4, boundT, 24}), keys({4, S, 24}, {4, boundS, 24}),
      scores({4, T, S}, {4, boundT, boundS}), out({4, T, 24}, {4, boundT, 24});
  q.randomize(1), keys.randomize(2);
  run("(%q: tensor<4x?x24xf32>, %k: tensor<4x?x24xf32> {graphc.dims = [\"S\"]}) -> "
      "tensor<4x?x?xf32> "
      "{ %y = graphc.batch_matmul %q, %k transpose_b : (tensor<4x?x24xf32>, tensor<4x?x24xf32>) -> "
      "tensor<4x?x?xf32> graphc.yield %y : tensor<4x?x?xf32> }",
      {&q, &keys}, {&scores});
  expectNear(
      scores,
      [&](const Index &i) {
        double sum = 0;
        for (int64_t k = 0; k < 24; ++k)
          sum += double(q.get({i[0], i[1], k})) * keys.get({i[0], i[2], k});
        return sum;
      },
      4e-6);
  run("(%p: tensor<4x?x?xf32> {graphc.dims = [\"T\", \"S\"]}, %v: tensor<4x?x24xf32> {graphc.dims "
      "= "
      "[\"S\"]}) -> tensor<4x?x24xf32> { %y = graphc.batch_matmul %p, %v : (tensor<4x?x?xf32>, "
      "tensor<4x?x24xf32>) -> tensor<4x?x24xf32> graphc.yield %y : tensor<4x?x24xf32> }",
      {&scores, &keys}, {&out});
  expectNear(
      out,
      [&](const Index &i) {
        double sum = 0;
        for (int64_t s = 0; s < S; ++s)
          sum += double(scores.get({i[0], i[1], s})) * keys.get({i[0], s, i[2]});
        return sum;
      },
      1e-5);
}

TEST_P(GenericKernels, BatchMatmulBroadcasts) {
  HostTensor q({2, 3, T, 16}, {2, 3, boundT, 16}), keys({2, 1, S, 16}, {2, 1, boundS, 16}),
      scores({2, 3, T, S}, {2, 3, boundT, boundS});
  q.randomize(1), keys.randomize(2);
  run("(%q: tensor<2x3x?x16xf32>, %k: tensor<2x1x?x16xf32> {graphc.dims = [\"S\"]}) -> "
      "tensor<2x3x?x?xf32> { %y = graphc.batch_matmul %q, %k transpose_b : (tensor<2x3x?x16xf32>, "
      "tensor<2x1x?x16xf32>) -> tensor<2x3x?x?xf32> graphc.yield %y : tensor<2x3x?x?xf32> }",
      {&q, &keys}, {&scores});
  expectNear(
      scores,
      [&](const Index &i) {
        double sum = 0;
        for (int64_t k = 0; k < 16; ++k)
          sum += double(q.get({i[0], i[1], i[2], k})) * keys.get({i[0], 0, i[3], k});
        return sum;
      },
      4e-6);
}

//===----------------------------------------------------------------------===//
// KV cache
//===----------------------------------------------------------------------===//

TEST_P(GenericKernels, AppendAndReadTheCache) {
  StepArrays step = stepOfThree();
  for (const char *element : {"f32", "bf16"}) {
    ElementType type = std::string(element) == "f32" ? kF32 : kBf16;
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
        GetParam(), kBounds);
    ASSERT_TRUE(append);
    append->run(step, {pool.data(), nullptr, keys.data(), values.data()}, 2);

    HostTensor readKeys({2, S, 24}, {2, boundS, 24}), readValues({2, S, 24}, {2, boundS, 24});
    std::string r = "tensor<2x?x24xf32>";
    auto read = KernelRunner::compile(
        "graphc.kernel @k(%c: " + cache + ", %s: !graphc.step) -> (" + r + ", " + r +
            ") { %k, %v = graphc.kv_read %c, %s : " + cache + " -> " + r + ", " + r +
            " graphc.yield %k, %v : " + r + ", " + r + " }",
        GetParam(), kBounds);
    ASSERT_TRUE(read);
    read->run(step, {pool.data(), nullptr, readKeys.data(), readValues.data()}, 2);

    // A row is what was appended, or 0 where nothing was.
    auto expected = [&](const HostTensor &tensor, const Index &i) -> double {
      for (size_t t = 0; t < size_t(T); ++t) {
        if (step.slot[t] == step.columnSlot[size_t(i[1])] &&
            step.position[t] == step.columnPosition[size_t(i[1])])
          return rounded(tensor.get({i[0], int64_t(t), i[2]}), type);
      }
      return 0;
    };
    expectNear(readKeys, [&](const Index &i) { return expected(keys, i); }, 0);
    expectNear(readValues, [&](const Index &i) { return expected(values, i); }, 0);
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
      GetParam(), kBounds);
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

INSTANTIATE_TEST_SUITE_P(Levels, GenericKernels, testing::ValuesIn(availableLevels()), levelName);

} // namespace
