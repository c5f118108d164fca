// VectorMath against libm in double precision: accuracy over a sweep of all exponents, extremes,
// and the same bits from scalars and vectors.
#include "KernelContext.h"
#include "KernelRunner.h"

#include "codegen/kernels/VectorMath.h"
#include "codegen/lowering/KernelCompiler.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"

#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xmmintrin.h>

using namespace mlir;
using namespace graphc;
using graphc::test::AlignedArray;

namespace {

constexpr int64_t kCount = 1 << 16;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

/// Rounding by the rule, in 64 bits: nearest, ties to even.
float bf16Of(float value) {
  uint64_t bits = bitsOf(value);
  uint64_t kept = bits >> 16, dropped = bits & 0xffff;
  if (dropped > 0x8000 || (dropped == 0x8000 && (kept & 1)))
    ++kept;
  return floatOf(static_cast<uint32_t>(kept << 16));
}

/// Where 1 / (1 + exp(-x)) is 0 because the sum has overflowed.
constexpr double kOverflow = 0x1p-110;

struct Function {
  const char *name;
  Value (*emit)(VectorMath &, Value);
  double (*exact)(double);
  double maxUlp;
  /// Below this the result may be anything not larger.
  double smallest = 0x1p-126;
  /// Absolute error that is always allowed, relative to |x|: for sums of which one cancels.
  double cancellation = 0;
};

const Function kFunctions[] = {
    {"exp2", [](VectorMath &m, Value x) { return m.exp2(x); },
     [](double x) { return std::exp2(x); }, 2.2},
    {"exp", [](VectorMath &m, Value x) { return m.exp(x); }, [](double x) { return std::exp(x); },
     2.2},
    {"sigmoid", [](VectorMath &m, Value x) { return m.sigmoid(x); },
     [](double x) { return 1 / (1 + std::exp(-x)); }, 4, kOverflow},
    {"tanh", [](VectorMath &m, Value x) { return m.tanh(x); },
     [](double x) { return std::tanh(x); }, 3},
    {"erf", [](VectorMath &m, Value x) { return m.erf(x); }, [](double x) { return std::erf(x); },
     3},
    {"rsqrt", [](VectorMath &m, Value x) { return m.rsqrt(x); },
     [](double x) { return 1 / std::sqrt(x); }, 1.5},
    {"silu", [](VectorMath &m, Value x) { return m.silu(x); },
     [](double x) { return x / (1 + std::exp(-x)); }, 4, kOverflow},
    {"gelu_erf", [](VectorMath &m, Value x) { return m.gelu(x, GeluForm::Erf); },
     [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); }, 4, kOverflow, 2e-7},
    {"gelu_tanh", [](VectorMath &m, Value x) { return m.gelu(x, GeluForm::Tanh); },
     [](double x) {
       double t = 0.7978845608028654 * (x + 0.044715 * x * x * x);
       return x / (1 + std::exp(-2 * t));
     },
     4, kOverflow, 2e-7},
    {"relu", [](VectorMath &m, Value x) { return m.relu(x); },
     [](double x) { return x > 0 ? x : 0; }, 0},
    {"bf16", [](VectorMath &m, Value x) { return m.fromBf16(m.toBf16(x)); },
     [](double x) { return double(bf16Of(float(x))); }, 0},
    {"f16",
     [](VectorMath &m, Value x) {
       Type f16 = Float16Type::get(x.getContext());
       return m.convert(m.convert(x, f16), Float32Type::get(x.getContext()));
     },
     [](double x) { return double(float(_Float16(float(x)))); }, 0},
};

Value elementsAt(ImplicitLocOpBuilder &b, Value memory, Value at, int64_t width) {
  if (width == 1)
    return memref::LoadOp::create(b, memory, ValueRange{at});
  return vector::LoadOp::create(b, VectorType::get(width, b.getF32Type()), memory, ValueRange{at});
}

void setElements(ImplicitLocOpBuilder &b, Value elements, Value memory, Value at, int64_t width) {
  if (width == 1)
    memref::StoreOp::create(b, elements, memory, ValueRange{at});
  else
    vector::StoreOp::create(b, elements, memory, ValueRange{at});
}

