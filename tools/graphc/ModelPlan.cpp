#include "tools/graphc/ModelPlan.h"

#ifdef GRAPHC_READS_GGUF
#include "frontend/gguf/GgufHeader.h"
#endif
#include "runtime/base/Escape.h"
#include "tools/cache/PlanCache.h"
#include "tools/cli/Output.h"
#include "tools/graphc/CompilerLibrary.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace fs = std::filesystem;

namespace graphc {

namespace {

struct CompileFlag {
  const char *name;
  const char *help;
};

/// Checked by the compiler, not here.
constexpr CompileFlag kCompileFlags[] = {
    {"--dtype", "type of activations: f32 or bf16"},
    {"--weight-dtype", "type that matrices are stored in: f32, bf16, f16 or stored"},
    {"--kv-cache", "type of the KV cache: f32, bf16 or int8"},
    {"--quant", "none, w8, w4, w8a8 or w4a8"},
    {"--group-size", "weights that share a scale: 32, 64, 128 or channel"},
    {"--quant-embeddings", "none, w8 or w4"},
    {"--quant-exclude", "leave weights as they are that fit a pattern (repeatable)"},
    {"--quant-scale", "search or absmax"},
    {"--max-chunk", "most tokens of one step"},
    {"--matmul", "generated, onednn or auto"},
    {"--target", "native, x86-64-v3, ..."},
    {"--weights", "where the weights are, if not in the model's folder"},
    {"--random-weights", "no checkpoint: random weights from this seed"},
    {"--disable-pass", "leave a pass out (repeatable)"},
};

const std::string *valueOf(const ModelFlags &flags, std::string_view name) {
  for (size_t i = 0; i < flags.values.size(); ++i) {
    if (kCompileFlags[i].name == name && !flags.values[i].empty())
      return &flags.values[i].front();
  }
  return nullptr;
}

/// compile's options, in the order of the table.
std::vector<std::string> compileOptions(const ModelFlags &flags, int64_t context) {
  std::vector<std::string> result;
  for (size_t i = 0; i < flags.values.size(); ++i) {
    for (const std::string &value : flags.values[i])
      result.push_back(std::string(kCompileFlags[i].name) + "=" + value);
  }
  if (context > 0)
    result.push_back("--context=" + std::to_string(context));
  return result;
}

/// Whether to compile what is there. What else is no plan gets the message that plans get.
bool isModel(const std::string &path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return true;
  if (!fs::is_regular_file(path, ignored) || isPlanFile(path))
    return false;
#ifdef GRAPHC_READS_GGUF
  if (looksLikeGguf(path)) // Whatever its name ends with.
    return true;
#endif
  const std::string extension = fs::path(path).extension().string();
  return extension == ".gguf" || extension == ".json" || extension == ".mlir";
}

Status compileTo(const std::string &output, const std::string &model,
                 const std::vector<std::string> &options, bool quiet) {
  std::vector<std::string> arguments = {"compile", model, "-o", output};
  arguments.insert(arguments.end(), options.begin(), options.end());
  if (quiet)
    arguments.emplace_back("-q");
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  int exitCode = 0;
  GRAPHC_RETURN_IF_ERROR(
      runCompilerCommand(static_cast<int>(pointers.size()), pointers.data(), exitCode));
  return exitCode == 0 ? Status()
                       : Status(static_cast<StatusCode>(exitCode),
                                model + ": the model cannot be compiled (see above)");
}

/// A plan that goes when it is closed: its file has no name any more.
Expected<Plan> compileForThisRun(const std::string &model, const std::vector<std::string> &options,
                                 const PlanOpenOptions &open, bool quiet) {
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "graphc-XXXXXX").string();
  if (error || !::mkdtemp(folder.data()))
    return resourceError("there is no place for a temporary plan; let TMPDIR name one");
  std::string path = folder + "/plan.gcplan";
  Status compiled = compileTo(path, model, options, quiet);
  Expected<Plan> plan = compiled.ok() ? Plan::open(path, open) : Expected<Plan>(compiled);
  fs::remove_all(folder, error);
  return plan;
}

/// The plan of the cache; nothing when it is not there or cannot be used.
std::optional<Plan> openCached(const PlanCache &cache, const CacheKey &key,
                               const PlanOpenOptions &open, bool quiet) {
  if (!cache.holds(key))
    return std::nullopt;
  Expected<Plan> plan = Plan::open(cache.planPath(key.name()), open);
  if (!plan) {
    if (!quiet)
      writeNote(plan.status().message() + "; compiling it again");
    return std::nullopt;
  }
  cache.touch(key.name());
  return *std::move(plan);
}

Expected<Plan> openThroughCache(const PlanCache &cache, uint64_t limit, const ModelFlags &flags,
                                const std::vector<std::string> &options,
                                const PlanOpenOptions &open, bool quiet) {
  GRAPHC_ASSIGN_OR_RETURN(std::string compiler, compilerIdentity());
  const std::string *weights = valueOf(flags, "--weights");
  GRAPHC_ASSIGN_OR_RETURN(CacheKey key,
                          CacheKey::of(flags.path, options, weights ? *weights : "", compiler));
  if (std::optional<Plan> plan = openCached(cache, key, open, quiet))
    return *std::move(plan);
  GRAPHC_ASSIGN_OR_RETURN(FileLock lock, cache.lock(key.name(), [&] {
    if (!quiet)
      writeNote("waiting for another graphc that compiles " + escapeForMessage(flags.path, 300));
  }));
  if (std::optional<Plan> plan = openCached(cache, key, open, quiet))
    return *std::move(plan);
  GRAPHC_RETURN_IF_ERROR(compileTo(cache.planPath(key.name()), flags.path, options, quiet));
  GRAPHC_RETURN_IF_ERROR(cache.complete(key));
  cache.shrink(limit, key.name());
  return Plan::open(cache.planPath(key.name()), open);
}

} // namespace

