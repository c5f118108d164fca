// Every op that is no product with a packed weight, in f32 and bf16, against the reference on the
// same op: a table of ops with types of odd extents, and a test that no op of the dialect is
// missing in it.
#include "GenericFixture.h"

#include "mlir/IR/MLIRContext.h"

#include <gmock/gmock.h>
#include <set>
#include <sstream>

using namespace graphc;
using namespace graphc::test;

namespace {

/// An op in MLIR's generic form. In types, E stands for the element type that the case runs with,
/// and letters behind a `|` name what each `?` is (without, each is T).
struct OpCase {
  const char *op;
  std::vector<std::string> operands, results;
  std::string attributes = {};
  bool wantsPositive = false;
};

const OpCase kCases[] = {
    {"silu", {"tensor<?x37xE>"}, {"tensor<?x37xE>"}},
    {"relu", {"tensor<?x37xE>"}, {"tensor<?x37xE>"}},
    {"tanh", {"tensor<?x37xE>"}, {"tensor<?x37xE>"}},
    {"gelu", {"tensor<?x37xE>"}, {"tensor<?x37xE>"}, "form = #graphc.gelu_form<erf>"},
    {"gelu", {"tensor<?x37xE>"}, {"tensor<?x37xE>"}, "form = #graphc.gelu_form<tanh>"},
    {"scale", {"tensor<3x?x8xE>"}, {"tensor<3x?x8xE>"}, "factor = -0.375 : f32"},
    {"soft_cap", {"tensor<?x172xE>"}, {"tensor<?x172xE>"}, "cap = 1.5 : f32"},
    {"rsqrt", {"tensor<?x1xE>"}, {"tensor<?x1xE>"}, "", true},
    {"add", {"tensor<3x?x40xE>", "tensor<40xE>"}, {"tensor<3x?x40xE>"}},
    {"sub", {"tensor<?x1xE>", "tensor<3x?x80xE>"}, {"tensor<3x?x80xE>"}},
    {"mul", {"tensor<3x?x96xE>", "tensor<3x1x96xE>"}, {"tensor<3x?x96xE>"}},
    {"div", {"tensor<?x172xE>", "tensor<?x172xE>"}, {"tensor<?x172xE>"}, "", true},
    {"cast", {"tensor<?x53xE>"}, {"tensor<?x53xf32>"}},
    {"cast", {"tensor<?x53xE>"}, {"tensor<?x53xbf16>"}},
    {"cast", {"tensor<?x53xE>"}, {"tensor<?x53xf16>"}},
    {"reshape", {"tensor<?x96xE>"}, {"tensor<?x12x8xE>"}},
    {"reshape", {"tensor<2x3x?x17xE>"}, {"tensor<6x?x17xE>"}},
    {"transpose", {"tensor<?x6x80xE>"}, {"tensor<6x?x80xE>"}, "permutation = array<i64: 1, 0, 2>"},
    {"transpose", {"tensor<?x6x24xE>"}, {"tensor<24x?x6xE>"}, "permutation = array<i64: 2, 0, 1>"},
    {"slice",
     {"tensor<?x50xE>"},
     {"tensor<?x21xE>"},
     "axis = 1 : i64, begin = 13 : i64, end = 34 : i64"},
    {"concat", {"tensor<?x50xE>", "tensor<?x21xE>"}, {"tensor<?x71xE>"}, "axis = 1 : i64"},
    {"concat", {"tensor<2x?x20xE>", "tensor<3x?x20xE>"}, {"tensor<5x?x20xE>"}, "axis = 0 : i64"},
    {"repeat", {"tensor<2x?x19xE>|S"}, {"tensor<6x?x19xE>"}, "axis = 0 : i64, times = 3 : i64"},
    {"select_rows", {"tensor<?x172xE>", "!graphc.step"}, {"tensor<?x172xE>"}},
    {"embedding", {"tensor<64x45xE>", "!graphc.step"}, {"tensor<?x45xf32>"}},
    {"embedding", {"tensor<2x43x32x1xf32>", "!graphc.step"}, {"tensor<?x43xf32>"}},
    {"embedding", {"tensor<2x22x32x2xbf16>", "!graphc.step"}, {"tensor<?x43xf32>"}},
    {"embedding", {"tensor<2x43x32x1xf16>", "!graphc.step"}, {"tensor<?x43xf32>"}},
    {"embedding", {"tensor<64x45xf16>", "!graphc.step"}, {"tensor<?x45xf32>"}},
    {"embedding",
     {"tensor<2x2x32x32x!graphc.quant<i8:f16, 32>>", "!graphc.step"},
     {"tensor<?x43xE>"}},
    {"embedding",
     {"tensor<2x2x32x64x!graphc.quant<i4:f16, 64>>", "!graphc.step"},
     {"tensor<?x99xE>"}},
    {"input_rows", {"!graphc.step"}, {"tensor<?x19xE>"}},
    {"constant", {}, {"tensor<3x20xE>"}, "value = dense<1.5> : tensor<3x20xE>"},
    {"mean", {"tensor<?x172xE>"}, {"tensor<?x1xE>"}},
    {"rms_norm", {"tensor<?x172xE>", "tensor<172xE>"}, {"tensor<?x172xE>"}, "eps = 1.0e-05 : f32"},
    {"layer_norm",
     {"tensor<?x172xE>", "tensor<172xE>"},
     {"tensor<?x172xE>"},
     "eps = 1.0e-02 : f32"},
    {"layer_norm",
     {"tensor<?x15xE>", "tensor<15xE>", "tensor<15xE>"},
     {"tensor<?x15xE>"},
     "eps = 1.0e-02 : f32"},
    {"rope", {"tensor<3x?x8xE>", "tensor<30x8xf32>", "!graphc.step"}, {"tensor<3x?x8xE>"}},
    {"rope", {"tensor<3x?x80xE>", "tensor<30x80xf32>", "!graphc.step"}, {"tensor<3x?x80xE>"}},
    {"rope", {"tensor<3x?x96xE>", "tensor<30x96xf32>", "!graphc.step"}, {"tensor<3x?x96xE>"}},
    {"mask", {"tensor<2x?x?xE>|TS", "!graphc.step"}, {"tensor<2x?x?xE>"}},
    {"mask", {"tensor<2x?x?xE>|TS", "!graphc.step"}, {"tensor<2x?x?xE>"}, "window = 5 : i64"},
    {"softmax", {"tensor<2x?x?xE>|TS"}, {"tensor<2x?x?xE>"}, "axis = 2 : i64"},
    {"softmax", {"tensor<3x?x40xE>"}, {"tensor<3x?x40xE>"}, "axis = 0 : i64"},
    {"matmul", {"tensor<?x172xE>", "tensor<172x37xE>"}, {"tensor<?x37xf32>"}},
    {"matmul", {"tensor<?x172xE>", "tensor<37x172xE>"}, {"tensor<?x37xf32>"}, "transpose_b"},
    {"batch_matmul",
     {"tensor<4x?x80xE>", "tensor<4x?x80xE>|S"},
     {"tensor<4x?x?xf32>"},
     "transpose_b"},
    {"batch_matmul",
     {"tensor<2x3x?x96xE>", "tensor<2x1x?x96xE>|S"},
     {"tensor<2x3x?x?xf32>"},
     "transpose_b"},
    {"batch_matmul", {"tensor<4x?x?xE>|TS", "tensor<4x?x8xE>|S"}, {"tensor<4x?x8xf32>"}},
    {"kv_append",
     {"!graphc.kv_cache<2x24xE>", "!graphc.step", "tensor<2x?x24xf32>", "tensor<2x?x24xf32>"},
     {}},
    {"kv_append",
     {"!graphc.kv_cache<2x80xE>", "!graphc.step", "tensor<2x?x80xE>", "tensor<2x?x80xE>"},
     {}},
    {"kv_read",
     {"!graphc.kv_cache<2x8xE>", "!graphc.step"},
     {"tensor<2x?x8xE>", "tensor<2x?x8xE>"}},
    {"kv_read",
     {"!graphc.kv_cache<2x96xE>", "!graphc.step"},
     {"tensor<2x?x96xE>", "tensor<2x?x96xE>"}},
    {"kv_append",
     {"!graphc.kv_cache<2x24xi8>", "!graphc.step", "tensor<2x?x24xE>", "tensor<2x?x24xE>"},
     {}},
    {"kv_append",
     {"!graphc.kv_cache<3x7xi8>", "!graphc.step", "tensor<3x?x7xE>", "tensor<3x?x7xf32>"},
     {}},
    {"kv_read",
     {"!graphc.kv_cache<2x15xi8>", "!graphc.step"},
     {"tensor<2x?x15xf32>", "tensor<2x?x15xf32>"}},
    {"norm_add",
     {"tensor<?x172xE>", "tensor<172xE>", "tensor<?x172xE>"},
     {"tensor<?x172xE>"},
     "eps = 1.0e-06 : f32"},
    {"norm_add",
     {"tensor<?x7xE>", "tensor<7xf32>", "tensor<?x7xE>"},
     {"tensor<?x7xE>"},
     "eps = 1.0e-06 : f32"},
    {"prepare_rows",
     {"tensor<?x172xE>", "tensor<172xE>", "tensor<172xE>"},
     {"tensor<?x192xE>"},
     "layer_eps = 1.0e-05 : f32, operandSegmentSizes = array<i32: 1, 1, 1>"},
    {"prepare_rows",
     {"tensor<?x33xE>"},
     {"tensor<?x64xbf16>"},
     "layer_eps = 1.0e-05 : f32, operandSegmentSizes = array<i32: 1, 0, 0>"},
    {"prepare_rows",
     {"tensor<?x5xE>", "tensor<5xf32>"},
     {"tensor<?x8xE>"},
     "layer_eps = 1.0e-05 : f32, operandSegmentSizes = array<i32: 1, 1, 0>"},
    // Heads whose numbers are no multiple of a vector, of one product and of three; the table is
    // wide or narrow, and keys go to caches of every type.
    {"append_qkv",
     {"tensor<?x200xE>", "tensor<?x200xE>", "tensor<?x200xE>", "tensor<24xE>", "tensor<24xE>",
      "tensor<30x24xf32>", "!graphc.kv_cache<2x24xE>", "!graphc.step"},
     {"tensor<4x?x24xE>"},
     "eps = 1.0e-06 : f32, query_offset = 3 : i64, key_offset = 99 : i64, value_offset = 150 : "
     "i64, "
     "operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>"},
    {"append_qkv",
     {"tensor<?x320xf32>", "tensor<?x160xE>", "tensor<?x160xE>", "tensor<30x32xf32>",
      "!graphc.kv_cache<2x80xE>", "!graphc.step"},
     {"tensor<4x?x80xf32>"},
     "query_offset = 0 : i64, key_offset = 0 : i64, value_offset = 0 : i64, "
     "operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 1, 1>"},
    {"append_qkv",
     {"tensor<?x60xE>", "tensor<?x60xE>", "tensor<?x60xE>", "tensor<10xf32>", "tensor<10xf32>",
      "!graphc.kv_cache<1x10xi8>", "!graphc.step"},
     {"tensor<4x?x10xE>"},
     "eps = 1.0e-06 : f32, query_offset = 0 : i64, key_offset = 40 : i64, value_offset = 50 : i64, "
     "operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 1, 1>"},
    {"append_qkv",
     {"tensor<?x60xE>", "tensor<?x60xE>", "tensor<?x60xE>", "tensor<10xf32>", "tensor<10xf32>",
      "tensor<30x6xf32>", "!graphc.kv_cache<1x10xi8>", "!graphc.step"},
     {"tensor<4x?x10xE>"},
     "eps = 1.0e-06 : f32, query_offset = 0 : i64, key_offset = 40 : i64, value_offset = 50 : i64, "
     "operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>"},
    {"append_qkv",
     {"tensor<?x1024xE>", "tensor<?x1024xE>", "tensor<?x1024xE>", "tensor<256xf32>",
      "tensor<256xf32>", "tensor<30x256xf32>", "!graphc.kv_cache<1x256xE>", "!graphc.step"},
     {"tensor<2x?x256xE>"},
     "eps = 1.0e-06 : f32, query_offset = 0 : i64, key_offset = 512 : i64, value_offset = 768 : "
     "i64, "
     "operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1>"},
};

std::string joined(const std::vector<std::string> &parts) {
  std::string text;
  for (const std::string &part : parts)
    text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// A module with the kernel @k of a case.
std::string kernelText(const OpCase &test, const std::string &elementType) {
  std::vector<std::string> arguments, names, types, results;
  for (const std::string &operand : test.operands) {
    size_t bar = operand.find('|');
    std::vector<std::string> letters;
    for (size_t i = bar; bar != std::string::npos && ++i < operand.size();)
      letters.push_back("\"" + operand.substr(i, 1) + "\"");
    names.push_back("%a" + std::to_string(names.size()));
    types.push_back(operand.substr(0, bar));
    arguments.push_back(names.back() + ": " + types.back() +
                        (letters.empty() ? "" : " {graphc.dims = [" + joined(letters) + "]}"));
  }
  for (size_t i = 0; i < test.results.size(); ++i)
    results.push_back("%r#" + std::to_string(i));
  std::ostringstream text;
  text << "graphc.kernel @k(" << joined(arguments) << ")";
  if (!results.empty())
    text << " -> (" << joined(test.results) << ")";
  text << " {\n  ";
  if (!results.empty())
    text << "%r:" << results.size() << " = ";
  text << "\"graphc." << test.op << "\"(" << joined(names) << ")";
  if (!test.attributes.empty())
    text << " <{" << test.attributes << "}>";
  text << " : (" << joined(types) << ") -> (" << joined(test.results) << ")\n  graphc.yield ";
  if (!results.empty())
    text << joined(results) << " : " << joined(test.results);
  text << "\n}\n";
  return replaced(text.str(), "E>", elementType + ">");
}

/// The memory of all operands and results of a kernel: random operands, untouched results.
class KernelMemory {
public:
  KernelMemory(const KernelRunner &runner, const SymbolicDims &dims, bool wantsPositive)
      : dims(dims), wantsPositive(wantsPositive) {
    KernelOp kernel = runner.kernel();
    for (mlir::Value argument : kernel.getBody().getArguments())
      add(argument, /*isRandom=*/true);
    for (mlir::Value result : kernel.getComputedOp()->getResults())
      add(result, /*isRandom=*/false);
  }

  std::vector<void *> addresses() {
    std::vector<void *> result;
    for (std::optional<HostTensor> &tensor : tensors)
      result.push_back(tensor ? tensor->data() : nullptr);
    return result;
  }

private:
  static constexpr int64_t kPages = 4; ///< what stepOfThree() uses

  static ElementType elementTypeOf(mlir::Type type) {
    return type.isF32() ? kF32 : type.isF16() ? kF16 : kBf16;
  }

  void add(mlir::Value value, bool isRandom) {
    std::optional<HostTensor> &tensor = tensors.emplace_back();
    if (auto cache = llvm::dyn_cast<KvCacheType>(value.getType())) {
      KvLayout layout = kvLayoutOf(cache);
      // Bytes and scales of an int8 cache: any pair of bytes that is a moderate bf16 number.
      ElementType type = layout.hasScales() ? kBf16 : layout.elementType;
      tensor.emplace(Index{kPages, layout.pageBytes() / byteSize(type)}, type);
    } else if (auto type = llvm::dyn_cast<mlir::RankedTensorType>(value.getType());
               type && llvm::isa<QuantType>(type.getElementType())) {
      // Bytes and f16 scales of a packed table, in the same way.
      int64_t blockBytes =
          llvm::cast<QuantType>(type.getElementType()).getFormat().blockBytes(kPanelRows);
      tensor.emplace(Index{type.getDimSize(0), type.getDimSize(1), blockBytes / 2}, kBf16);
    } else if (type) {
      Index extents, bounds;
      for (Dim dim : dims.get(value)) {
        extents.push_back(stepOfThree().extents()(dim));
        bounds.push_back(StepDims{boundT, boundR, boundS}(dim));
      }
      tensor.emplace(extents, bounds, elementTypeOf(type.getElementType()));
    }
    if (tensor && isRandom)
      fill(*tensor);
  }

  void fill(HostTensor &tensor) {
    tensor.randomize(static_cast<int>(tensors.size()));
    if (wantsPositive)
      forEachIndex(tensor.extents,
                   [&](const Index &at) { tensor.set(at, 0.5f + std::abs(tensor.get(at))); });
  }

  const SymbolicDims &dims;
  bool wantsPositive;
  std::vector<std::optional<HostTensor>> tensors; ///< none: a step
};

class GenericReference
    : public testing::TestWithParam<std::tuple<std::string, std::string, size_t>> {};

std::string caseName(const testing::TestParamInfo<GenericReference::ParamType> &info) {
  auto [level, type, index] = info.param;
  return testNameOf(level) + "_" + type + "_" + kCases[index].op + "_" + std::to_string(index);
}

INSTANTIATE_TEST_SUITE_P(Levels, GenericReference,
                         testing::Combine(testing::ValuesIn(availableLevels()),
                                          testing::Values("f32", "bf16"),
                                          testing::Range(size_t(0), std::size(kCases))),
                         caseName);

} // namespace

TEST_P(GenericReference, KernelDoesWhatTheOpMeans) {
  auto [level, type, index] = GetParam();
  const OpCase &test = kCases[index];
  auto kernel = KernelRunner::compile(kernelText(test, type), level, kGenericBounds);
  ASSERT_TRUE(kernel);
  auto dims = kernelDims(kernel->kernel());
  ASSERT_TRUE(mlir::succeeded(dims));
  KernelMemory memory(*kernel, *dims, test.wantsPositive);
  StepArrays step = stepOfThree();
  kernel->run(step, memory.addresses(), /*pieces=*/2);
  double slack = slackOfSum(sumLengthOf(kernel->kernel(), step.extents()));
  expectAsReference(*kernel, step, memory.addresses(), slack);
  EXPECT_EQ(kernel->assembly().find("callq"), std::string::npos);
}

TEST(GenericReferenceTable, HasEveryOpThatKernelsAreMadeOf) {
  // What has a family of its own (and a test of it), and what never becomes a kernel.
  const std::set<std::string> others = {"linear",   "fused_linear", "fused_qkv",  "flash_attention",
                                        "weight",   "yield",        "param",      "quantize",
                                        "pack",     "checkpoint",   "rope_table", "kv_layer",
                                        "dispatch", "kernel",       "plan"};
  std::set<std::string> tested;
  for (const OpCase &test : kCases)
    tested.insert(test.op);
  mlir::MLIRContext context;
  context.loadDialect<GraphcDialect>();
  for (mlir::RegisteredOperationName name : context.getRegisteredOperations()) {
    if (name.getDialectNamespace() == "graphc")
      EXPECT_NE(others.contains(name.stripDialect().str()),
                tested.contains(name.stripDialect().str()))
          << name.getStringRef().str();
  }
}
