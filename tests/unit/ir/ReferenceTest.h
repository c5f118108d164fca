// Fixture of tests that evaluate IR with the reference.
#ifndef GRAPHC_TESTS_UNIT_IR_REFERENCETEST_H
#define GRAPHC_TESTS_UNIT_IR_REFERENCETEST_H

#include "ir/IrTest.h"
#include "ir/QuantMatrix.h"
#include "ir/reference/Evaluator.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

namespace graphc {

/// A checkpoint in memory.
class VectorSource : public WeightSource {
public:
  struct Entry {
    TensorInfo info;
    std::vector<float> values;
    std::optional<QuantMatrix> quant = {}; ///< Instead of values.
  };

  void add(const std::string &name, std::vector<int64_t> shape, std::vector<float> values,
           ElementType type = ElementType::F32) {
    entries[name] = {{type, std::move(shape)}, std::move(values)};
  }

  /// A tensor whose numbers share scales.
  void add(const std::string &name, QuantMatrix matrix) {
    TensorInfo info{ElementType::F32, {matrix.rows, matrix.columns}, matrix.format};
    entries[name] = {std::move(info), {}, std::move(matrix)};
  }

  const TensorInfo *find(std::string_view name) const override {
    auto it = entries.find(std::string(name));
    return it == entries.end() ? nullptr : &it->second.info;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto &[name, entry] : entries)
      result.push_back(name);
    return result;
  }
  Status readRows(std::string_view name, int64_t begin, int64_t end,
                  std::span<float> out) const override {
    const Entry &entry = entries.at(std::string(name));
    const int64_t columns = entry.info.columns();
    if (static_cast<int64_t>(out.size()) != (end - begin) * columns || end > entry.info.rows())
      return internalError("rows outside of the tensor");
    if (entry.quant) {
      for (int64_t row = begin; row < end; ++row)
        entry.quant->read(row, out.subspan(size_t((row - begin) * columns), size_t(columns)));
      return {};
    }
    std::copy_n(entry.values.begin() + begin * columns, out.size(), out.begin());
    return {};
  }

  Status readQuant(std::string_view name, int64_t begin, int64_t end, int64_t outRow,
                   QuantMatrix &out) const override {
    const QuantMatrix &matrix = *entries.at(std::string(name)).quant;
    for (int64_t row = begin; row < end; ++row)
      out.copyRow(matrix, row, outRow + row - begin);
    return {};
  }

private:
  std::map<std::string, Entry> entries;
};

class ReferenceTest : public IrTest {
protected:
  /// A tensor argument.
  static RuntimeValue arg(Shape shape, std::vector<float> values) {
    return std::make_shared<const Tensor>(std::move(shape), std::move(values));
  }

  /// A tensor of normally distributed numbers, the same for the same seed.
  static RuntimeValue random(Shape shape, unsigned seed, float scale = 1) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0, scale);
    Tensor tensor(std::move(shape));
    for (float &value : tensor.values)
      value = normal(generator);
    return std::make_shared<const Tensor>(std::move(tensor));
  }

  static RuntimeValue step() { return StepRef(); }
  static RuntimeValue cacheOf(int64_t layer) { return CacheRef{layer}; }

  /// Runs the function @f, or the kernel, of a module; reports a failure and returns nothing.
  std::vector<Tensor> run(mlir::ModuleOp module, llvm::ArrayRef<RuntimeValue> arguments) {
    Evaluator evaluator(module, &weights);
    auto function = llvm::cast<mlir::FunctionOpInterface>(module.lookupSymbol("f"));
    auto results = evaluator.run(function, arguments, stepData, cache);
    EXPECT_TRUE(results.ok()) << results.status().message();
    std::vector<Tensor> tensors;
    if (results)
      for (const TensorPtr &tensor : *results)
        tensors.push_back(*tensor);
    return tensors;
  }

  /// Parses `text`, which has a function @f, and runs it.
  std::vector<Tensor> run(llvm::StringRef text, llvm::ArrayRef<RuntimeValue> arguments) {
    mlir::OwningOpRef<mlir::ModuleOp> module = parse(text);
    EXPECT_TRUE(module) << diagnostics;
    return module ? run(*module, arguments) : std::vector<Tensor>();
  }

  /// The only result of a run.
  Tensor run1(llvm::StringRef text, llvm::ArrayRef<RuntimeValue> arguments) {
    std::vector<Tensor> results = run(text, arguments);
    EXPECT_EQ(results.size(), 1u);
    return results.empty() ? Tensor() : results.front();
  }

  VectorSource weights;
  KvStore cache;
  /// One sequence of one token, unless a test sets another.
  StepData stepData = StepData::make({{0}}, {0});
};

/// Two tensors have the same shape and numbers that differ by at most `tolerance`.
inline void expectNear(const Tensor &actual, const Tensor &expected, double tolerance) {
  ASSERT_EQ(actual.shape, expected.shape);
  for (int64_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual.values[i], expected.values[i], tolerance) << "at " << i;
}

} // namespace graphc

#endif // GRAPHC_TESTS_UNIT_IR_REFERENCETEST_H
