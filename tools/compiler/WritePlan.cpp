#include "tools/compiler/WritePlan.h"

#include "ir/reference/WeightEvaluator.h"
#include "runtime/plan/PlanFileWriter.h"
#include "tools/compiler/Progress.h"
#include "tools/compiler/WeightSourceText.h"

#include <algorithm>
#include <cstdio>

using namespace mlir;

namespace graphc {

WeightReaders weightReaders(const ModelInput &input) {
  const WeightSource *source = input.source.get();
  WeightReaders readers;
  readers.rows = [source](WeightOp weight, Value value, int64_t layer) -> RowReader {
    return [evaluator = WeightEvaluator(weight, layer, *source), value](int64_t begin, int64_t end,
                                                                        std::span<float> out) {
      return evaluator.readRows(value, begin, end, out);
    };
  };
  readers.quantRows = [source](WeightOp weight, Value value, int64_t layer) -> QuantRowReader {
    return [evaluator = WeightEvaluator(weight, layer, *source),
            value](int64_t begin, int64_t end, int64_t outRow, QuantMatrix &out) {
      return evaluator.readQuant(value, begin, end, outRow, out);
    };
  };
  readers.source = [source](WeightOp weight, int64_t layer) {
    return weightSourceText(weight, layer, *source);
  };
  return readers;
}

static Status checkGoesOn(const WriteOptions &options) {
  return options.cancel && *options.cancel ? Status(StatusCode::Interrupted, "interrupted")
                                           : Status();
}

/// Warns of weights that a model can hardly be computed with, or refuses them.
static Status reportDefects(const std::vector<PackDefect> &defects, const WriteOptions &options) {
  constexpr size_t kMostNames = 8;
  auto text = [](const PackDefect &defect) {
    return defect.name + ": " + std::to_string(defect.count) +
           (defect.count == 1 ? " number or scale is" : " numbers or scales are") +
           " infinite or NaN, in the checkpoint or in the plan's type";
  };
  if (defects.empty())
    return {};
  if (options.isStrict)
    return badInput(text(defects.front()));
  for (size_t i = 0; i < std::min(defects.size(), kMostNames); ++i)
    std::fprintf(stderr, "graphc: warning: %s\n", text(defects[i]).c_str());
  if (defects.size() > kMostNames)
    std::fprintf(stderr, "graphc: warning: and %zu weights more\n", defects.size() - kMostNames);
  return {};
}

static Status packInto(PlanFileWriter &writer, const PlanContents &contents,
                       const WriteOptions &options) {
  GRAPHC_ASSIGN_OR_RETURN(uint64_t weights,
                          writer.reserveSection(section::kWeights, contents.weightBytes));
  Expected<std::vector<PackDefect>> defects = [&] {
    ProgressBar bar("packing weights", contents.weightBytes, options.showProgress);
    return packWeights(
        contents.jobs, options.threads,
        [&](uint64_t offset, std::span<const std::byte> bytes) {
          GRAPHC_RETURN_IF_ERROR(checkGoesOn(options));
          return writer.write(weights, offset, bytes);
        },
        [&](uint64_t done) { bar.update(done); });
  }();
  if (!defects.ok())
    return defects.status();
  return reportDefects(*defects, options);
}

Status writePlan(const std::string &path, PlanContents contents, const PlanTexts &texts,
                 const ModelInput &input, const WriteOptions &options) {
  GRAPHC_RETURN_IF_ERROR(checkGoesOn(options));
  GRAPHC_ASSIGN_OR_RETURN(PlanFileWriter writer, PlanFileWriter::create(path));
  GRAPHC_RETURN_IF_ERROR(
      writer.addSection(contents.header.variants.front().codeSection, std::span(texts.code)));
  if (!input.tokenizer.empty())
    GRAPHC_RETURN_IF_ERROR(writer.addSection(section::kTokenizer, std::span(input.tokenizer)));
  if (!input.chatTemplate.empty())
    GRAPHC_RETURN_IF_ERROR(
        writer.addSection(section::kChatTemplate, std::string_view(input.chatTemplate)));
  GRAPHC_RETURN_IF_ERROR(writer.addSection(section::kGraph, std::string_view(texts.graph)));
  GRAPHC_RETURN_IF_ERROR(writer.addSection(section::kPlan, std::string_view(texts.plan)));
  GRAPHC_RETURN_IF_ERROR(packInto(writer, contents, options));
  return writer.finish(std::move(contents.header));
}

} // namespace graphc
