// Reading and writing a variant of the header: kernels, and the dispatches that run them, whose
// arguments are checked against everything that they will reach.
#include "runtime/plan/HeaderJson.h"

namespace graphc {

namespace {

constexpr std::array<std::string_view, 5> kArgKinds = {"arena", "weight", "kv", "step", "result"};
constexpr std::array<std::string_view, 4> kDims = {"1", "T", "R", "S"};

/// Output channels of a packed panel.
constexpr int64_t kProductChannels = 32;

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

} // namespace

Json writeVariant(const PlanVariant &variant) {
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

std::string_view planArgKindName(PlanArgKind kind) { return kArgKinds[static_cast<size_t>(kind)]; }
std::string_view planDimName(PlanDim dim) { return kDims[static_cast<size_t>(dim)]; }

} // namespace graphc
