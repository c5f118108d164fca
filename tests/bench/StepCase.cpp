#include "StepCase.h"

#include "../unit/codegen/KernelText.h"
#include "ModelShape.h"

#include "ir/PanelLayout.h"

namespace graphc::bench {

using namespace test;

namespace {

constexpr int64_t kGroup = 32;

/// Numbers of tokens and threads that each kernel is run for.
struct StepSize {
  int64_t tokens;
  int threads;
};
constexpr StepSize kSizes[] = {{1, 1}, {1, 2}, {4, 2}, {512, 1}, {512, 2}};

KernelCase sized(const std::string &kind, std::string_view type, int64_t columns,
                 const StepSize &size) {
  KernelCase test;
  test.name = kind + "/" + std::string(type) + "/" + std::to_string(columns) + "/T" +
              std::to_string(size.tokens) + "/t" + std::to_string(size.threads);
  test.tokens = size.tokens;
  test.threads = size.threads;
  return test;
}

std::string rowsText(bool hasNorm, std::string_view element, int64_t columns) {
  KernelText text;
  text.add("x", tensorText({-1, columns}, "f32"));
  std::vector<std::string> results = {tensorText({-1, rowWidth(columns, element)}, element)};
  if (hasNorm) {
    text.addWord("rms(1.0e-05)");
    text.addClause("gamma", tensorText({columns}, "f32"));
    results.push_back("tensor<?xf32>");
  }
  if (element == kIntegerRows)
    text.addWord("offset 128");
  return text.kernel("graphc.prepare_rows %x", results);
}

/// A table of `columns` columns in IR.
struct Table {
  std::string_view name, element;
  int64_t interleave; ///< 0: not packed.
};
constexpr Table kTables[] = {{"f32", "f32", 0},
                             {"bf16", "bf16", 0},
                             {"bf16-tied", "bf16", 2},
                             {"w8-tied", "!graphc.quant<i8:f16, 32>", kGroup}};

std::string embeddingText(const Table &table, const ModelShape &model) {
  PanelLayout layout{model.vocabulary, model.hidden};
  std::string type = table.interleave == 0
                         ? tensorText({model.vocabulary, model.hidden}, table.element)
                         : tensorText({layout.panels(), model.hidden / table.interleave, kPanelRows,
                                       table.interleave},
                                      table.element);
  std::string result = tensorText({-1, model.hidden}, "f32");
  return kernelText("%table: " + type + ", %step: !graphc.step",
                    "graphc.embedding %table, %step : " + type + " -> " + result, result);
}

} // namespace

std::vector<KernelCase> allRowCases() {
  const ModelShape &model = modelShape("tinyllama-1.1b");
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"f32", "f32"}, {"bf16", "bf16"}, {"int8", kIntegerRows}};
  std::vector<KernelCase> all;
  for (bool hasNorm : {true, false})
    for (auto [name, element] : kTypes)
      for (const StepSize &size : kSizes) {
        int64_t columns = hasNorm ? model.hidden : model.feedForward;
        KernelCase test = sized(hasNorm ? "norm" : "rows", name, columns, size);
        test.text = rowsText(hasNorm, element, columns);
        all.push_back(test);
      }
  return all;
}

std::vector<KernelCase> allEmbeddingCases() {
  const ModelShape &model = modelShape("tinyllama-1.1b");
  std::vector<KernelCase> all;
  for (const Table &table : kTables)
    for (const StepSize &size : kSizes) {
      KernelCase test = sized("embedding", table.name, model.hidden, size);
      test.text = embeddingText(table, model);
      test.vocabulary = model.vocabulary;
      all.push_back(test);
    }
  return all;
}

} // namespace graphc::bench
