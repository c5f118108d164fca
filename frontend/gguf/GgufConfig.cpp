// The metadata is written down as the config.json that it came from, so that one reader checks
// both.
#include "frontend/gguf/GgufConfig.h"

#include "frontend/config/NearestName.h"
#include "runtime/base/Escape.h"

#include <algorithm>
#include <regex>
#include <set>

namespace graphc {

namespace {

/// What a GGUF key is in config.json; the architecture's name stands in front of the former.
struct KeyPair {
  std::string_view gguf;
  std::string_view config;
  bool isRequired = false;
};

constexpr KeyPair kIntegers[] = {
    {"context_length", "max_position_embeddings", true},
    {"embedding_length", "hidden_size", true},
    {"block_count", "num_hidden_layers", true},
    {"feed_forward_length", "intermediate_size", true},
    {"attention.head_count", "num_attention_heads", true},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.key_length", "head_dim"},
};

constexpr KeyPair kNumbers[] = {
    {"rope.freq_base", "rope_theta"},
};

constexpr KeyPair kRmsEpsilon[] = {{"attention.layer_norm_rms_epsilon", "rms_norm_eps", true}};
constexpr KeyPair kLayerEpsilon[] = {{"attention.layer_norm_epsilon", "layer_norm_eps", true}};

constexpr KeyPair kCaps[] = {
    {"attn_logit_softcapping", "attn_logit_softcapping"},
    {"final_logit_softcapping", "final_logit_softcapping"},
};

/// Keys of an architecture that change nothing.
constexpr std::string_view kNeutralKeys[] = {
    "vocab_size",         // The embedding has that many rows.
    "tensor_data_layout", // What old converters called the order of q and k.
    "rope.scaling.finetuned",
    "expert_used_count", // Of none.
};

struct Architecture {
  std::string_view name;      ///< In the file.
  std::string_view modelType; ///< In config.json.
  bool hasCaps = false;
  bool hasWindow = false;
  bool hasQueryScalar = false;
  bool rotatesParts = false; ///< Of heads.
  std::span<const KeyPair> epsilon = kRmsEpsilon;
  int64_t largestLayers = 0; ///< Layers of the size whose scores are scaled otherwise.
};

constexpr Architecture kArchitectures[] = {
    {.name = "llama", .modelType = "llama"},
    {.name = "qwen2", .modelType = "qwen2"},
    {.name = "qwen3", .modelType = "qwen3"},
    {.name = "gemma", .modelType = "gemma"},
    {.name = "gemma2",
     .modelType = "gemma2",
     .hasCaps = true,
     .hasWindow = true,
     .hasQueryScalar = true,
     .largestLayers = 46},
    {.name = "gemma3",
     .modelType = "gemma3_text",
     .hasCaps = true,
     .hasWindow = true,
     .hasQueryScalar = true,
     .largestLayers = 62},
    {.name = "phi2", .modelType = "phi", .rotatesParts = true, .epsilon = kLayerEpsilon},
    {.name = "phi3", .modelType = "phi3", .hasWindow = true, .rotatesParts = true},
};

class ConfigReader {
public:
  explicit ConfigReader(const GgufFile &file) : file(file), metadata(file.metadata()) {}

  Expected<ModelConfig> read();

private:
  Status findArchitecture();
  std::string keyOf(std::string_view end) const {
    return std::string(architecture->name) + "." + std::string(end);
  }
  /// The same for a key that is about to be read.
  std::string take(std::string_view end) { return *taken.insert(keyOf(end)).first; }
  Expected<std::optional<int64_t>> integer(std::string_view end);
  Expected<std::optional<double>> number(std::string_view end) {
    return metadata.number(take(end));
  }
  Status readNumbers(std::span<const KeyPair> keys);
  Status readKeys();
  Status readSizes();
  Status readAttention();
  Status readWindow();
  Expected<Json> longRope() const;
  Status readRopeScaling();
  Status readTokens();
  Status checkKeys() const;
  Status inKeysOfTheFile(const Status &status) const;
  Expected<std::vector<double>> factors(const char *tensor) const;
  Status missing(std::string_view key) const {
    return badInput(file.path() + ": the key '" + std::string(key) + "' is missing");
  }