/// Fills a kernel of one operand and one result with a loop over kCount numbers.
void fill(KernelFunction &kernel, const Function &function, KernelOp op, int64_t width,
          const Target &target) {
  ImplicitLocOpBuilder b = kernel.bodyBuilder();
  Value input = kernel.memoryOf(op.getBody().getArgument(0));
  Value output = kernel.memoryOf(op.getComputedOp()->getResult(0));
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  auto loop = scf::ForOp::create(b, index(0), index(kCount), index(width));
  b.setInsertionPointToStart(loop.getBody());
  VectorMath math(b, target);
  Value at = loop.getInductionVar();
  setElements(b, function.emit(math, elementsAt(b, input, at, width)), output, at, width);
}

/// Functions at one width, compiled for a level.
class Functions {
public:
  Functions(const std::string &level, int64_t width, ArrayRef<Function> functions = kFunctions) {
    std::string text;
    for (const Function &function : functions)
      text += std::string("graphc.kernel @") + function.name +
              "(%x: tensor<?xf32>) -> tensor<?xf32> {\n"
              "  %y = graphc.relu %x : tensor<?xf32>\n"
              "  graphc.yield %y : tensor<?xf32>\n}\n";
    OwningOpRef<ModuleOp> kernels = parseSourceString<ModuleOp>(text, &test::kernelContext());
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&test::kernelContext()));
    Expected<Target> target = Target::parse(level);
    SmallVector<EntryPoint> entries;
    for (auto [function, kernel] : llvm::zip(functions, kernels->getOps<KernelOp>())) {
      FailureOr<KernelFunction> emitted =
          KernelFunction::create(*module, kernel, {.tokens = kCount, .rows = 1, .cached = 1});
      fill(*emitted, function, kernel, width, *target);
      entries.push_back({function.name, std::string("graphc_") + function.name, {0, 1}});
    }
    FailureOr<CompiledKernels> compiled = CompiledKernels::create(*module, entries);
    EXPECT_TRUE(compiled->optimize(*target).ok());
    auto object = compiled->sharedObject(*target);
    EXPECT_TRUE(object.ok()) << object.status().message();
    file = ::memfd_create("functions", MFD_CLOEXEC);
    EXPECT_EQ(::write(file, object->data(), object->size()), ssize_t(object->size()));
    library = ::dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_TRUE(library) << ::dlerror();
  }
  ~Functions() {
    ::dlclose(library);
    ::close(file);
  }

  void run(const Function &function, AlignedArray<float> &in, AlignedArray<float> &out) {
    auto entry = reinterpret_cast<KernelFn>(
        ::dlsym(library, (std::string("graphc_") + function.name).c_str()));
    int64_t args[kFirstOperand + 2] = {};
    args[kFirstOperand] = reinterpret_cast<int64_t>(in.data());
    args[kFirstOperand + 1] = reinterpret_cast<int64_t>(out.data());
    unsigned control = _mm_getcsr();
    _mm_setcsr(control | 0x8040);
    entry(args, 0, 1, nullptr);
    _mm_setcsr(control);
  }

private:
  int file = -1;
  void *library = nullptr;
};

/// Every exponent and sign, mantissas spread; then the neighbourhood of 0, which the kernels of a
/// network live in; then extremes.
AlignedArray<float> sweep() {
  AlignedArray<float> values(kCount);
  uint32_t bits = 0;
  for (int64_t i = 0; i < kCount / 2; ++i, bits += 0xfffffff1u / (kCount / 2)) {
    float value = floatOf(bits);
    values[i] = std::isfinite(value) && std::abs(value) >= 0x1p-126f ? value : float(i);
  }
  for (int64_t i = kCount / 2; i < kCount; ++i)
    values[i] = -130.0f + 260.0f * float(i - kCount / 2) / float(kCount / 2);
  const float extremes[] = {0.0f,        -0.0f,   1.0f,   -1.0f, -126.0f, -125.99999f,
                            -126.00001f, 127.99f, 128.0f, 3e38f, -3e38f};
  std::copy(std::begin(extremes), std::end(extremes), values.data());
  return values;
}

