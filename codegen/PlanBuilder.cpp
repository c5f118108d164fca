#include "codegen/PlanBuilder.h"

#include "codegen/CostText.h"
#include "codegen/kernels/KernelFunction.h"
#include "ir/OpRules.h"
#include "runtime/base/CheckedMath.h"

#include <cmath>
#include <map>

using namespace mlir;

namespace graphc {

namespace {

ElementType elementTypeOf(Type type) {
  return type.isF32() ? ElementType::F32 : type.isBF16() ? ElementType::BF16 : ElementType::F16;
}

std::string typeText(Type type) {
  std::string text;
  llvm::raw_string_ostream out(text);
  auto tensor = cast<RankedTensorType>(type);
  for (int64_t extent : tensor.getShape())
    out << extent << 'x';
  out << tensor.getElementType();
  return text;
}

PlanExtent extentOf(Dim dim) {
  switch (dim.kind()) {
  case Dim::Kind::Static:
    return {PlanDim::One, dim.extent()};
  case Dim::Kind::T:
    return {PlanDim::T};
  case Dim::Kind::R:
    return {PlanDim::R};
  case Dim::Kind::S:
    return {PlanDim::S};
  }
  llvm_unreachable("all kinds are handled");
}

/// What the kernel writes: its results, as the plan's header describes them.
FailureOr<std::vector<PlanResult>> resultsOf(KernelOp kernel) {
  FailureOr<SymbolicDims> dims = kernelDims(kernel);
  if (failed(dims))
    return failure();
  std::vector<PlanResult> results;
  for (Value value : kernel.getComputedOp()->getResults()) {
    auto tensor = cast<RankedTensorType>(value.getType());
    PlanResult &result = results.emplace_back();
    llvm::transform(dims->get(value), std::back_inserter(result.shape), extentOf);
    // Integers, and their scales behind a row.
    if (auto quant = dyn_cast<QuantType>(tensor.getElementType())) {
      const QuantRowFormat rows = quant.getRowFormat();
      const int64_t width = tensor.getShape().back();
      result.type = ElementType::I8;
      result.shape.back().extent = rows.rowBytes(width);
      result.scalesByte = width;
      result.scaleCount = width / rows.group;
    } else {
      result.type = elementTypeOf(tensor.getElementType());
    }
  }
  return results;
}

/// Fills a PlanContents, one dispatch after the other.
class ContentsBuilder {
public:
  ContentsBuilder(ModuleOp module, const EmittedKernels &kernels, const Target &target,
                  const WeightReaders &readers)
      : module(module), symbols(module), kernels(kernels), target(target), readers(readers) {}

  LogicalResult build(PlanOp plan);
  PlanContents take() { return std::move(contents); }

private:
  LogicalResult addKernels(PlanVariant &variant);
  LogicalResult addDispatch(DispatchOp dispatch, PlanVariant &variant);
  void addDenseRows(PlanVariant &variant);
  FailureOr<PlanArg> argument(DispatchOp dispatch, Attribute binding, Type type);
  FailureOr<uint64_t> weightNumber(DispatchOp dispatch, WeightAttr binding);
  void noteCache(int64_t layer, KvCacheType type);