  const GgufFile &file;
  const GgufMetadata &metadata;
  const Architecture *architecture = nullptr;
  std::set<std::string, std::less<>> taken; ///< Keys that were read.
  Json document = Json::object();
};

} // namespace

Status ConfigReader::findArchitecture() {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<std::string> name, metadata.string("general.architecture"));
  if (!name)
    return missing("general.architecture");
  std::vector<std::string_view> known;
  for (const Architecture &candidate : kArchitectures) {
    known.push_back(candidate.name);
    if (candidate.name == *name)
      architecture = &candidate;
  }
  if (!architecture)
    return unsupported(file.path() + ": general.architecture '" + escapeForMessage(*name) +
                       "' is not supported; nearest supported: " + nearestNames(*name, known));
  document["model_type"] = architecture->modelType;
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> experts, integer("expert_count"));
  if (experts.value_or(0) != 0)
    return unsupported(file.path() + ": " + keyOf("expert_count") + " is " +
                       std::to_string(*experts) + ": mixtures of experts are not supported");
  return {};
}

/// One number for all layers: where a file has one for each, they must be equal.
Expected<std::optional<int64_t>> ConfigReader::integer(std::string_view end) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int64_t> values, metadata.integers(take(end)));
  if (values.empty())
    return std::optional<int64_t>();
  if (std::ranges::adjacent_find(values, std::not_equal_to()) != values.end())
    return unsupported(file.path() + ": " + keyOf(end) +
                       " differs between layers, which is not supported");
  return std::optional(values.front());
}

Status ConfigReader::readNumbers(std::span<const KeyPair> keys) {
  for (const KeyPair &key : keys) {
    GRAPHC_ASSIGN_OR_RETURN(std::optional<double> value, number(key.gguf));
    if (value)
      document[key.config] = *value;
    else if (key.isRequired)
      return missing(keyOf(key.gguf));
  }
  return {};
}

Status ConfigReader::readKeys() {
  for (const KeyPair &key : kIntegers) {
    GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> value, integer(key.gguf));
    if (value)
      document[key.config] = *value;
    else if (key.isRequired)
      return missing(keyOf(key.gguf));
  }
  GRAPHC_RETURN_IF_ERROR(readNumbers(kNumbers));
  GRAPHC_RETURN_IF_ERROR(readNumbers(architecture->epsilon));
  return architecture->hasCaps ? readNumbers(kCaps) : Status();
}

/// What is neither read nor known to change nothing may change the network.
Status ConfigReader::checkKeys() const {
  const std::string prefix = keyOf("");
  for (const auto &[key, value] : metadata.entries()) {
    if (!key.starts_with(prefix) || taken.contains(key))
      continue;
    const std::string_view end = std::string_view(key).substr(prefix.size());
    if (std::ranges::find(kNeutralKeys, end) == std::end(kNeutralKeys))
      return unsupported(file.path() + ": key '" + escapeForMessage(key) + "' (" + describe(value) +
                         ") is not known and may change the network");
  }
  return {};
}

/// What the tensors themselves say.
Status ConfigReader::readSizes() {
  const GgufFile::Tensor *embedding = file.find("token_embd.weight");
  if (!embedding || embedding->shape.size() != 2)
    return badInput(file.path() +
                    ": tensor 'token_embd.weight': expected a matrix, but found none");
  document["vocab_size"] = embedding->shape[0];
  document["tie_word_embeddings"] = file.find("output.weight") == nullptr;
  if (architecture->modelType != "llama")
    return {};
  document["attention_bias"] = file.find("blk.0.attn_q.bias") != nullptr;
  document["mlp_bias"] = file.find("blk.0.ffn_gate.bias") != nullptr;
  return {};
}

