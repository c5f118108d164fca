#include "tools/compiler/ModelInput.h"

#include "frontend/config/ModelFolder.h"
#include "frontend/config/TensorNames.h"
#include "frontend/gguf/GgufConfig.h"
#include "frontend/gguf/GgufSource.h"
#include "frontend/models/ModelGraph.h"
#include "frontend/weights/SafetensorsSource.h"
#include "ir/GraphDialect.h"
#include "runtime/base/TextFile.h"
#include "tools/compiler/ModelDescription.h"
#include "tools/compiler/ModelWeights.h"
#include "tools/compiler/NetworkInput.h"

#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"

#include <algorithm>
#include <filesystem>

using namespace mlir;
namespace fs = std::filesystem;

namespace graphc {

static constexpr char kSourceAttr[] = "graphc.source";

//===----------------------------------------------------------------------===//
// Model folders
//===----------------------------------------------------------------------===//

static std::string embeddingTensor(const ModelConfig &config) {
  return config.tensorPrefix + tensorNames(config.family).embedding + ".weight";
}

static int64_t chooseContext(const CompileSettings &settings, const ModelConfig &config) {
  if (settings.context > 0)
    return settings.context;
  return std::min(config.maxPositions, kDefaultContext);
}

/// Writes down what of the checkpoint is no weight of the graph.
static void setTensorAttributes(ModuleOp module, const ModelConfig &config) {
  Builder builder(module.getContext());
  const TensorNames &names = tensorNames(config.family);
  const std::string head = config.tensorPrefix + names.head + ".weight";
  if (config.tiedEmbeddings)
    module->setAttr(kTiedHeadAttr, builder.getStrArrayAttr({head, embeddingTensor(config)}));
  SmallVector<StringRef> leftOut(config.leftOutTensors.begin(), config.leftOutTensors.end());
  if (!leftOut.empty())
    module->setAttr(kLeftOutAttr, builder.getStrArrayAttr(leftOut));
}

/// Builds the graph of a model whose tensors `source` has, or, where it is null, whose weights are
/// what the configuration claims.
static Status buildGraph(MLIRContext &context, const CompileSettings &settings,
                         const ModelConfig &config, const WeightSource *source, ModelInput &input) {
  const WeightForm claimed{config.storedType.value_or(ElementType::F32)};
  GraphOptions options;
  options.name = input.model.name;
  options.context = chooseContext(settings, config);
  options.maxTokens = settings.maxChunk;
  options.formOf = [&](const std::string &tensor) {
    const TensorInfo *info = source ? source->find(tensor) : nullptr;
    return info ? WeightForm{info->type, info->quant} : claimed;
  };
  if (options.formOf(embeddingTensor(config)).type == ElementType::BF16)
    input.storedDtype = "bf16";
  input.module = buildModelGraph(context, config, options);
  Builder builder(&context);
  std::error_code ignored;
  (*input.module)
      ->setAttr(
          kSourceAttr,
          builder.getStringAttr(fs::absolute(settings.model, ignored).lexically_normal().string()));
  setTensorAttributes(*input.module, config);
  (*input.module).walk([&](CheckpointOp op) {
    input.isQuantized |= isa<QuantType>(op.getType().getElementType());
  });
  return {};
}

static Expected<ModelInput> loadFolder(MLIRContext &context, const CompileSettings &settings,
                                       bool needWeights) {
  ModelInput input;
  ModelConfig config;
  GRAPHC_RETURN_IF_ERROR(describeModel(settings.model, settings.verbose, input, config));

  std::unique_ptr<CheckpointSource> source;
  std::string weightPath =
      settings.weights.empty() ? modelFolder(settings.model) : settings.weights;
  if (!settings.randomSeed) {
    auto opened = openCheckpoint(weightPath);
    if (opened.ok())
      source = *std::move(opened);
    else if (needWeights)
      return opened.status();
  }
  GRAPHC_RETURN_IF_ERROR(buildGraph(context, settings, config, source.get(), input));
  setWeightAttributes(*input.module, settings, weightPath);
  GRAPHC_RETURN_IF_ERROR(attachWeights(input, settings, needWeights, std::move(source)));
  return input;
}

//===----------------------------------------------------------------------===//
// GGUF files
//===----------------------------------------------------------------------===//

static Expected<ModelInput> loadGguf(MLIRContext &context, const CompileSettings &settings,
                                     bool needWeights) {
  if (!settings.weights.empty())
    return usageError("--weights: a GGUF file has weights of its own, and is compiled with those");
  ModelInput input;
  ModelConfig config;
  GRAPHC_ASSIGN_OR_RETURN(std::shared_ptr<const GgufFile> file, GgufFile::open(settings.model));
  GRAPHC_RETURN_IF_ERROR(describeGguf(settings.model, *file, input, config));
  auto source = std::make_unique<GgufSource>(file, config);
  GRAPHC_RETURN_IF_ERROR(
      buildGraph(context, settings, config, settings.randomSeed ? nullptr : source.get(), input));
  setWeightAttributes(*input.module, settings, settings.model);
  GRAPHC_RETURN_IF_ERROR(attachWeights(input, settings, needWeights, std::move(source)));
  return input;
}

//===----------------------------------------------------------------------===//
// IR text
//===----------------------------------------------------------------------===//

Expected<ModelInput> loadText(MLIRContext &context, const std::string &text,
                              const std::string &name, const CompileSettings &settings,
                              bool needWeights) {
  context.loadDialect<GraphcDialect>();
  ModelInput input;
  input.module = parseSourceString<ModuleOp>(text, ParserConfig(&context), name);
  if (!input.module)
    return badInput(name + ": not valid IR of graphc (see the messages above)");
  ModuleOp module = *input.module;
  Builder builder(&context);
  if (settings.context > 0)
    module->setAttr("graphc.context", builder.getI64IntegerAttr(settings.context));
  setWeightAttributes(module, settings, "");

  auto folder = module->getAttrOfType<StringAttr>(kSourceAttr);
  std::error_code ignored;
  const std::string described = folder ? folder.getValue().str() : "";
  if (looksLikeGguf(described)) {
    ModelConfig config;
    GRAPHC_ASSIGN_OR_RETURN(std::shared_ptr<const GgufFile> file, GgufFile::open(described));
    GRAPHC_RETURN_IF_ERROR(describeGguf(described, *file, input, config));
  } else if (folder && fs::exists(described, ignored)) {
    ModelConfig config;
    GRAPHC_RETURN_IF_ERROR(describeModel(described, settings.verbose, input, config));
  } else {
    describeFromGraph(module, input.model);
  }
  GRAPHC_RETURN_IF_ERROR(attachWeights(input, settings, needWeights, nullptr));
  return input;
}

//===----------------------------------------------------------------------===//
// network.json
//===----------------------------------------------------------------------===//

/// Whether the network's matrices are stored as bf16.
static bool isStoredAsBf16(ModuleOp module) {
  bool any = false, all = true;
  module.walk([&](CheckpointOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    any |= type.getRank() > 1;
    all &= type.getRank() < 2 || type.getElementType().isBF16();
  });
  return any && all;
}

static Expected<ModelInput> loadNetworkFile(MLIRContext &context, const CompileSettings &given,
                                            const Json &document, bool needWeights) {
  std::unique_ptr<CheckpointSource> source;
  if (!given.weights.empty() && !given.randomSeed) {
    GRAPHC_ASSIGN_OR_RETURN(source, SafetensorsSource::open(given.weights));
  }
  auto storedType = [&](const std::string &tensor) {
    const TensorInfo *info = source ? source->find(tensor) : nullptr;
    return info ? info->type : ElementType::F32;
  };
  GRAPHC_ASSIGN_OR_RETURN(LoadedNetwork network, loadNetwork(context, given, document, storedType));
  ModelInput input;
  input.module = std::move(network.module);
  describeFromGraph(*input.module, input.model);
  input.model.architecture = "network";
  GRAPHC_ASSIGN_OR_RETURN(SourceDigest digest, digestSource(given.model));
  input.model.sources.push_back(planSource(digest, "xxh3:"));
  if (isStoredAsBf16(*input.module))
    input.storedDtype = "bf16";
  CompileSettings settings = given;
  if (!settings.randomSeed && settings.weights.empty())
    settings.randomSeed = network.seed;
  setWeightAttributes(*input.module, settings, "");
  GRAPHC_RETURN_IF_ERROR(attachWeights(input, settings, needWeights, std::move(source)));
  return input;
}

Expected<ModelInput> loadModel(MLIRContext &context, const CompileSettings &settings,
                               bool needWeights) {
  std::error_code ignored;
  fs::path path(settings.model);
  if (!fs::exists(path, ignored))
    return badInput(settings.model + ": no such file or folder");
  GRAPHC_ASSIGN_OR_RETURN(std::optional<Json> network, readNetworkDocument(settings.model));
  if (network)
    return loadNetworkFile(context, settings, *network, needWeights);
  if (!settings.network.isDefault())
    return usageError("--entry, --param and --params are for a network.json, but " +
                      settings.model + " is none");
  if (looksLikeGguf(settings.model))
    return loadGguf(context, settings, needWeights);
  if (path.extension() != ".mlir")
    return loadFolder(context, settings, needWeights);
  GRAPHC_ASSIGN_OR_RETURN(std::string text, readTextFile(settings.model, size_t(256) << 20));
  return loadText(context, text, settings.model, settings, needWeights);
}

} // namespace graphc
