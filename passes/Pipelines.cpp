#include "passes/Pipelines.h"

#include "passes/FusionReport.h"

#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

#include <functional>
#include <memory>

using namespace mlir;

namespace graphc {

//===----------------------------------------------------------------------===//
// Lists of passes
//===----------------------------------------------------------------------===//

namespace {

/// When a pass runs.
enum class Role {
  Needed,   ///< always: nothing runs without it
  Helpful,  ///< at every level, unless disabled
  Optimize, ///< from -O2 on, unless disabled
};

struct PassEntry {
  Role role;
  std::function<std::unique_ptr<Pass>(const PipelineOptions &)> create;
};

/// A pass without options.
template <typename Create>
PassEntry entry(Role role, Create create) {
  return {role, [create](const PipelineOptions &) { return std::unique_ptr<Pass>(create()); }};
}

} // namespace

static std::unique_ptr<Pass> createQuantizeWeights(const PipelineOptions &options) {
  const QuantOptions &quant = *options.quant;
  QuantizeWeightsPassOptions passOptions;
  passOptions.bits = quant.bits;
  passOptions.headBits = quant.headBits;
  passOptions.group = quant.group;
  passOptions.rows = quant.quantizeRows                 ? RowPrecision::I8
                     : options.dtype == Precision::BF16 ? RowPrecision::BF16
                                                        : RowPrecision::F32;
  passOptions.search = quant.search;
  passOptions.keepsStored = quant.keep;
  passOptions.dtype = options.dtype;
  passOptions.weights = options.weights;
  passOptions.exclude.assign(quant.exclude.begin(), quant.exclude.end());
  return createQuantizeWeightsPass(std::move(passOptions));
}

/// Alive before: graphc, func, arith; one op per step. After: fused ops as well.
static std::vector<PassEntry> fusePasses(const PipelineOptions &options) {
  std::vector<PassEntry> passes = {
      // First: fusions look at element types, and a cast has its place in most patterns.
      {Role::Needed,
       [](const PipelineOptions &options) {
         const bool exactWeights = options.quant.has_value();
         return createAssignPrecisionPass(
             {options.dtype, options.weights, options.kvCache, exactWeights});
       }},
      entry(Role::Optimize, [] { return createRaiseRmsNormPass(); }),
      // Before the matmuls: takes scales and transposes away from queries.
      entry(Role::Optimize, [] { return createFuseAttentionPass(); }),
      // Before the norm: a norm of three projections is then a norm of one.
      entry(Role::Optimize, [] { return createJoinMatmulsPass(); }),
      // Before the other norms, which are a matmul's own.
      entry(Role::Optimize, [] { return createFuseNormIntoAddPass(); }),
      {Role::Optimize,
       [](const PipelineOptions &options) {
         return createFuseNormIntoMatmulPass({options.gamma});
       }},
      entry(Role::Optimize, [] { return createFuseEpiloguePass(); }),
      // After the epilogue: the projections' biases are inside.
      entry(Role::Optimize, [] { return createFuseRopeAndAppendPass(); }),
      entry(Role::Optimize, [] { return createCanonicalizerPass(); }),
      entry(Role::Optimize, [] { return createCSEPass(); }),
  };
  // Behind all that changes weights: they are rounded once.
  if (options.quant)
    passes.push_back({Role::Needed, createQuantizeWeights});
  return passes;
}

/// Alive before: graphc, func, arith. After: weights, kernels and one plan.
static std::vector<PassEntry> planPasses() {
  return {
      // Both while a layer is one function: what they rewrite is rewritten once per kind of layer.
      entry(Role::Needed, [] { return createPackWeightsPass(); }),
      entry(Role::Needed, [] { return createSplitProloguesPass(); }),
      entry(Role::Needed, [] { return createLowerToPlanPass(); }),
      // Un-fused attention does not fit in memory without it.
      entry(Role::Helpful, [] { return createPlanMemoryPass(); }),
  };
}

/// Every pass that some options ask for.
static std::vector<PassEntry> allPasses() {
  PipelineOptions options;
  options.quant.emplace();
  std::vector<PassEntry> passes = fusePasses(options);
  llvm::append_range(passes, planPasses());
  return passes;
}

/// The name of an entry's pass.
static std::string nameOf(const PassEntry &entry) {
  PipelineOptions options;
  options.quant.emplace();
  return passName(entry.create(options)->getArgument()).str();
}

std::vector<std::string> optionalPassNames() {
  std::vector<std::string> names;
  for (const PassEntry &pass : allPasses())
    if (pass.role != Role::Needed)
      names.push_back(nameOf(pass));
  return names;
}

static Status checkDisabled(const PipelineOptions &options) {
  const std::vector<std::string> names = optionalPassNames();
  for (const std::string &name : options.disabledPasses) {
    if (llvm::is_contained(names, name))
      continue;
    for (const PassEntry &pass : allPasses())
      if (nameOf(pass) == name)
        return usageError("pass '" + name + "' cannot be disabled: no plan without it");
    return usageError("no pass is named '" + name + "'; expected one of " +
                      llvm::join(names, ", "));
  }
  return {};
}

static Status addPasses(OpPassManager &manager, const std::vector<PassEntry> &passes,
                        const PipelineOptions &options) {
  GRAPHC_RETURN_IF_ERROR(checkDisabled(options));
  for (const PassEntry &pass : passes) {
    if (pass.role == Role::Optimize && options.optLevel == OptLevel::O0)
      continue;
    if (!llvm::is_contained(options.disabledPasses, nameOf(pass)))
      manager.addPass(pass.create(options));
  }
  return {};
}

Status buildFusePipeline(OpPassManager &manager, const PipelineOptions &options) {
  return addPasses(manager, fusePasses(options), options);
}

Status buildPlanPipeline(OpPassManager &manager, const PipelineOptions &options) {
  return addPasses(manager, planPasses(), options);
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

namespace {

/// PipelineOptions on a command line.
struct CommandLineOptions : PassPipelineOptions<CommandLineOptions> {
  Option<Precision> dtype{*this, "dtype", llvm::cl::desc("element type of matrices"),
                          llvm::cl::init(Precision::F32),
                          llvm::cl::values(clEnumValN(Precision::F32, "f32", ""),
                                           clEnumValN(Precision::BF16, "bf16", ""))};
  Option<WeightPrecision> weights{
      *this, "weights", llvm::cl::desc("element type that matrices are stored in"),
      llvm::cl::init(WeightPrecision::AsDtype),
      llvm::cl::values(clEnumValN(WeightPrecision::AsDtype, "dtype", ""),
                       clEnumValN(WeightPrecision::Stored, "stored", ""),
                       clEnumValN(WeightPrecision::BF16, "bf16", ""),
                       clEnumValN(WeightPrecision::F16, "f16", ""))};
  Option<CachePrecision> kvCache{*this, "kv-cache", llvm::cl::desc("element type of the cache"),
                                 llvm::cl::init(CachePrecision::F32),
                                 llvm::cl::values(clEnumValN(CachePrecision::F32, "f32", ""),
                                                  clEnumValN(CachePrecision::BF16, "bf16", ""),
                                                  clEnumValN(CachePrecision::I8, "i8", ""))};
  Option<bool> optimize{*this, "optimize", llvm::cl::desc("-O2 (true) or -O0"),
                        llvm::cl::init(true)};
  ListOption<std::string> disabled{*this, "disable-pass", llvm::cl::desc("passes to leave out")};

  PipelineOptions get() const {
    PipelineOptions options;
    options.dtype = dtype;
    options.weights = weights;
    options.kvCache = kvCache;
    options.optLevel = optimize ? OptLevel::O2 : OptLevel::O0;
    options.disabledPasses.assign(disabled.begin(), disabled.end());
    return options;
  }
};

} // namespace

using BuildFn = Status (*)(OpPassManager &, const PipelineOptions &);

/// A pipeline for the registry, which knows no failures here: a wrong option ends the program.
static std::function<void(OpPassManager &, const CommandLineOptions &)>
forCommandLine(BuildFn build) {
  return [build](OpPassManager &manager, const CommandLineOptions &options) {
    if (Status status = build(manager, options.get()); !status.ok())
      llvm::report_fatal_error(llvm::Twine(status.message()), /*gen_crash_diag=*/false);
  };
}

void registerPipelines() {
  static PassPipelineRegistration<CommandLineOptions> fuse(
      "graphc-fuse-pipeline", "From stage graph to stage fused", forCommandLine(buildFusePipeline));
  static PassPipelineRegistration<CommandLineOptions> plan(
      "graphc-plan-pipeline", "From stage fused (or graph) to stage plan",
      forCommandLine(buildPlanPipeline));
}

} // namespace graphc