/// Error in units of the last place of the f32 nearest to the exact value.
double ulpError(float got, double exact, double smallest) {
  if (std::abs(exact) < smallest)
    return std::abs(got) <= smallest ? 0 : 1e9;
  float rounded = static_cast<float>(exact);
  if (std::isinf(rounded) || std::isinf(got)) {
    // At the edge of overflow either neighbour will do.
    bool isEdge = std::abs(exact) > 3.4028e38 && std::abs(got) > 3.4028e38f;
    return isEdge && (got > 0) == (exact > 0) ? 0 : 1e9;
  }
  double unit = std::ldexp(1.0, std::ilogb(rounded) - 23);
  return std::abs(double(got) - exact) / unit;
}

class VectorMathTest : public testing::TestWithParam<std::string> {
protected:
  int64_t lanes() const { return Target::parse(GetParam())->lanes(); }
};

TEST_P(VectorMathTest, IsAccurate) {
  Functions functions(GetParam(), lanes());
  AlignedArray<float> in = sweep(), out(kCount);
  for (const Function &function : kFunctions) {
    functions.run(function, in, out);
    double worst = 0;
    float worstAt = 0;
    for (int64_t i = 0; i < kCount; ++i) {
      double exact = function.exact(in[i]);
      if (std::isnan(exact))
        continue;
      double error = ulpError(out[i], exact, function.smallest);
      if (std::abs(out[i] - exact) <= function.cancellation * std::abs(in[i]))
        error = 0;
      if (error > worst)
        worst = error, worstAt = in[i];
    }
    EXPECT_LE(worst, function.maxUlp) << function.name << " at " << worstAt;
    RecordProperty(std::string(function.name) + "_ulp", std::to_string(worst));
  }
}

TEST_P(VectorMathTest, ScalarsHaveTheBitsOfVectors) {
  Functions vectors(GetParam(), lanes()), halves(GetParam(), 4), scalars(GetParam(), 1);
  AlignedArray<float> in = sweep(), wide(kCount), narrow(kCount), scalar(kCount);
  for (const Function &function : kFunctions) {
    vectors.run(function, in, wide);
    halves.run(function, in, narrow);
    scalars.run(function, in, scalar);
    for (int64_t i = 0; i < kCount; ++i) {
      ASSERT_EQ(bitsOf(wide[i]), bitsOf(scalar[i])) << function.name << " at " << in[i];
      ASSERT_EQ(bitsOf(wide[i]), bitsOf(narrow[i])) << function.name << " at " << in[i];
    }
  }
}

TEST_P(VectorMathTest, Exp2IsZeroBelowAndOneAtZero) {
  for (int64_t width : {lanes(), int64_t(1)}) {
    Functions functions(GetParam(), width);
    AlignedArray<float> in(kCount), out(kCount);
    for (int64_t i = 0; i < kCount; ++i)
      in[i] = i % 2 ? -126.0f - std::exp2(float(i % 120) - 16) : 0.0f;
    in[1] = -kInf;
    functions.run(kFunctions[0], in, out);
    for (int64_t i = 0; i < kCount; ++i)
      ASSERT_EQ(bitsOf(out[i]), i % 2 ? 0u : bitsOf(1.0f)) << "at " << in[i];
  }
}

TEST_P(VectorMathTest, LimitsAndNan) {
  for (int64_t width : {lanes(), int64_t(1)}) {
    Functions functions(GetParam(), width);
    AlignedArray<float> in(kCount), out(kCount);
    for (int64_t i = 0; i < kCount; ++i)
      in[i] = i % 3 == 0 ? kInf : i % 3 == 1 ? -kInf : kNan;
    for (const Function &function : kFunctions) {
      functions.run(function, in, out);
      for (int i = 0; i < 3; ++i) {
        double exact = function.exact(in[i]);
        if (std::isnan(exact) || i == 2)
          EXPECT_TRUE(std::isnan(out[i]) || i != 2) << function.name << " of " << in[i];
        else
          EXPECT_EQ(out[i], static_cast<float>(exact)) << function.name << " of " << in[i];
      }
    }
  }
}