Status ConfigReader::readAttention() {
  // Heads without a length are those of the embedding.
  const bool knows = document.contains("head_dim");
  const int64_t heads = std::max<int64_t>(1, document["num_attention_heads"].get<int64_t>());
  const int64_t hidden = document["hidden_size"].get<int64_t>();
  const int64_t headDim = knows ? document["head_dim"].get<int64_t>() : hidden / heads;
  document["head_dim"] = headDim;
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> valueLength, integer("attention.value_length"));
  if (valueLength.value_or(headDim) != headDim)
    return unsupported(file.path() + ": " + keyOf("attention.value_length") + " is " +
                       std::to_string(*valueLength) + ", but keys have " + std::to_string(headDim) +
                       " numbers; only equal lengths are supported");
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> rotated, integer("rope.dimension_count"));
  const bool isPartial = rotated.value_or(headDim) != headDim;
  if (isPartial && !architecture->rotatesParts)
    return unsupported(file.path() + ": " + keyOf("rope.dimension_count") + " is " +
                       std::to_string(*rotated) + ", but a head has " + std::to_string(headDim) +
                       " numbers; a part of a head is rotated with phi2 and phi3 only");
  if (architecture->rotatesParts && rotated)
    document["partial_rotary_factor"] =
        static_cast<double>(*rotated) / static_cast<double>(std::max<int64_t>(1, headDim));
  if (architecture->hasWindow)
    GRAPHC_RETURN_IF_ERROR(readWindow());
  if (architecture->hasQueryScalar) {
    // No key says it; the reader that files are made for knows the one size by its layers.
    const bool isLargest = document["num_hidden_layers"] == architecture->largestLayers;
    document["query_pre_attn_scalar"] = isLargest ? hidden / heads : headDim;
  }
  return {};
}

Status ConfigReader::readWindow() {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> window, integer("attention.sliding_window"));
  if (window) // 0 is how files say that there is none.
    document["sliding_window"] = *window > 0 ? Json(*window) : Json();
  if (architecture->modelType != "gemma3_text")
    return {};
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> pattern,
                          integer("attention.sliding_window_pattern"));
  if (pattern)
    document["sliding_window_pattern"] = *pattern;
  return {};
}

/// The numbers of a small tensor of f32; empty where there is none.
Expected<std::vector<double>> ConfigReader::factors(const char *name) const {
  const GgufFile::Tensor *tensor = file.find(name);
  if (!tensor)
    return std::vector<double>();
  if (tensor->type->plain != ElementType::F32 || tensor->shape.size() != 1 ||
      tensor->shape[0] > kMaxHeadDim)
    return badInput(file.path() + ": tensor '" + name + "': expected at most " +
                    std::to_string(kMaxHeadDim) + " numbers of F32");
  std::vector<float> values(static_cast<size_t>(tensor->shape[0]));
  GRAPHC_RETURN_IF_ERROR(file.read(*tensor, 0, std::as_writable_bytes(std::span(values))));
  return std::vector<double>(values.begin(), values.end());
}

/// The factors of longrope, which stand in tensors; null where there are none.
Expected<Json> ConfigReader::longRope() const {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<double> longFactors, factors("rope_factors_long.weight"));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<double> shortFactors, factors("rope_factors_short.weight"));
  if (longFactors.empty() && shortFactors.empty())
    return Json();
  return Json{
      {"rope_type", "longrope"}, {"long_factor", longFactors}, {"short_factor", shortFactors}};
}

