// Reading and writing the header as JSON. Keys are the fields' names in snake_case; the format is
// described in docs/plan-format.md.
#include "runtime/plan/PlanHeader.h"

#include "runtime/base/Escape.h"
#include "runtime/plan/FieldReader.h"

#include <algorithm>
#include <array>
#include <set>

namespace graphc {

namespace {

constexpr std::array<std::string_view, 5> kArgKinds = {"arena", "weight", "kv", "step", "result"};
constexpr std::array<std::string_view, 4> kDims = {"1", "T", "R", "S"};

// Upper limits of what a header may say. Far above any real model, far below where a product of a
// few of them leaves 63 bits.
constexpr int64_t kMaxExtent = int64_t(1) << 28;
constexpr int64_t kMaxTokens = int64_t(1) << 20;
constexpr int64_t kMaxContext = int64_t(1) << 28;
constexpr int64_t kMaxHeads = int64_t(1) << 14;
constexpr uint64_t kMaxBytes = uint64_t(1) << 50;
constexpr size_t kMaxLayers = 1 << 14;
constexpr size_t kMaxWeights = 1 << 20;
constexpr size_t kMaxDispatches = 1 << 22;
constexpr size_t kMaxArgs = 1 << 10;
constexpr size_t kMaxRank = 8;
constexpr size_t kMaxList = 1 << 16;

/// Output channels of a packed panel.
constexpr int64_t kProductChannels = 32;

template <typename T>
void putIfPresent(Json &json, const char *key, const std::optional<T> &value) {
  if (value)
    json[key] = *value;
}

template <typename T, typename Fn>
Json listToJson(const std::vector<T> &list, Fn convert) {
  Json result = Json::array();
  for (const T &element : list)
    result.push_back(convert(element));
  return result;
}

template <typename T, typename Fn>
std::vector<T> readList(const FieldReader &reader, size_t max, Fn readElement) {
  std::vector<T> result;
  size_t count = reader.arraySize(max);
  result.reserve(count);
  for (size_t i = 0; i < count && reader.ok(); ++i)
    result.push_back(readElement(reader[i]));
  return result;
}

/// The index of a string in a table of names.
template <size_t N>
size_t readName(const FieldReader &reader, const std::array<std::string_view, N> &names) {
  std::string name = reader.string();
  auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end())
    return static_cast<size_t>(found - names.begin());
  reader.fail("unknown name '" + escapeForMessage(name) + "'");
  return 0;
}

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

// ---- schedule -----------------------------------------------------------------------------------

Json toJson(const PlanResult &result) {
  Json json = Json::array({elementTypeName(result.type)});
  for (const PlanExtent &extent : result.shape)
    json.push_back(extent.dim == PlanDim::One ? Json(extent.extent)
                                              : Json(planDimName(extent.dim)));
  if (result.type == ElementType::I8) {
    json.push_back(result.scalesByte);
    json.push_back(result.scaleCount);
  }
  return json;
}

/// The two numbers behind the extents of quantized rows: scales inside of a row.
void readScales(const FieldReader &reader, size_t at, PlanResult &result) {
  if (result.shape.empty() || result.shape.back().dim != PlanDim::One)
    return reader.fail("expected rows of so many bytes");
  const int64_t rowBytes = result.shape.back().extent;
  result.scalesByte = reader[at].integer(0, rowBytes);
  result.scaleCount = reader[at + 1].integer(0, (rowBytes - result.scalesByte) /
                                                    static_cast<int64_t>(sizeof(float)));
}

PlanResult readResult(const FieldReader &reader) {
  constexpr size_t kScaleFields = 2;
  PlanResult result;
  size_t count = reader.arraySize(kMaxRank + 1 + kScaleFields);
  std::optional<ElementType> type = parseElementType(reader[size_t(0)].string());
  if (reader.ok() && !type)
    reader[size_t(0)].fail("unknown element type");
  result.type = type.value_or(ElementType::F32);
  const bool isQuantized = result.type == ElementType::I8 && count > kScaleFields;
  const size_t end = isQuantized ? count - kScaleFields : count;
  for (size_t i = 1; i < end && reader.ok(); ++i) {
    PlanExtent &extent = result.shape.emplace_back();
    if (reader[i].isString())
      extent.dim = static_cast<PlanDim>(readName(reader[i], kDims));
    else
      extent.extent = reader[i].integer(1, kMaxExtent);
  }
  if (reader.ok() && result.type == ElementType::I8)
    readScales(reader, end, result);
  return result;
}

Json toJson(const PlanProduct &product) {
  return {{"provider", product.provider},
          {"epilogue", product.epilogue},
          {"type", elementTypeName(product.type)},
          {"rows", planDimName(product.rows)},
          {"least_rows", product.leastRows},
          {"depth", product.depth},
          {"row_width", product.rowWidth},
          {"dense_rows", product.denseRows},
          {"panels", product.panels},
          {"slice", product.slice},
          {"sums_offset", product.sumsOffset}};
}

PlanProduct readProduct(const FieldReader &reader) {
  PlanProduct result;
  result.provider = reader["provider"].string();
  result.epilogue = reader["epilogue"].string();
  std::optional<ElementType> type = parseElementType(reader["type"].string());
  bool known = type == ElementType::F32 || type == ElementType::BF16;
  if (reader.ok() && !known)
    reader["type"].fail("expected f32 or bf16");
  result.type = type.value_or(ElementType::F32);
  result.rows = static_cast<PlanDim>(readName(reader["rows"], kDims));
  if (reader.ok() && result.rows != PlanDim::T && result.rows != PlanDim::R)
    reader["rows"].fail("expected T or R");
  result.leastRows = reader["least_rows"].integer(1, kMaxTokens);
  result.depth = reader["depth"].integer(1, kMaxExtent);
  result.rowWidth = reader["row_width"].integer(result.depth, kMaxExtent);
  result.denseRows = reader["dense_rows"].size(kMaxBytes);
  if (result.denseRows % kBufferAlignment != 0)
    reader["dense_rows"].fail("expected a multiple of " + std::to_string(kBufferAlignment));
  result.panels = reader["panels"].integer(1, kMaxExtent);
  result.slice = reader["slice"].integer(1, kMaxExtent);
  result.sumsOffset = reader["sums_offset"].size(kMaxBytes);
  if (result.sumsOffset % kBufferAlignment != 0)
    reader["sums_offset"].fail("expected a multiple of " + std::to_string(kBufferAlignment));
  return result;
}

Json toJson(const PlanTrial &trial) {
  return {{"rows", trial.rows},
          {"threads", trial.threads},
          {"generated_ms", trial.generated},
          {"provided_ms", trial.provided}};
}

PlanTrial readTrial(const FieldReader &reader) {
  return {reader["rows"].integer(1, kMaxTokens), reader["threads"].integer(1, kMaxExtent),
          reader["generated_ms"].number(), reader["provided_ms"].number()};
}

Json toJson(const PlanKernel &kernel) {
  Json json = {{"symbol", kernel.symbol},
               {"name", kernel.name},
               {"op", kernel.opName},
               {"flops", kernel.flops},
               {"bytes", kernel.bytes},
               {"results", listToJson(kernel.results, [](auto &r) { return toJson(r); })},
               {"arithmetic", elementTypeName(kernel.arithmetic)}};
  if (kernel.product)
    json["product"] = toJson(*kernel.product);
  if (kernel.trial)
    json["trial"] = toJson(*kernel.trial);
  return json;
}

PlanKernel readKernel(const FieldReader &reader) {
  PlanKernel result{
      reader["symbol"].string(), reader["name"].string(),
      reader["op"].string(),     reader["flops"].string(),
      reader["bytes"].string(),  readList<PlanResult>(reader["results"], kMaxArgs, readResult)};
  std::optional<ElementType> type = parseElementType(reader["arithmetic"].string());
  bool known = type == ElementType::F32 || type == ElementType::BF16 || type == ElementType::I8;
  if (reader.ok() && !known)
    reader["arithmetic"].fail("expected f32, bf16 or i8");
  result.arithmetic = type.value_or(ElementType::F32);
  if (auto product = reader.optional("product"))
    result.product = readProduct(*product);
  if (auto trial = reader.optional("trial"))
    result.trial = readTrial(*trial);
  return result;
}

Json toJson(const PlanDispatch &dispatch) {
  return {{"kernel", dispatch.kernel},
          {"location", dispatch.location},
          {"tasks", Json::array({dispatch.tasks.times, planDimName(dispatch.tasks.dim),
                                 dispatch.tasks.block, dispatch.tasks.pieceBytes})},
          {"together", dispatch.together},
          {"args", listToJson(dispatch.args, [](const PlanArg &arg) {
             return Json::array({planArgKindName(arg.kind), arg.value});
           })}};
}

/// How far the value of an argument of each kind may go.
struct ArgLimits {
  std::array<uint64_t, kArgKinds.size()> last = {};
  std::array<bool, kArgKinds.size()> allowed = {};