TEST_P(VectorMathTest, Bf16IsRoundedToNearestEven) {
  const Function &bf16 = kFunctions[10];
  ASSERT_STREQ(bf16.name, "bf16");
  for (int64_t width : {lanes(), int64_t(1)}) {
    Functions functions(GetParam(), width);
    AlignedArray<float> in = sweep(), out(kCount);
    for (int64_t i = 0; i < kCount / 4; ++i) // ties, and their neighbours
      in[i] = floatOf(0x3f000000u + (static_cast<uint32_t>(i) << 12));
    functions.run(bf16, in, out);
    for (int64_t i = 0; i < kCount; ++i)
      ASSERT_EQ(bitsOf(out[i]), bitsOf(bf16Of(in[i]))) << "of " << in[i];
  }
}

/// x + y, behind both in the block.
Value sumOf(Value x, Value y) {
  bool isXLast = y.getDefiningOp()->isBeforeInBlock(x.getDefiningOp());
  ImplicitLocOpBuilder b(x.getLoc(), x.getContext());
  b.setInsertionPointAfterValue(isXLast ? x : y);
  return arith::AddFOp::create(b, x, y);
}

/// Different numbers in each of some rows, all made of x.
SmallVector<Value> rowsOf(VectorMath &math, Value x, int64_t count) {
  SmallVector<Value> rows;
  for (int64_t row = 0; row < count; ++row)
    rows.push_back(math.max(math.constant(double(row) - 8, x), x));
  return rows;
}

template <int64_t count>
Value sumsAtOnce(VectorMath &math, Value x) {
  return math.reduceRows(rowsOf(math, x, count), sumOf);
}

/// Lane r: the sum of row r, by sumLanes().
template <int64_t count>
Value sumsOneByOne(VectorMath &math, Value x) {
  SmallVector<Value> sums;
  for (Value row : rowsOf(math, x, count))
    sums.push_back(math.sumLanes(row));
  ImplicitLocOpBuilder b(x.getLoc(), x.getContext());
  b.setInsertionPointAfterValue(sums.back());
  SmallVector<Value> lanes;
  for (int64_t lane = 0; lane < cast<VectorType>(x.getType()).getNumElements(); ++lane)
    lanes.push_back(sums[lane % count]);
  return vector::FromElementsOp::create(b, cast<VectorType>(x.getType()), lanes);
}

TEST_P(VectorMathTest, RowsAreReducedLikeOneRow) {
  std::vector<Function> functions = {
      {"at_once_1", sumsAtOnce<1>, nullptr, 0}, {"one_by_one_1", sumsOneByOne<1>, nullptr, 0},
      {"at_once_4", sumsAtOnce<4>, nullptr, 0}, {"one_by_one_4", sumsOneByOne<4>, nullptr, 0},
      {"at_once_8", sumsAtOnce<8>, nullptr, 0}, {"one_by_one_8", sumsOneByOne<8>, nullptr, 0}};
  if (lanes() >= 16) {
    functions.push_back({"at_once_16", sumsAtOnce<16>, nullptr, 0});
    functions.push_back({"one_by_one_16", sumsOneByOne<16>, nullptr, 0});
  }
  Functions compiled(GetParam(), lanes(), functions);
  AlignedArray<float> in(kCount), got(kCount), expected(kCount);
  for (int64_t i = 0; i < kCount; ++i)
    in[i] = 10 * std::sin(float(i * i % 9973));
  for (size_t i = 0; i < functions.size(); i += 2) {
    compiled.run(functions[i], in, got);
    compiled.run(functions[i + 1], in, expected);
    for (int64_t at = 0; at < kCount; ++at)
      ASSERT_EQ(bitsOf(got[at]), bitsOf(expected[at])) << functions[i].name << ", lane " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, VectorMathTest, testing::ValuesIn(graphc::test::availableLevels()),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
