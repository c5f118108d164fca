#include "tools/compiler/ModelWeights.h"

#include "frontend/gguf/GgufConfig.h"
#include "frontend/gguf/GgufSource.h"
#include "frontend/network/NetworkGraph.h"
#include "frontend/weights/CheckTensors.h"
#include "frontend/weights/RandomSource.h"
#include "frontend/weights/SafetensorsSource.h"
#include "ir/GraphDialect.h"

#include "mlir/IR/Builders.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace mlir;
namespace fs = std::filesystem;

namespace graphc {

static constexpr char kWeightsAttr[] = "graphc.weights";
static constexpr char kRandomAttr[] = "graphc.random_weights";

static std::vector<std::string> stringsOf(ModuleOp module, StringRef attribute) {
  std::vector<std::string> result;
  if (auto list = module->getAttrOfType<ArrayAttr>(attribute))
    for (auto text : list.getAsRange<StringAttr>())
      result.push_back(text.str());
  return result;
}

/// What a tensor is made of where there is no checkpoint, if the graph says it.
static std::optional<WeightInit> initOf(CheckpointOp op) {
  auto text = op->getAttrOfType<StringAttr>(kInitAttrName);
  return text ? parseWeightInit(text.getValue()) : std::nullopt;
}

/// Every checkpoint tensor that the module's weight expressions read.
static std::vector<ExpectedTensor> expectedTensors(ModuleOp module) {
  std::vector<ExpectedTensor> tensors;
  for (WeightOp weight : module.getOps<WeightOp>()) {
    weight.walk([&](CheckpointOp op) {
      ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape();
      for (int64_t layer = 0; layer < static_cast<int64_t>(weight.getLayers()); ++layer)
        tensors.push_back({.name = op.nameForLayer(layer),
                           .shape = {shape.begin(), shape.end()},
                           .init = initOf(op)});
    });
  }
  if (std::vector<std::string> tied = stringsOf(module, kTiedHeadAttr); tied.size() == 2) {
    auto embedding = llvm::find_if(tensors, [&](const auto &t) { return t.name == tied[1]; });
    if (embedding != tensors.end())
      tensors.push_back({tied[0], embedding->shape, tied[1]});
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const auto &a, const auto &b) { return a.name < b.name; });
  tensors.erase(std::unique(tensors.begin(), tensors.end(),
                            [](const auto &a, const auto &b) { return a.name == b.name; }),
                tensors.end());
  return tensors;
}

PlanSource planSource(const SourceDigest &digest, const char *scheme) {
  char hash[17];
  std::snprintf(hash, sizeof(hash), "%016llx", static_cast<unsigned long long>(digest.headerHash));
  return {fs::path(digest.path).filename().string(), digest.size, digest.modified,
          std::string(scheme) + hash};
}

static void addWeightSources(const CheckpointSource &source, PlanModel &model) {
  for (const SourceDigest &digest : source.digests()) {
    bool whole = fs::path(digest.path).extension() == ".json"; // the index of shards
    model.sources.push_back(planSource(digest, whole ? "xxh3:" : "xxh3-header:"));
  }
}

Expected<std::unique_ptr<CheckpointSource>> openCheckpoint(const std::string &path) {
  if (looksLikeGguf(path)) {
    GRAPHC_ASSIGN_OR_RETURN(std::shared_ptr<const GgufFile> file, GgufFile::open(path));
    GRAPHC_ASSIGN_OR_RETURN(ModelConfig config, readGgufConfig(*file));
    return std::unique_ptr<CheckpointSource>(std::make_unique<GgufSource>(file, config));
  }
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<SafetensorsSource> source, SafetensorsSource::open(path));
  return std::unique_ptr<CheckpointSource>(std::move(source));
}

Status attachWeights(ModelInput &input, const CompileSettings &settings, bool needWeights,
                     std::unique_ptr<CheckpointSource> opened) {
  ModuleOp module = *input.module;
  std::vector<ExpectedTensor> expected = expectedTensors(module);
  if (auto seed = module->getAttrOfType<IntegerAttr>(kRandomAttr)) {
    auto value = static_cast<uint64_t>(seed.getInt());
    input.source = std::make_unique<RandomSource>(value, expected);
    return {};
  }
  if (!opened) {
    auto path = module->getAttrOfType<StringAttr>(kWeightsAttr);
    if (!path)
      return needWeights ? usageError(settings.model +
                                      ": nothing says where the weights are; give --weights PATH "
                                      "or --random-weights SEED")
                         : Status();
    auto source = openCheckpoint(path.getValue().str());
    if (!source.ok())
      return needWeights ? source.status() : Status();
    opened = *std::move(source);
  }
  std::vector<std::string> leftOut = stringsOf(module, kLeftOutAttr);
  if (module->hasAttr("graphc.part")) // Of a whole, whose other tensors begin with anything.
    leftOut.emplace_back();
  GRAPHC_RETURN_IF_ERROR(checkTensors(*opened, expected, leftOut));
  addWeightSources(*opened, input.model);
  input.source = std::move(opened);
  return {};
}

void setWeightAttributes(ModuleOp module, const CompileSettings &settings,
                         const std::string &defaultPath) {
  Builder builder(module.getContext());
  if (settings.randomSeed) {
    module->removeAttr(kWeightsAttr);
    module->setAttr(kRandomAttr,
                    builder.getI64IntegerAttr(static_cast<int64_t>(*settings.randomSeed)));
    return;
  }
  std::string path = settings.weights.empty() ? defaultPath : settings.weights;
  if (path.empty())
    return;
  std::error_code ignored;
  fs::path absolute = fs::absolute(path, ignored);
  module->removeAttr(kRandomAttr);
  module->setAttr(kWeightsAttr, builder.getStringAttr(absolute.lexically_normal().string()));
}

} // namespace graphc