void addModelFlags(CLI::App &app, ModelFlags &flags) {
  app.add_option("PLAN", flags.path,
                 "a plan, as written by 'graphc compile', or a model (folder, GGUF file, "
                 "config.json), which is compiled into a cache first")
      ->required();
  flags.values.resize(std::size(kCompileFlags));
  const char *group = "For a model in place of a plan, as of 'graphc compile'";
  for (size_t i = 0; i < flags.values.size(); ++i)
    app.add_option(kCompileFlags[i].name, flags.values[i], kCompileFlags[i].help)
        ->allow_extra_args(false)
        ->group(group);
  app.add_flag("--no-cache", flags.noCache, "compile for this run alone")->group(group);
}

Expected<Plan> openPlanOrModel(const ModelFlags &flags, int64_t context,
                               const PlanOpenOptions &open, bool quiet) {
  if (!isModel(flags.path)) {
    std::vector<std::string> options = compileOptions(flags, 0);
    if (!options.empty())
      return usageError(options.front() + ": " + escapeForMessage(flags.path, 300) +
                        " is no model that could be compiled with it");
    return Plan::open(flags.path, open);
  }
  std::vector<std::string> options = compileOptions(flags, context);
  GRAPHC_ASSIGN_OR_RETURN(uint64_t limit, PlanCache::limit());
  std::optional<fs::path> folder = PlanCache::usualFolder();
  // MLIR text names its weights elsewhere, which a key does not cover.
  const bool isText = fs::path(flags.path).extension() == ".mlir";
  if (flags.noCache || isText || limit == 0 || !folder)
    return compileForThisRun(flags.path, options, open, quiet);
  Expected<PlanCache> cache = PlanCache::open(*folder);
  if (cache)
    return openThroughCache(*cache, limit, flags, options, open, quiet);
  if (cache.status().code() != StatusCode::Resources)
    return cache.status();
  if (!quiet)
    writeNote(cache.status().message() + ": compiling for this run alone");
  return compileForThisRun(flags.path, options, open, quiet);
}

} // namespace graphc
