#include "tools/compiler/ModelInput.h"

#include "frontend/config/GenerationConfig.h"
#include "frontend/config/ModelFolder.h"
#include "frontend/config/TensorNames.h"
#include "frontend/gguf/GgufConfig.h"
#include "frontend/gguf/GgufSource.h"
#include "frontend/models/ModelGraph.h"
#include "frontend/network/NetworkGraph.h"
#include "frontend/weights/CheckTensors.h"
#include "frontend/weights/RandomSource.h"
#include "frontend/weights/SafetensorsSource.h"
#include "ir/GraphDialect.h"
#include "tools/compiler/ModelTexts.h"
#include "tools/compiler/NetworkInput.h"

#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace mlir;
namespace fs = std::filesystem;

namespace graphc {

static constexpr char kWeightsAttr[] = "graphc.weights";
static constexpr char kRandomAttr[] = "graphc.random_weights";
static constexpr char kSourceAttr[] = "graphc.source";
/// The head's tensor and the embedding's, which it is.
static constexpr char kTiedHeadAttr[] = "graphc.tied_head";
/// What the names of tensors begin with that belong to parts of the model that are left out.
static constexpr char kLeftOutAttr[] = "graphc.left_out";

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

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

/// What the plan keeps of a file, whose digest is of its header or of the whole.
static PlanSource planSource(const SourceDigest &digest, const char *scheme) {
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

/// The small files of a model that a plan depends on, those that are there.
static Status addConfigSources(const std::string &path, PlanModel &model) {
  std::error_code ignored;
  std::string config = fs::is_directory(path, ignored) ? modelFile(path, "config.json") : path;
  for (const std::string &file :
       {config, modelFile(path, "generation_config.json"), modelFile(path, "tokenizer.json"),
        modelFile(path, "tokenizer_config.json"), modelFile(path, "chat_template.jinja"),
        modelFile(path, "chat_template.json")}) {
    if (!fs::is_regular_file(file, ignored))
      continue;
    GRAPHC_ASSIGN_OR_RETURN(SourceDigest digest, digestSource(file));
    model.sources.push_back(planSource(digest, "xxh3:"));
  }
  return {};
}

/// A GGUF file, or what WeightFiles.h knows.
static Expected<std::unique_ptr<CheckpointSource>> openCheckpoint(const std::string &path) {
  if (looksLikeGguf(path)) {
    GRAPHC_ASSIGN_OR_RETURN(std::shared_ptr<const GgufFile> file, GgufFile::open(path));
    GRAPHC_ASSIGN_OR_RETURN(ModelConfig config, readGgufConfig(*file));
    return std::unique_ptr<CheckpointSource>(std::make_unique<GgufSource>(file, config));
  }
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<SafetensorsSource> source, SafetensorsSource::open(path));
  return std::unique_ptr<CheckpointSource>(std::move(source));
}

/// Opens the weights that the module's attributes and the settings name, and checks them.
static Status attachWeights(ModelInput &input, const CompileSettings &settings, bool needWeights,
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

/// Writes down where the weights come from, so that a dump is an input again.
static void setWeightAttributes(ModuleOp module, const CompileSettings &settings,
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

//===----------------------------------------------------------------------===//
// Model folders
//===----------------------------------------------------------------------===//

static std::string embeddingTensor(const ModelConfig &config) {
  return config.tensorPrefix + tensorNames(config.family).embedding + ".weight";
}

static PlanModel planModel(const ModelConfig &config, const GenerationConfig &generation,
                           const std::string &path) {
  PlanModel model;
  std::error_code ignored;
  fs::path folder = fs::absolute(modelFolder(path), ignored).lexically_normal();
  model.name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  model.architecture = familyName(config.family);
  model.vocabulary = config.vocabSize;
  model.hidden = config.hiddenSize;
  model.layers = config.layers;
  model.contextLimit = config.maxPositions;
  model.bosToken = generation.bosToken;
  model.eosTokens = generation.eosTokens;
  return model;
}

/// Only what generation_config.json itself says: its absence leaves the choice to `run`.
static Status readGenerationDefaults(const std::string &path, const ModelConfig &config,
                                     PlanModel &model) {
  std::string file = modelFile(path, "generation_config.json");
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    return {};
  GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(file, kConfigLimits));
  GRAPHC_ASSIGN_OR_RETURN(GenerationConfig read, parseGenerationConfig(document, file, config));
  GenerationDefaults &defaults = model.generation;
  auto take = [&](const char *key, auto &out, auto value) {
    if (document.contains(key))
      out = value;
  };
  take("do_sample", defaults.sample, read.doSample);
  take("temperature", defaults.temperature, read.temperature);
  take("top_k", defaults.topK, read.topK);
  take("top_p", defaults.topP, read.topP);
  take("min_p", defaults.minP, read.minP);
  take("repetition_penalty", defaults.repetitionPenalty, read.repetitionPenalty);
  return {};
}

static int64_t chooseContext(const CompileSettings &settings, const ModelConfig &config) {
  if (settings.context > 0)
    return settings.context;
  return std::min(config.maxPositions, kDefaultContext);
}

static void noteIgnoredKeys(const char *file, const std::vector<std::string> &keys) {
  std::string list;
  for (const std::string &key : keys)
    list += (list.empty() ? "" : ", ") + escapeForMessage(key);
  if (!list.empty())
    std::fprintf(stderr, "%s: keys that change nothing were ignored: %s\n", file, list.c_str());
}

static void noteLeftOut(const ModelConfig &config) {
  if (config.leftOutTensors.empty())
    return;
  std::string list;
  for (const std::string &begin : config.leftOutTensors)
    list += (list.empty() ? "" : ", ") + begin + "*";
  std::fprintf(stderr,
               "note: only the text part of the model is compiled; left out are the tensors %s\n",
               list.c_str());
}

/// Tells what a model folder says beside its graph.
static Status describeModel(const std::string &path, bool verbose, ModelInput &input,
                            ModelConfig &config) {
  GRAPHC_ASSIGN_OR_RETURN(config, readModelConfig(path));
  GRAPHC_ASSIGN_OR_RETURN(GenerationConfig generation, readGenerationConfig(path, config));
  if (verbose) {
    noteIgnoredKeys("config.json", config.ignoredKeys);
    noteIgnoredKeys("generation_config.json", generation.ignoredKeys);
  }
  noteLeftOut(config);
  input.model = planModel(config, generation, path);
  GRAPHC_RETURN_IF_ERROR(readGenerationDefaults(path, config, input.model));
  GRAPHC_RETURN_IF_ERROR(addConfigSources(path, input.model));
  return readFolderTexts(path, input);
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

/// What a file says of itself beside its graph.
static Status describeGguf(const std::string &path, const GgufFile &file, ModelInput &input,
                           ModelConfig &config) {
  GRAPHC_ASSIGN_OR_RETURN(config, readGgufConfig(file));
  GenerationConfig generation;
  generation.bosToken = config.bosToken;
  generation.eosTokens = config.eosTokens;
  input.model = planModel(config, generation, path);
  input.model.name = fs::path(path).stem().string();
  input.keepsNumbers = true;
  return readGgufTexts(file, input);
}

static Expected<ModelInput> loadGguf(MLIRContext &context, const CompileSettings &settings,
                                     bool needWeights) {
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

/// What is known of a network without a model folder.
static void describeFromGraph(ModuleOp module, PlanModel &model) {
  if (auto name = module->getAttrOfType<StringAttr>("graphc.model"))
    model.name = name.getValue().str();
  module.walk([&](Operation *op) {
    if (auto embedding = dyn_cast<EmbeddingOp>(op)) {
      auto table = cast<RankedTensorType>(embedding.getTable().getType());
      bool packed = table.getRank() == 4;
      model.vocabulary = std::max(model.vocabulary, table.getDimSize(0) * (packed ? 32 : 1));
      model.hidden = cast<RankedTensorType>(embedding.getType()).getDimSize(1);
    }
    if (auto rows = dyn_cast<InputRowsOp>(op))
      model.hidden = rows.getType().getDimSize(1);
    if (auto layer = dyn_cast<KvLayerOp>(op))
      model.layers = std::max<int64_t>(model.layers, layer.getLayer() + 1);
  });
  if (auto context = module->getAttrOfType<IntegerAttr>("graphc.context"))
    model.contextLimit = context.getInt();
  if (auto batch = module->getAttrOfType<IntegerAttr>("graphc.batch"))
    model.batch = std::clamp<int64_t>(batch.getInt(), 1, 1 << 16);
}

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
