// The door of libgraphc-compiler.so: parses the command line of `compile` and `dump` and runs them.
#include "codegen/lowering/LowerToLlvm.h"
#include "ir/GraphDialect.h"
#include "runtime/base/MappedFileGuard.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Output.h"
#include "tools/compiler/Commands.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>
#include <cstdio>

using namespace mlir;

namespace graphc {

void prepareContext(MLIRContext &context, const CompileSettings &settings) {
  DialectRegistry registry;
  registry.insert<GraphcDialect>();
  registerLoweringDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  context.getDiagEngine().registerHandler([verbose = settings.verbose](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Remark && !verbose)
      return success();
    const char *kind = diagnostic.getSeverity() == DiagnosticSeverity::Error     ? "error"
                       : diagnostic.getSeverity() == DiagnosticSeverity::Warning ? "warning"
                                                                                 : "remark";
    if (isa<UnknownLoc>(diagnostic.getLocation()))
      llvm::errs() << "graphc: ";
    else
      llvm::errs() << diagnostic.getLocation() << ": ";
    llvm::errs() << kind << ": " << diagnostic << '\n';
    for (Diagnostic &note : diagnostic.getNotes())
      llvm::errs() << note.getLocation() << ": note: " << note << '\n';
    return success();
  });
}

static void addQuantFlags(CLI::App &app, QuantSettings &quant) {
  app.add_option(
      "--quant", quant.scheme,
      "none, w8, w4: weights as 8 or 4 bit integers with scales; w8a8, w4a8: activations\n"
      "as 8 bit integers too (default none)");
  app.add_option(
      "--group-size", quant.group,
      "weights that share a scale: 32, 64, 128, or channel for a whole row (default 32)");
  app.add_option("--quant-embeddings", quant.embeddings,
                 "none, w8 or w4 for the head and an embedding tied to it (default w8)");
  app.add_option(
         "--quant-exclude", quant.exclude,
         "leave weights as they are whose name, or whose tensor's, fits a pattern with * and ?\n"
         "(repeatable)")
      ->allow_extra_args(false);
  app.add_option(
      "--quant-scale", quant.scale,
      "search: scales of least squared error; absmax: from the largest weight (default search)");
}

static void addNetworkFlags(CLI::App &app, NetworkSettings &network) {
  app.add_option("--entry", network.entry,
                 "of a network.json: the module to compile, by its name or by the nodes that lead\n"
                 "to it, as in layers.0.attention (default: the file's entry)");
  app.add_option("--param", network.parameters,
                 "of a network.json: name=value of a parameter (repeatable)")
      ->allow_extra_args(false);
  app.add_option("--params", network.parameterFile,
                 "of a network.json: a file of JSON with parameters; --param goes first");
}

static void addSharedFlags(CLI::App &app, CompileSettings &settings) {
  addNetworkFlags(app, settings.network);
  app.add_option(
      "--dtype", settings.dtype,
      "type of activations: f32 or bf16 (default: bf16 for a checkpoint of bf16, else f32)");
  app.add_option("--weight-dtype", settings.weightDtype,
                 "type that matrices are stored in: f32, bf16, f16, or stored for what the\n"
                 "checkpoint has (default with generated code and --dtype f32 or a GGUF file;\n"
                 "else --dtype)");
  app.add_option("--kv-cache", settings.kvCache,
                 "type of the KV cache: f32, bf16 or int8 (default: as --dtype)");
  addQuantFlags(app, settings.quant);
  app.add_option("-c,--context", settings.context,
                 "longest sequence in tokens (default: the model's, at most 8192)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 20));
  app.add_option("--max-chunk", settings.maxChunk, "most tokens of one step (default 512)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 16));
  app.add_option("--target", settings.target,
                 "native, x86-64-v3 (AVX2), x86-64-v4 (AVX-512), ... (default native)");
  CLI::Option *random = app.add_option("--random-weights", settings.randomSeed,
                                       "no checkpoint: normal random weights from this seed");
  app.add_option("--weights", settings.weights,
                 "where the weights are, if not in the model's folder")
      ->excludes(random);
  app.add_option("--disable-pass", settings.disabledPasses,
                 "leave a pass out, e.g. fuse-attention (repeatable)")
      ->allow_extra_args(false);
  app.add_flag("-v,--verbose", settings.verbose,
               "say why something was not fused, and which keys of the configuration were ignored");
  app.add_option_function<int>(
         "-O", [&settings](int level) { settings.optimize = level != 0; },
         "-O0: fuse nothing; -O2: all passes (default)")
      ->check(CLI::IsMember({0, 2}));
}

static void addCompile(CLI::App &parent, CompileCommand &command) {
  parent.description("Compile a model into a plan");
  parent
      .add_option("MODEL", command.settings.model,
                  "Hugging Face folder, GGUF file, config.json (with --random-weights),\n"
                  "network.json, or IR text (.mlir)")
      ->required();
  parent.add_option("-o,--output", command.output, "the plan file to write")->required();
  addSharedFlags(parent, command.settings);
  parent.add_option("-t,--threads", command.threads, "threads that pack weights (default: all)")
      ->check(CLI::Range(1, 1024));
  parent
      .add_option(
          "--matmul", command.settings.matmul,
          "who multiplies many rows by f32 or bf16 weights: generated code (default; its\n"
          "results do not depend on how rows are batched), onednn, or auto: what is faster\n"
          "on this machine")
      ->check(CLI::IsMember({"generated", "onednn", "auto"}));
  parent.add_option("--dump-ir", command.settings.dumpFolder,
                    "write the IR after each pass that changed something into this folder");
  parent.add_option("--report", command.settings.reportFile, "write what fused, or why not (JSON)");
  parent.add_flag("--time-passes", command.settings.timePasses, "print the time of each pass");
  parent.add_flag("--strict", command.isStrict,
                  "refuse weights with infinite numbers or NaN instead of a warning");
  parent.add_flag("-q,--quiet", command.quiet, "no progress and no summary");
}

/// More than any network has: what is no layer of this one is said with the network at hand.
constexpr int64_t kMostLayers = 1 << 20;

static void addDump(CLI::App &parent, DumpCommand &command) {
  parent.description("Print the IR of a model or plan at a stage");
  parent.add_option("MODEL", command.settings.model, "a plan, or what compile takes")->required();
  parent.add_option("--stage", command.stage,
                    "graph, fused, plan, kernels, llvm or asm (default graph)");
  parent.add_option("--layer", command.layer, "only this layer")
      ->check(CLI::Range(int64_t(0), kMostLayers));
  addSharedFlags(parent, command.settings);
}

static int run(int argc, const char *const *argv) {
  std::string name = argc > 0 ? argv[0] : "";
  CLI::App app("", "graphc " + name);
  CompileCommand compile;
  DumpCommand dump;
  if (name == "compile")
    addCompile(app, compile);
  else
    addDump(app, dump);
  bool helpShown = false;
  Status status = parseFlags(app, argc, argv, helpShown);
  if (status.ok() && !helpShown)
    status = name == "compile" ? runCompile(compile) : runDump(dump);
  if (outputClosed())
    return 0;
  if (!status.ok())
    std::fprintf(stderr, "graphc %s: %s\n", name.c_str(), status.message().c_str());
  return static_cast<int>(status.code());
}

} // namespace graphc

/// Runs `compile` or `dump`: argv[0] is the command. Returns the exit code.
extern "C" __attribute__((visibility("default"))) int graphcCompilerMain(int argc,
                                                                         const char *const *argv) {
  // The program has a guard of its own, but that knows only the files that the program mapped.
  graphc::installMappedFileGuard();
  return graphc::run(argc, argv);
}