  ArgLimits(const PlanHeader &header, uint64_t arenaBytes) {
    auto set = [&](PlanArgKind kind, uint64_t count) {
      allowed[static_cast<size_t>(kind)] = count > 0;
      last[static_cast<size_t>(kind)] = count > 0 ? count - 1 : 0;
    };
    set(PlanArgKind::Arena, arenaBytes);
    set(PlanArgKind::Weight, header.weights.size());
    set(PlanArgKind::Kv, header.kvLayers.size());
    set(PlanArgKind::Step, 1);
    set(PlanArgKind::Result, static_cast<uint64_t>(header.maxTokens * header.resultWidth) * 4);
  }
};

PlanArg readArg(const FieldReader &reader, const ArgLimits &limits) {
  size_t kind = readName(reader[size_t(0)], kArgKinds);
  PlanArg result{static_cast<PlanArgKind>(kind), reader[1].size(limits.last[kind])};
  if (reader.ok() && !limits.allowed[kind])
    reader.fail("the plan has no " + std::string(kArgKinds[kind]));
  bool address = result.kind == PlanArgKind::Arena || result.kind == PlanArgKind::Result;
  if (address && result.value % kBufferAlignment != 0)
    reader[1].fail("expected a multiple of " + std::to_string(kBufferAlignment));
  return result;
}

/// Of a token: a quarter million heads, sizes of 64.
constexpr int64_t kMaxPieceBytes = int64_t(1) << 26;

PlanTasks readTasks(const FieldReader &reader, const PlanHeader &header) {
  PlanTasks result;
  result.times = reader[size_t(0)].integer(1, kMaxExtent);
  result.dim = static_cast<PlanDim>(readName(reader[1], kDims));
  result.block = reader[2].integer(1, kMaxExtent);
  result.pieceBytes = reader[3].integer(0, kMaxPieceBytes);
  const uint64_t shared[] = {static_cast<uint64_t>(result.pieceBytes),
                             static_cast<uint64_t>(std::min(header.maxTokens, result.block)),
                             static_cast<uint64_t>(ceilDiv(header.context, kPieceTokens))};
  if (checkedProduct(shared).value_or(UINT64_MAX) > kMaxBytes)
    reader[3].fail("too many bytes for all tokens and pieces of the context");
  if (result.pieceBytes > 0 && result.dim != PlanDim::T)
    reader[1].fail("expected T of tasks that can be cut into shares");
  if (result.pieceBytes > 0 && result.times > kSharedCounters)
    reader[0].fail("expected at most " + std::to_string(kSharedCounters) +
                   " of tasks that can be cut into shares");
  return result;
}

/// Bytes of a result; nothing when that is no number.
std::optional<uint64_t> bytesOf(const PlanResult &result, const PlanHeader &header) {
  std::vector<uint64_t> extents = {static_cast<uint64_t>(byteSize(result.type))};
  for (const PlanExtent &extent : result.shape)
    extents.push_back(static_cast<uint64_t>(
        extent.dim == PlanDim::One ? extent.extent : header.boundOf(extent.dim)));
  return checkedProduct(extents);
}

/// A kernel's results are the last arguments, and end inside the arena or the result.
void checkResults(const FieldReader &reader, const PlanDispatch &dispatch,
                  const std::vector<PlanResult> &results, const PlanHeader &header,
                  const ArgLimits &limits) {
  if (results.size() > dispatch.args.size())
    return reader.fail("fewer arguments than the kernel has results");
  size_t first = dispatch.args.size() - results.size();
  for (size_t i = 0; i < results.size() && reader.ok(); ++i) {
    const PlanArg &arg = dispatch.args[first + i];
    std::optional<uint64_t> bytes = bytesOf(results[i], header);
    bool place = arg.kind == PlanArgKind::Arena || arg.kind == PlanArgKind::Result;
    if (!place || !bytes || *bytes > limits.last[static_cast<size_t>(arg.kind)] + 1 - arg.value)
      reader[first + i].fail("the kernel's result does not fit there");
  }
}

/// The operands of a provider's product are where it will read them: rows in the arena, panels in a
/// weight, sums in scratch.
void checkProduct(const FieldReader &reader, const PlanDispatch &dispatch,
                  const PlanProduct &product, const PlanHeader &header, const ArgLimits &limits,
                  uint64_t scratchBytes) {
  if (dispatch.args.size() < 2 || dispatch.args[0].kind != PlanArgKind::Arena ||
      dispatch.args[1].kind != PlanArgKind::Weight || dispatch.tasks.dim != PlanDim::One)
    return reader.fail("a provider multiplies rows of the arena and a weight, in fixed tasks");
  auto size = [](std::initializer_list<int64_t> factors) {
    std::vector<uint64_t> numbers(factors.begin(), factors.end());
    return checkedProduct(numbers).value_or(UINT64_MAX);
  };
  const PlanArg &rows = dispatch.args[0];
  const int64_t each = byteSize(product.type), maxRows = header.boundOf(product.rows);
  const uint64_t arenaBytes = limits.last[static_cast<size_t>(PlanArgKind::Arena)] + 1;
  const uint64_t rowBytes = size({maxRows, product.rowWidth, each});
  const uint64_t denseBytes = size({maxRows, product.depth, each});
  const uint64_t panelBytes = size({kProductChannels, product.depth, each});
  const uint64_t channels = size({dispatch.tasks.times, product.panels});
  const uint64_t weightBytes =
      size({static_cast<int64_t>(channels), static_cast<int64_t>(panelBytes)});
  const uint64_t sumBytes = size({maxRows, product.slice, product.panels, kProductChannels, 4});
  if (rowBytes > arenaBytes - rows.value)
    reader.fail("the rows of the kernel's product do not fit there");
  if (product.rowWidth != product.depth &&
      (product.denseRows > arenaBytes || denseBytes > arenaBytes - product.denseRows))
    reader.fail("the copied rows of the kernel's product do not fit in the arena");
  if (weightBytes > header.weights[dispatch.args[1].value].bytes)
    reader.fail("the kernel's product has more panels than the weight");
  if (product.sumsOffset > scratchBytes || sumBytes > scratchBytes - product.sumsOffset)
    reader.fail("the sums of the kernel's product do not fit in scratch");
}

PlanDispatch readDispatch(const FieldReader &reader, const std::vector<PlanKernel> &kernels,
                          const PlanHeader &header, const ArgLimits &limits,
                          uint64_t scratchBytes) {
  PlanDispatch result;
  result.kernel = static_cast<uint32_t>(
      reader["kernel"].integer(0, std::max<int64_t>(std::ssize(kernels) - 1, 0)));
  if (kernels.empty())
    reader.fail("the variant has no kernels");
  result.location = reader["location"].string();
  result.tasks = readTasks(reader["tasks"], header);
  result.together = reader["together"].boolean();
  result.args = readList<PlanArg>(reader["args"], kMaxArgs,
                                  [&](const FieldReader &arg) { return readArg(arg, limits); });
  if (reader.ok())
    checkResults(reader["args"], result, kernels[result.kernel].results, header, limits);
  if (reader.ok() && kernels[result.kernel].product)
    checkProduct(reader["args"], result, *kernels[result.kernel].product, header, limits,
                 scratchBytes);
  return result;
}

Json toJson(const PlanVariant &variant) {
  return {{"architecture", variant.architecture},
          {"level", variant.level},
          {"features", variant.features},
          {"code", variant.codeSection},
          {"scratch_bytes", variant.scratchBytes},
          {"arena_bytes", variant.arenaBytes},
          {"kernels", listToJson(variant.kernels, [](auto &k) { return toJson(k); })},
          {"schedule", listToJson(variant.schedule, [](auto &d) { return toJson(d); })}};
}

PlanVariant readVariant(const FieldReader &reader, const PlanHeader &header) {
  PlanVariant result;
  result.architecture = reader["architecture"].string();
  result.level = reader["level"].string();
  result.features = readList<std::string>(reader["features"], kMaxList,
                                          [](const FieldReader &name) { return name.string(); });
  result.codeSection = reader["code"].string();
  result.scratchBytes = reader["scratch_bytes"].size(kMaxBytes);
  result.arenaBytes = reader["arena_bytes"].size(kMaxBytes);
  result.kernels = readList<PlanKernel>(reader["kernels"], kMaxList, readKernel);
  ArgLimits limits(header, result.arenaBytes);
  result.schedule =
      readList<PlanDispatch>(reader["schedule"], kMaxDispatches, [&](const FieldReader &dispatch) {
        return readDispatch(dispatch, result.kernels, header, limits, result.scratchBytes);
      });
  if (reader.ok() && !header.findSection(result.codeSection))
    reader["code"].fail("there is no section '" + escapeForMessage(result.codeSection) + "'");
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

std::string_view planArgKindName(PlanArgKind kind) { return kArgKinds[static_cast<size_t>(kind)]; }
std::string_view planDimName(PlanDim dim) { return kDims[static_cast<size_t>(dim)]; }

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
          {"variants", listToJson(variants, [](auto &v) { return toJson(v); })}};
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
