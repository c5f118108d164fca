// What the tests of the generic kernels share: a step of three sequences, and a fixture that runs a
// kernel in one piece and in three.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_GENERICFIXTURE_H
#define GRAPHC_TESTS_UNIT_CODEGEN_GENERICFIXTURE_H

#include "Approx.h"
#include "HostTensor.h"
#include "KernelReference.h"

#include <gtest/gtest.h>

namespace graphc::test {

/// Extents of the step, and their bounds.
inline constexpr int64_t T = 5, R = 3, S = 41;
inline constexpr StepBounds kGenericBounds{.tokens = 9, .rows = 7, .cached = 70};
inline constexpr int64_t boundT = kGenericBounds.tokens, boundR = kGenericBounds.rows,
                         boundS = kGenericBounds.cached;
inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr auto kF32 = ElementType::F32;
inline constexpr auto kBf16 = ElementType::BF16;
inline constexpr auto kF16 = ElementType::F16;

/// Numbers of a row that the step is given.
inline constexpr size_t kInputWidth = 19;

/// Three sequences: the rows of the step are the last ones of each.
inline StepArrays stepOfThree() {
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
  for (size_t i = 0; i < step.tokens.size() * kInputWidth; ++i)
    step.inputRows.push_back(static_cast<float>(i % 23) / 7 - 1.5f);
  return step;
}

/// How many terms the sums of a kernel's op have; 1 where it adds nothing up.
int64_t sumLengthOf(KernelOp kernel, const StepDims &extents);

/// What a result is at an index.
using ExactAt = std::function<double(const Index &)>;
using ApproxAt = std::function<Approx(const Index &)>;

class GenericKernels : public testing::TestWithParam<std::string> {
protected:
  /// Compiles `body`, "(arguments) -> type { ops }", and runs it in one piece and in three.
  void run(const std::string &body, std::vector<HostTensor *> operands,
           std::vector<HostTensor *> results, bool hasStep = false) {
    std::unique_ptr<KernelRunner> kernel =
        KernelRunner::compile("graphc.kernel @k" + body, GetParam(), kGenericBounds);
    ASSERT_TRUE(kernel);
    std::vector<void *> memory;
    for (HostTensor *operand : operands)
      memory.push_back(operand->data());
    if (hasStep)
      memory.push_back(nullptr);
    for (HostTensor *result : results)
      memory.push_back(result->data());
    StepArrays step = stepOfThree();
    kernel->run(step, memory, 1);
    double slack = slackOfSum(sumLengthOf(kernel->kernel(), step.extents()));
    ASSERT_NO_FATAL_FAILURE(expectAsReference(*kernel, step, memory, slack));
    std::vector<HostTensor> once;
    for (HostTensor *result : results)
      once.push_back(*result);
    kernel->run(step, memory, 3);
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
  static void expectNear(const HostTensor &result, const ApproxAt &expected) {
    forEachIndex(result.bounds, [&](const Index &at) {
      float got = result.get(at);
      if (!result.isInside(at)) {
        ASSERT_EQ(got, untouched(result.type))
            << "beyond the extents, at " << testing::PrintToString(at);
        return;
      }
      Approx want = expected(at).storedAs(result.type);
      ASSERT_TRUE(want.holds(got)) << "at " << testing::PrintToString(at) << ": expected "
                                   << want.value << " +- " << want.error << " but got " << got;
    });
  }

  /// The same for numbers of the result's type.
  static void expectExact(const HostTensor &result, const ExactAt &expected) {
    forEachIndex(result.bounds, [&](const Index &at) {
      ASSERT_EQ(result.get(at), result.isInside(at) ? expected(at) : untouched(result.type))
          << "at " << testing::PrintToString(at);
    });
  }

private:
  static float untouched(ElementType type) { return rounded(HostTensor::kUntouched, type); }
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_GENERICFIXTURE_H
