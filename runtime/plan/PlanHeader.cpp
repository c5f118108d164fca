// Reading and writing the header as JSON. Keys are the fields' names in snake_case; the format is
// described in docs/plan-format.md.
#include "runtime/plan/PlanHeader.h"

#include "runtime/plan/HeaderJson.h"

#include <set>

namespace graphc {

namespace {

std::string hashText(uint64_t hash) { return hexText(hash, 16); }

uint64_t readHash(const FieldReader &reader) {
  std::string text = reader.string();
  uint64_t result = 0;
  bool good = text.size() == 16;
  for (char c : text) {
    bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';
    good = good && (digit || letter);
    result = (result << 4) | static_cast<uint64_t>(digit ? c - '0' : (c - 'a' + 10) & 15);
  }
  if (!good)
    reader.fail("expected 16 hexadecimal digits");
  return result;
}

// ---- model --------------------------------------------------------------------------------------

Json toJson(const PlanSource &source) {
  return {{"file", source.file},
          {"bytes", source.bytes},
          {"modified_ns", source.modified},
          {"digest", source.digest}};
}

PlanSource readSource(const FieldReader &reader) {
  return {reader["file"].string(), reader["bytes"].size(kMaxBytes),
          reader["modified_ns"].integer(INT64_MIN, INT64_MAX), reader["digest"].string()};
}

Json toJson(const GenerationDefaults &defaults) {
  Json json = Json::object();
  putIfPresent(json, "do_sample", defaults.sample);
  putIfPresent(json, "temperature", defaults.temperature);
  putIfPresent(json, "top_k", defaults.topK);
  putIfPresent(json, "top_p", defaults.topP);
  putIfPresent(json, "min_p", defaults.minP);
  putIfPresent(json, "repetition_penalty", defaults.repetitionPenalty);
  return json;
}

GenerationDefaults readGeneration(const FieldReader &reader) {
  GenerationDefaults result;
  auto number = [&](const char *key, std::optional<double> &into) {
    if (auto field = reader.optional(key))
      into = field->number();
  };
  if (auto field = reader.optional("do_sample"))
    result.sample = field->boolean();
  if (auto field = reader.optional("top_k"))
    result.topK = field->integer(0, kMaxExtent);
  number("temperature", result.temperature);
  number("top_p", result.topP);
  number("min_p", result.minP);
  number("repetition_penalty", result.repetitionPenalty);
  return result;
}

Json toJson(const PlanModel &model) {
  Json json = {{"name", model.name},
               {"architecture", model.architecture},
               {"vocabulary", model.vocabulary},
               {"hidden", model.hidden},
               {"layers", model.layers},
               {"batch", model.batch},
               {"context_limit", model.contextLimit},
               {"eos_tokens", model.eosTokens},
               {"generation", toJson(model.generation)},
               {"sources", listToJson(model.sources, [](auto &s) { return toJson(s); })}};
  putIfPresent(json, "bos_token", model.bosToken);
  return json;
}

PlanModel readModel(const FieldReader &reader) {
  PlanModel result;
  result.name = reader["name"].string();
  result.architecture = reader["architecture"].string();
  result.vocabulary = reader["vocabulary"].integer(1, kMaxExtent);
  result.hidden = reader["hidden"].integer(1, kMaxExtent);
  result.layers = reader["layers"].integer(0, kMaxLayers);
  result.batch = reader["batch"].integer(1, kMaxTokens);
  result.contextLimit = reader["context_limit"].integer(1, kMaxContext);
  auto readToken = [&](const FieldReader &field) {
    return field.integer(0, std::max<int64_t>(result.vocabulary - 1, 0));
  };
  if (auto field = reader.optional("bos_token"))
    result.bosToken = readToken(*field);
  result.eosTokens = readList<int64_t>(reader["eos_tokens"], kMaxList, readToken);
  result.generation = readGeneration(reader["generation"]);
  result.sources = readList<PlanSource>(reader["sources"], kMaxList, readSource);
  return result;
}

// ---- data ---------------------------------------------------------------------------------------

Json toJson(const PlanSection &section) {
  return {{"name", section.name},
          {"offset", section.offset},
          {"bytes", section.bytes},
          {"xxh3", hashText(section.hash)}};
}

PlanSection readSection(const FieldReader &reader) {
  return {reader["name"].string(), reader["offset"].size(kMaxBytes),
          reader["bytes"].size(kMaxBytes), readHash(reader["xxh3"])};
}

Json toJson(const KvLayout &layout) {
  return {{"heads", layout.heads},
          {"head_dim", layout.headDim},
          {"type", elementTypeName(layout.elementType)}};
}

KvLayout readKvLayout(const FieldReader &reader) {
  KvLayout result;
  result.heads = reader["heads"].integer(1, kMaxHeads);
  result.headDim = reader["head_dim"].integer(1, kMaxHeads);
  std::optional<ElementType> type = parseElementType(reader["type"].string());
  bool known = type == ElementType::F32 || type == ElementType::BF16 || type == ElementType::I8;
  if (reader.ok() && !known)
    reader["type"].fail("expected f32, bf16 or i8");
  result.elementType = type.value_or(ElementType::F32);
  return result;
}

Json toJson(const PlanWeight &weight) {
  return {{"name", weight.name},   {"layer", weight.layer}, {"offset", weight.offset},
          {"bytes", weight.bytes}, {"type", weight.type},   {"source", weight.source}};
}

PlanWeight readWeight(const FieldReader &reader, uint64_t sectionBytes) {
  PlanWeight result{reader["name"].string(),
                    reader["layer"].integer(-1, kMaxLayers),
                    reader["offset"].size(sectionBytes),
                    reader["bytes"].size(sectionBytes),
                    reader["type"].string(),
                    reader["source"].string()};
  if (result.offset % kBufferAlignment != 0)
    reader["offset"].fail("expected a multiple of " + std::to_string(kBufferAlignment));
  if (result.bytes > sectionBytes - std::min(result.offset, sectionBytes))
    reader.fail("the weight ends beyond its section of " + std::to_string(sectionBytes) + " bytes");
  return result;
}

/// Sections are found by name, so each name may be there once.
void checkSectionNames(const FieldReader &reader, const std::vector<PlanSection> &sections) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < sections.size() && reader.ok(); ++i) {
    if (!names.insert(sections[i].name).second)
      reader[i].fail("there are two sections '" + escapeForMessage(sections[i].name) + "'");
  }
}

