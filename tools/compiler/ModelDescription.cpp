#include "tools/compiler/ModelDescription.h"

#include "frontend/config/GenerationConfig.h"
#include "frontend/config/ModelFolder.h"
#include "frontend/gguf/GgufConfig.h"
#include "ir/GraphDialect.h"
#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"
#include "tools/compiler/ModelTexts.h"
#include "tools/compiler/ModelWeights.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace mlir;
namespace fs = std::filesystem;

namespace graphc {

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

static void noteIgnoredKeys(const char *file, const std::vector<std::string> &keys) {
  const std::string list = listText(keys, [](const auto &key) { return escapeForMessage(key); });
  if (!list.empty())
    std::fprintf(stderr, "%s: keys that change nothing were ignored: %s\n", file, list.c_str());
}

static void noteLeftOut(const ModelConfig &config) {
  if (config.leftOutTensors.empty())
    return;
  const std::string list =
      listText(config.leftOutTensors, [](const std::string &begin) { return begin + "*"; });
  std::fprintf(stderr,
               "note: only the text part of the model is compiled; left out are the tensors %s\n",
               list.c_str());
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

Status describeModel(const std::string &path, bool verbose, ModelInput &input,
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

Status describeGguf(const std::string &path, const GgufFile &file, ModelInput &input,
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

void describeFromGraph(ModuleOp module, PlanModel &model) {
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

} // namespace graphc
