// Generic kernels that work number by number, against plain loops in double precision, on every
// level of the machine, with extents below their bounds and of lengths that are no multiples of a
// vector.
#include "GenericFixture.h"

using namespace graphc;
using namespace graphc::test;

TEST_P(GenericKernels, UnaryOps) {
  const std::pair<const char *, Approx (*)(const Approx &)> ops[] = {
      {"graphc.silu %x", [](const Approx &x) { return activated("silu", x); }},
      {"graphc.relu %x", [](const Approx &x) { return activated("relu", x); }},
      {"graphc.tanh %x", tanhOf},
      {"graphc.gelu erf %x", [](const Approx &x) { return activated("gelu_erf", x); }},
      {"graphc.gelu tanh %x", [](const Approx &x) { return activated("gelu_tanh", x); }},
      {"graphc.scale %x by -0.375", [](const Approx &x) { return x * Approx{-0.375}; }},
      {"graphc.soft_cap %x cap 1.5",
       [](const Approx &x) { return Approx{1.5} * tanhOf(x / Approx{1.5}); }},
  };
  HostTensor x({T, 37}, {boundT, 37});
  x.randomize(1, 3);
  for (auto [op, exact] : ops) {
    HostTensor y({T, 37}, {boundT, 37});
    run("(%x: tensor<?x37xf32>) -> tensor<?x37xf32> { %y = " + std::string(op) +
            " : tensor<?x37xf32> graphc.yield %y : tensor<?x37xf32> }",
        {&x}, {&y});
    expectNear(y, [&, exact = exact](const Index &at) { return exact({x.get(at)}); });
  }
}

TEST_P(GenericKernels, Rsqrt) {
  HostTensor x({T, 1}, {boundT, 1}, kBf16), y({T, 1}, {boundT, 1}, kBf16);
  for (int64_t t = 0; t < T; ++t)
    x.set({t, 0}, 0.5f + float(t));
  run("(%x: tensor<?x1xbf16>) -> tensor<?x1xbf16> { %y = graphc.rsqrt %x : tensor<?x1xbf16> "
      "graphc.yield %y : tensor<?x1xbf16> }",
      {&x}, {&y});
  expectNear(y, [&](const Index &at) { return reciprocalRootOf({x.get(at)}); });
}

TEST_P(GenericKernels, BinaryOpsBroadcast) {
  const std::pair<const char *, Approx (*)(const Approx &, const Approx &)> ops[] = {
      {"add", [](const Approx &x, const Approx &y) { return x + y; }},
      {"sub", [](const Approx &x, const Approx &y) { return x - y; }},
      {"mul", [](const Approx &x, const Approx &y) { return x * y; }},
      {"div", [](const Approx &x, const Approx &y) { return x / y; }},
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
      expectNear(left, [&](const Index &i) { return op({matrix.get(i)}, {shape.at(i)}); });
      expectNear(right, [&](const Index &i) { return op({shape.at(i)}, {matrix.get(i)}); });
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
