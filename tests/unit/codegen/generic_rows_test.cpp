// Generic kernels over rows: norms, rope, mask, softmax; against plain loops.
#include "GenericFixture.h"

using namespace graphc;
using namespace graphc::test;

static Approx meanOf(const HostTensor &x, int64_t row) {
  ApproxSum sum;
  for (int64_t i = 0; i < x.extents[1]; ++i)
    sum.add({x.get({row, i})});
  return sum.result() / Approx{double(x.extents[1])};
}

/// The mean of (x - center)^2.
static Approx spreadOf(const HostTensor &x, int64_t row, const Approx &center) {
  ApproxSum sum;
  for (int64_t i = 0; i < x.extents[1]; ++i) {
    Approx difference = Approx{x.get({row, i})} - center;
    sum.add(difference * difference);
  }
  return sum.result() / Approx{double(x.extents[1])};
}

static Approx normFactor(const Approx &spread, float eps) {
  return reciprocalRootOf(spread + Approx{eps});
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
    expectNear(mean, [&](const Index &i) { return meanOf(x, i[0]); });
    run("(%x: " + type + ", %g: " + vector + ") -> " + type +
            " { %y = graphc.rms_norm %x, %g eps 1.0e-05 : " + type + ", " + vector +
            " graphc.yield %y : " + type + " }",
        {&x, &gamma}, {&rms});
    expectNear(rms, [&](const Index &i) {
      Approx factor = normFactor(spreadOf(x, i[0], Approx{}), 1e-5f);
      return Approx{x.get(i)} * factor * Approx{gamma.get({i[1]})};
    });
    run("(%x: " + type + ", %g: " + vector + ", %b: " + vector + ") -> " + type +
            " { %y = graphc.layer_norm %x, %g, %b eps 1.0e-02 : " + type + ", " + vector + ", " +
            vector + " graphc.yield %y : " + type + " }",
        {&x, &gamma, &beta}, {&layer});
    expectNear(layer, [&](const Index &i) {
      Approx center = meanOf(x, i[0]);
      Approx factor = normFactor(spreadOf(x, i[0], center), 1e-2f);
      Approx norm = (Approx{x.get(i)} - center) * factor;
      return norm * Approx{gamma.get({i[1]})} + Approx{beta.get({i[1]})};
    });
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
    expectNear(y, [&](const Index &i) {
      int64_t j = i[2] % half, p = step.position[size_t(i[1])];
      Approx c{table.get({p, j})}, s{table.get({p, j + half})};
      Approx first{x.get({i[0], i[1], j})}, second{x.get({i[0], i[1], j + half})};
      return i[2] < half ? first * c - second * s : second * c + first * s;
    });
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
    expectExact(y, [&](const Index &i) -> double {
      size_t t = size_t(i[1]), s = size_t(i[2]);
      int64_t age = step.position[t] - step.columnPosition[s];
      bool isSeen = step.slot[t] == step.columnSlot[s] && age >= 0 && (window == 0 || age < window);
      return isSeen ? x.get(i) : -kInf;
    });
  }
}

static Approx softmaxOf(const HostTensor &x, const Index &at, size_t axis) {
  float max = -kInf;
  Index other = at;
  for (other[axis] = 0; other[axis] < x.extents[axis]; ++other[axis])
    max = std::max(max, x.get(other));
  auto exponential = [&](const Index &i) {
    return std::isinf(x.get(i)) ? Approx{} : exponentialOf(Approx{x.get(i)} - Approx{max});
  };
  ApproxSum sum;
  for (other[axis] = 0; other[axis] < x.extents[axis]; ++other[axis])
    sum.add(exponential(other));
  return exponential(at) / sum.result();
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
    expectNear(y, [&](const Index &i) { return softmaxOf(x, i, axis); });
  }
}
