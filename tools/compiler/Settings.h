// What the user asked for: the flags of `compile` and `dump`.
#ifndef GRAPHC_TOOLS_COMPILER_SETTINGS_H
#define GRAPHC_TOOLS_COMPILER_SETTINGS_H

#include "tools/cli/Defaults.h"
#include "tools/compiler/QuantSettings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// What of a network.json is compiled.
struct NetworkSettings {
  std::string entry;                   ///< --entry: a module; default: the file's.
  std::vector<std::string> parameters; ///< --param: name=value.
  std::string parameterFile;           ///< --params: JSON.

  bool isDefault() const { return entry.empty() && parameters.empty() && parameterFile.empty(); }
};

/// How a model becomes a plan. Empty strings and zeros stand for defaults, which depend on the
/// model.
struct CompileSettings {
  std::string model; ///< Folder, config.json, network.json, or IR text of a stage.
  NetworkSettings network;
  std::string weights; ///< Overrides where the weights come from.
  std::optional<uint64_t> randomSeed;

  std::string dtype; ///< "f32", "bf16"; default: as the checkpoint is stored.
  /// "stored", "f32", "bf16", "f16"; default: stored with dtype f32, as dtype else.
  std::string weightDtype;
  std::string kvCache; ///< "f32", "bf16", "int8"; default: as dtype.
  QuantSettings quant;
  int64_t context = 0; ///< Default: the model's own limit, at most kDefaultContext.
  int64_t maxChunk = 512;
  std::string target = "native";
  bool optimize = true;             ///< -O2 or -O0.
  std::string matmul = "generated"; ///< --matmul: generated, onednn or auto.
  std::vector<std::string> disabledPasses;

  std::string dumpFolder; ///< --dump-ir
  std::string reportFile; ///< --report
  bool timePasses = false;
  bool verbose = false;
};

/// `compile MODEL -o PLAN`
struct CompileCommand {
  CompileSettings settings;
  std::string output;
  int threads = 0;       ///< For packing; 0: all cores.
  bool isStrict = false; ///< --strict
  bool quiet = false;
};

/// `dump MODEL|PLAN --stage S`
struct DumpCommand {
  CompileSettings settings;
  std::string stage = "graph";
  std::optional<int64_t> layer;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_SETTINGS_H
