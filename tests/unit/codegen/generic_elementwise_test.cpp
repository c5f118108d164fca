// Generic kernels that work number by number, against plain loops in double precision, on every
// level of the machine, with extents below their bounds and of lengths that are no multiples of a
// vector.
#include "GenericFixture.h"

using namespace graphc;
using namespace graphc::test;

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

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