Status ConfigReader::readRopeScaling() {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<std::string> kind,
                          metadata.string(take("rope.scaling.type")));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<double> factor, number("rope.scaling.factor"));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> original,
                          integer("rope.scaling.original_context_length"));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<double> attention, number("rope.scaling.attn_factor"));
  GRAPHC_ASSIGN_OR_RETURN(Json scaling, longRope());
  if (architecture->modelType == "phi3" && original)
    document["original_max_position_embeddings"] = *original;
  const bool isLong = !scaling.is_null();
  if (!isLong && kind && *kind != "none") {
    scaling["rope_type"] = *kind;
    if (factor)
      scaling["factor"] = *factor;
    if (original && *kind == "yarn")
      scaling["original_max_position_embeddings"] = *original;
  } else if (!isLong && !kind && factor.value_or(1) != 1) { // Older files name no kind.
    scaling = {{"rope_type", "linear"}, {"factor", *factor}};
  }
  if (isLong && attention)
    scaling["attention_factor"] = *attention;
  else if (attention.value_or(1) != 1)
    return unsupported(file.path() + ": key '" + keyOf("rope.scaling.attn_factor") +
                       "' is supported with longrope only");
  document["rope_scaling"] = scaling.is_null() ? Json::object() : std::move(scaling);
  return {};
}

Status ConfigReader::readTokens() {
  const int64_t vocabulary = document["vocab_size"].get<int64_t>();
  auto token = [&](const char *key, auto take) -> Status {
    GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> id, metadata.integer(key));
    // Files say "none" with an id that no token has.
    if (id && *id >= 0 && *id < vocabulary)
      take(*id);
    return {};
  };
  Json ends = Json::array();
  document["bos_token_id"] = Json();
  GRAPHC_RETURN_IF_ERROR(
      token("tokenizer.ggml.bos_token_id", [&](int64_t id) { document["bos_token_id"] = id; }));
  for (const char *key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"})
    GRAPHC_RETURN_IF_ERROR(token(key, [&](int64_t id) { ends.push_back(id); }));
  document["eos_token_id"] = std::move(ends);
  return {};
}

/// A message about keys of config.json as one about those that the file has in their place.
Status ConfigReader::inKeysOfTheFile(const Status &status) const {
  const size_t behindPath = status.message().starts_with(file.path()) ? file.path().size() : 0;
  std::string message = status.message().substr(behindPath);
  for (std::span<const KeyPair> pairs :
       {std::span<const KeyPair>(kIntegers), std::span<const KeyPair>(kNumbers),
        architecture->epsilon, std::span<const KeyPair>(kCaps)})
    for (const KeyPair &pair : pairs)
      message = std::regex_replace(message, std::regex("\\b" + std::string(pair.config) + "\\b"),
                                   keyOf(pair.gguf));
  return {status.code(), status.message().substr(0, behindPath) + message};
}

Expected<ModelConfig> ConfigReader::read() {
  GRAPHC_RETURN_IF_ERROR(findArchitecture());
  GRAPHC_RETURN_IF_ERROR(readKeys());
  GRAPHC_RETURN_IF_ERROR(readSizes());
  GRAPHC_RETURN_IF_ERROR(readAttention());
  GRAPHC_RETURN_IF_ERROR(readRopeScaling());
  GRAPHC_RETURN_IF_ERROR(readTokens());
  GRAPHC_RETURN_IF_ERROR(checkKeys());
  Expected<ModelConfig> parsed = parseModelConfig(document, file.path());
  if (!parsed)
    return inKeysOfTheFile(parsed.status());
  ModelConfig &config = *parsed;
  config.form.normOffset = 0; // The file has it in its numbers.
  // One factor for each pair, whatever the context is: how files say llama3.
  GRAPHC_ASSIGN_OR_RETURN(std::vector<double> pairs, factors("rope_freqs.weight"));
  if (pairs.empty())
    return config;
  if (std::ssize(pairs) != config.rotaryDim() / 2 ||
      !std::ranges::all_of(pairs, [](double factor) { return factor > 1e-6 && factor < 1e6; }))
    return badInput(file.path() + ": tensor 'rope_freqs.weight': expected " +
                    std::to_string(config.rotaryDim() / 2) + " positive factors");
  config.rope.kind = RopeKind::LongRope;
  config.rope.shortFactor = config.rope.longFactor = std::move(pairs);
  config.rope.attentionFactor = 1;
  return config;
}

Expected<ModelConfig> readGgufConfig(const GgufFile &file) { return ConfigReader(file).read(); }

} // namespace graphc