  ModuleOp module;
  SymbolTable symbols;
  const EmittedKernels &kernels;
  const Target &target;
  const WeightReaders &readers;
  PlanContents contents;
  llvm::StringMap<uint32_t> kernelNumbers;
  std::map<std::pair<std::string, int64_t>, uint64_t> weightNumbers;
};

} // namespace

LogicalResult ContentsBuilder::build(PlanOp plan) {
  PlanHeader &header = contents.header;
  header.maxTokens = plan.getMaxTokens();
  header.context = plan.getContext();
  PlanVariant variant;
  variant.architecture = "x86_64";
  variant.level = target.level();
  variant.features = target.features();
  variant.codeSection = std::string(section::kCodePrefix) + target.level();
  variant.arenaBytes = plan.getArenaBytes();
  if (failed(addKernels(variant)))
    return failure();
  for (DispatchOp dispatch : plan.getBody().getOps<DispatchOp>()) {
    if (failed(addDispatch(dispatch, variant)))
      return failure();
  }
  addDenseRows(variant);
  header.variants.push_back(std::move(variant));
  return success();
}

/// Room at the end of the arena for the rows of one product at a time.
void ContentsBuilder::addDenseRows(PlanVariant &variant) {
  auto offset =
      static_cast<uint64_t>(roundUp(static_cast<int64_t>(variant.arenaBytes), kBufferAlignment));
  for (PlanKernel &kernel : variant.kernels) {
    if (!kernel.product || kernel.product->rowWidth == kernel.product->depth)
      continue;
    PlanProduct &product = *kernel.product;
    product.denseRows = offset;
    int64_t rows = contents.header.boundOf(product.rows);
    auto bytes = static_cast<uint64_t>(rows * product.depth * byteSize(product.type));
    variant.arenaBytes = std::max(variant.arenaBytes, offset + bytes);
  }
}

LogicalResult ContentsBuilder::addKernels(PlanVariant &variant) {
  for (const KernelEntry &entry : kernels.entries) {
    KernelOp kernel = entry.kernel;
    Operation *op = kernel.getComputedOp();
    kernelNumbers[kernel.getSymName()] = static_cast<uint32_t>(variant.kernels.size());
    CostText cost = costText(kernel, target);
    FailureOr<std::vector<PlanResult>> results = resultsOf(kernel);
    if (failed(results))
      return failure();
    variant.kernels.push_back({entry.symbol, kernel.getSymName().str(),
                               op->getName().getStringRef().str(), cost.flops, cost.bytes,
                               *std::move(results), cost.arithmetic});
    variant.scratchBytes =
        std::max(variant.scratchBytes, static_cast<uint64_t>(entry.scratchBytes()));
    if (entry.product)
      variant.kernels.back().product = entry.product->plan;
    variant.kernels.back().trial = entry.trial;
    contents.header.usesColumns |= isa<KvReadOp, MaskOp>(op);
    if (auto rows = dyn_cast<InputRowsOp>(op))
      contents.header.inputWidth = rows.getType().getDimSize(1);
  }
  return success();
}

LogicalResult ContentsBuilder::addDispatch(DispatchOp dispatch, PlanVariant &variant) {
  uint32_t number = kernelNumbers.at(dispatch.getKernel());
  const KernelEntry &entry = kernels.entries[number];
  KernelOp kernel = entry.kernel;
  SmallVector<Type> types(kernel.getArgumentTypes());
  llvm::append_range(types, kernel.getResultTypes());

  PlanDispatch row;
  row.kernel = number;
  row.location = dispatch.getLabel().str();
  row.tasks = entry.emitted.tasks;
  row.together = dispatch.getTogether();
  for (auto [binding, type] : llvm::zip_equal(dispatch.getBindings(), types)) {
    FailureOr<PlanArg> arg = argument(dispatch, binding, type);
    if (failed(arg))
      return failure();
    row.args.push_back(*arg);
  }
  variant.schedule.push_back(std::move(row));
  return success();
}

FailureOr<PlanArg> ContentsBuilder::argument(DispatchOp dispatch, Attribute binding, Type type) {
  if (auto arena = dyn_cast<ArenaAttr>(binding))
    return PlanArg{PlanArgKind::Arena, static_cast<uint64_t>(arena.getOffset())};
  if (auto weight = dyn_cast<WeightAttr>(binding)) {
    FailureOr<uint64_t> number = weightNumber(dispatch, weight);
    if (failed(number))
      return failure();
    return PlanArg{PlanArgKind::Weight, *number};
  }
  if (auto cache = dyn_cast<KvAttr>(binding)) {
    noteCache(cache.getLayer(), cast<KvCacheType>(type));
    return PlanArg{PlanArgKind::Kv, static_cast<uint64_t>(cache.getLayer())};
  }
  if (isa<ResultAttr>(binding)) {
    contents.header.resultWidth = cast<RankedTensorType>(type).getShape().back();
    return PlanArg{PlanArgKind::Result, 0};
  }
  return PlanArg{PlanArgKind::Step, 0};
}

void ContentsBuilder::noteCache(int64_t layer, KvCacheType type) {
  std::vector<KvLayout> &layers = contents.header.kvLayers;
  if (layers.size() <= static_cast<size_t>(layer))
    layers.resize(static_cast<size_t>(layer) + 1);
  layers[static_cast<size_t>(layer)] = kvLayoutOf(type);
}

/// How the value of a weight is laid out: panels when it ends in graphc.pack, of integers when that
/// packs what graphc.quantize yields, rows otherwise; and the value whose rows are read.
static Value describeLayout(WeightOp weight, PackJob &job) {
  Value value = weight.getYielded();
  auto pack = value.getDefiningOp<PackOp>();
  Value rows = pack ? pack.getInput() : value;
  if (auto quantize = rows.getDefiningOp<QuantizeOp>(); quantize && pack) {
    auto type = cast<QuantType>(quantize.getType().getElementType());
    const ScaleRule rule = quantize.getRule();
    job.layout.quant = {type.getFormat(), rule == ScaleRule::Search, rule == ScaleRule::Keep};
    rows = quantize.getInput();
  }
  auto rowsType = cast<RankedTensorType>(rows.getType());
  auto resultType = cast<RankedTensorType>(value.getType());
  job.packed = static_cast<bool>(pack);
  job.layout.rows = rowsType.getRank() == 0 ? 1 : rowsType.getDimSize(0);
  job.layout.columns = rowsType.getNumElements() / std::max<int64_t>(1, job.layout.rows);
  job.layout.type = elementTypeOf(resultType.getElementType());
  if (pack) {
    job.layout.groups = pack.getGroups();
    job.layout.interleave = resultType.getRank() == 4 ? resultType.getDimSize(3) : 1;
  }
  return rows;
}

FailureOr<uint64_t> ContentsBuilder::weightNumber(DispatchOp dispatch, WeightAttr binding) {
  std::string name = binding.getSymbol().getValue().str();
  int64_t layer = binding.getLayer();
  auto [it, isNew] = weightNumbers.try_emplace({name, layer}, contents.jobs.size());
  if (!isNew)
    return it->second;
  auto weight = symbols.lookup<WeightOp>(name);
  if (!weight)
    return dispatch.emitOpError("expected a weight @") << name << " but there is none";

  PackJob job;
  job.name = weight.getLayers() > 1 ? name + ", layer " + std::to_string(layer) : name;
  Value rows = describeLayout(weight, job);
  job.read = readers.rows(weight, rows, layer);
  if (job.layout.quant && job.layout.quant->keep)
    job.readQuant = readers.quantRows(weight, rows, layer);
  job.offset = contents.weightBytes;
  uint64_t bytes = job.bytes();
  auto resultType = cast<RankedTensorType>(weight.getYielded().getType());
  // A quantized number's share of its scale may be a part of a byte.
  double typeBytes =
      double(resultType.getNumElements()) * rules::bitsPerNumber(resultType.getElementType()) / 8;
  if (std::llround(typeBytes) != static_cast<int64_t>(bytes))
    return weight.emitOpError("expected a packed type of ")
           << bytes << " bytes but got " << resultType;
  contents.header.weights.push_back({name, weight.getLayers() > 1 ? layer : -1, job.offset, bytes,
                                     typeText(resultType), readers.source(weight, layer)});
  contents.weightBytes =
      job.offset + static_cast<uint64_t>(roundUp(static_cast<int64_t>(bytes), kBufferAlignment));
  contents.jobs.push_back(std::move(job));
  return it->second;
}

FailureOr<PlanContents> buildPlan(ModuleOp module, const EmittedKernels &kernels,
                                  const Target &target, const WeightReaders &readers) {
  auto plans = module.getOps<PlanOp>();
  if (plans.empty())
    return module.emitError("expected a graphc.plan but there is none");
  ContentsBuilder builder(module, kernels, target, readers);
  if (failed(builder.build(*plans.begin())))
    return failure();
  return builder.take();
}

} // namespace graphc