uint64_t weightsBytes(const PlanHeader &header) {
  const PlanSection *weights = header.findSection(section::kWeights);
  return weights ? weights->bytes : 0;
}

PlanHeader readHeader(const FieldReader &reader) {
  PlanHeader result;
  result.compilerId = reader["compiler"].string();
  result.model = readModel(reader["model"]);
  reader["options"].forEachMember([&](const std::string &key, const FieldReader &option) {
    result.options[key] = option.string();
  });
  result.maxTokens = reader["max_tokens"].integer(1, kMaxTokens);
  result.context = reader["context"].integer(1, kMaxContext);
  result.inputWidth = reader["input_width"].integer(0, kMaxExtent);
  result.resultWidth = reader["result_width"].integer(1, kMaxExtent);
  result.usesColumns = reader["uses_columns"].boolean();
  result.sections = readList<PlanSection>(reader["sections"], kMaxList, readSection);
  checkSectionNames(reader["sections"], result.sections);
  result.kvLayers = readList<KvLayout>(reader["kv_layers"], kMaxLayers, readKvLayout);
  uint64_t bytes = weightsBytes(result);
  result.weights = readList<PlanWeight>(reader["weights"], kMaxWeights,
                                        [&](const FieldReader &w) { return readWeight(w, bytes); });
  result.variants = readList<PlanVariant>(
      reader["variants"], kMaxList, [&](const FieldReader &v) { return readVariant(v, result); });
  if (reader.ok() && result.variants.empty())
    reader["variants"].fail("expected at least one variant");
  return result;
}

} // namespace

int64_t PlanHeader::boundOf(PlanDim dim) const {
  switch (dim) {
  case PlanDim::One:
    return 1;
  case PlanDim::T:
  case PlanDim::R:
    return maxTokens;
  case PlanDim::S:
    return context;
  }
  return 0;
}

const PlanSection *PlanHeader::findSection(std::string_view name) const {
  auto found = std::find_if(sections.begin(), sections.end(),
                            [&](const PlanSection &s) { return s.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

Json PlanHeader::toJson() const {
  using graphc::toJson;
  return {{"compiler", compilerId},
          {"model", toJson(model)},
          {"options", options},
          {"max_tokens", maxTokens},
          {"context", context},
          {"input_width", inputWidth},
          {"result_width", resultWidth},
          {"uses_columns", usesColumns},
          {"sections", listToJson(sections, [](auto &s) { return toJson(s); })},
          {"kv_layers", listToJson(kvLayers, [](auto &l) { return toJson(l); })},
          {"weights", listToJson(weights, [](auto &w) { return toJson(w); })},
          {"variants", listToJson(variants, writeVariant)}};
}

Expected<PlanHeader> PlanHeader::fromJson(const Json &json, const std::string &what) {
  Status failure;
  FieldReader reader(json, what, failure);
  PlanHeader result = readHeader(reader);
  if (!failure.ok())
    return failure;
  return result;
}

} // namespace graphc
