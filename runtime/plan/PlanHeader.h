// Everything that a plan says about itself: the JSON header of a plan file as C++ structs.
//
// The compiler fills these structs and gives them to PlanFileWriter; the runtime gets them from
// Plan::header(), where every index and offset has been checked: code that uses a header read from
// a file may index with what it finds there.
#ifndef GRAPHC_RUNTIME_PLAN_PLANHEADER_H
#define GRAPHC_RUNTIME_PLAN_PLANHEADER_H

#include "runtime/base/ElementType.h"
#include "runtime/base/Json.h"
#include "runtime/base/Status.h"
#include "runtime/plan/KvLayout.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// A file that the plan was compiled from, as it was then (PlanSources.h).
struct PlanSource {
  std::string file;     ///< Name inside the model folder.
  uint64_t bytes = 0;   ///< Its size.
  int64_t modified = 0; ///< Last modification, nanoseconds since 1970.
  /// "xxh3:<16 hex digits>" of the whole file, or "xxh3-header:<16 hex digits>" of the header of a
  /// safetensors file (its first 8 bytes and the JSON that they announce).
  std::string digest;
};

/// What the model's authors recommend for generation (generation_config.json). Absent values leave
/// the choice to the command.
struct GenerationDefaults {
  std::optional<bool> sample; ///< do_sample: false means greedy.
  std::optional<double> temperature;
  std::optional<int64_t> topK;
  std::optional<double> topP;
  std::optional<double> minP;
  std::optional<double> repetitionPenalty;
};

struct PlanModel {
  std::string name;         ///< For people, e.g. the folder's name.
  std::string architecture; ///< e.g. "llama".
  int64_t vocabulary = 0;   ///< Token ids are 0 .. vocabulary-1.
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t batch = 1;        ///< Sequences that it is usually given at once.
  int64_t contextLimit = 0; ///< What the model was made for; the plan's own limit is `context`.
  std::optional<int64_t> bosToken;
  std::vector<int64_t> eosTokens; ///< Any of them ends a sequence.
  GenerationDefaults generation;
  std::vector<PlanSource> sources;
};

/// Bytes of the file. Offsets are multiples of kPlanSectionAlignment.
struct PlanSection {
  std::string name;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t hash = 0; ///< sectionHash() of the bytes (PlanFormat.h).
};

/// A packed weight in the section "weights".
struct PlanWeight {
  std::string name;    ///< The weight symbol, e.g. "attn.qkv".
  int64_t layer = -1;  ///< Layer, or -1 for a weight outside the layers.
  uint64_t offset = 0; ///< From the section's start; a multiple of kBufferAlignment.
  uint64_t bytes = 0;
  std::string type;   ///< For people, e.g. "64x1024x32x1x2xbf16".
  std::string source; ///< For people: what of the checkpoint it is, and what became of the numbers.
};

/// What an entry of a kernel's `args` is filled with.
enum class PlanArgKind : uint8_t {
  Arena,  ///< Address of byte `value` of the arena.
  Weight, ///< Address of weight number `value`.
  Kv,     ///< Base of the page pool of kvLayers[value].
  Step,   ///< 0: the fixed header stands for the step.
  Result, ///< Address of byte `value` of the result, f32 [R][resultWidth].
};

struct PlanArg {
  PlanArgKind kind = PlanArgKind::Arena;
  uint64_t value = 0;

  bool operator==(const PlanArg &) const = default;
};

/// A dimension that a number of tasks may follow.
enum class PlanDim : uint8_t { One, T, R, S };

/// A dispatch has times * ceil(dim / block) tasks.
struct PlanTasks {
  int64_t times = 1;
  PlanDim dim = PlanDim::One;
  int64_t block = 1;
  /// Not 0, with T as `dim`: the tasks of a step of no more than `block` tokens can be cut into
  /// shares of the context. They leave each other so many bytes for every token and piece
  /// (KernelAbi.h).
  int64_t pieceBytes = 0;

  bool operator==(const PlanTasks &) const = default;
  /// `extent`: the value of `dim` in this step; ignored for One.
  int64_t count(int64_t extent) const {
    return times * (dim == PlanDim::One ? 1 : ceilDiv(extent, block));
  }
  /// Bytes of what shares leave each other in steps of `tokens`, with contexts up to `context`.
  uint64_t sharedBytes(int64_t tokens, int64_t context) const {
    if (pieceBytes == 0)
      return 0;
    return static_cast<uint64_t>(kSharedCounters * static_cast<int64_t>(sizeof(int32_t)) +
                                 pieceBytes * tokens * ceilDiv(context, kPieceTokens));
  }
};

/// One extent of a result: a number, or a dynamic dimension.
struct PlanExtent {
  PlanDim dim = PlanDim::One;
  int64_t extent = 1; ///< For One.

  bool operator==(const PlanExtent &) const = default;
};

/// A tensor that a kernel writes: dense, row-major, with room for every dynamic dimension's bound.
///
/// Of type i8 are rows quantized as they come: the last extent is their bytes, integers and what
/// stands behind them (ir/QuantFormat.h).
struct PlanResult {
  ElementType type = ElementType::F32;
  std::vector<PlanExtent> shape;
  int64_t scalesByte = 0; ///< Of a row of type i8: where its f32 scales begin,
  int64_t scaleCount = 0; ///< and how many there are.
};

/// How a provider (ProductAbi.h) computes a kernel's product: rows, the kernel's first argument,
/// times packed panels, its second. Tasks are the kernel's, of which each is some panels.
struct PlanProduct {
  std::string provider;                ///< "onednn".
  std::string epilogue;                ///< Symbol of what is done to the sums; a KernelFn.
  ElementType type = ElementType::F32; ///< Of rows and panels: f32 or bf16.
  PlanDim rows = PlanDim::T;           ///< T or R.
  int64_t leastRows = 1;               ///< Steps with fewer run the kernel itself.
  int64_t depth = 0;                   ///< Numbers of a channel.
  int64_t rowWidth = 0;                ///< Numbers from a row to the next, depth at least.
  /// Where in the arena rows are copied to first, without gaps, if they have some.
  uint64_t denseRows = 0;
  int64_t panels = 1; ///< Of a task.
  int64_t slice = 1;  ///< Tasks that one call of the provider has at most.
  /// Where in a thread's scratch the epilogue finds the sums of its tasks: f32 [rows][channels].
  uint64_t sumsOffset = 0;
};

/// What `--matmul=auto` measured when the plan was compiled: milliseconds of a kernel.
struct PlanTrial {
  int64_t rows = 0;
  int64_t threads = 0;
  double generated = 0;
  double provided = 0; ///< By the provider, with the epilogue.
};

/// A function in a variant's code section.
struct PlanKernel {
  std::string symbol;              ///< What dlsym finds.
  std::string name;                ///< The graphc.kernel symbol, for people.
  std::string opName;              ///< The op it computes, e.g. "graphc.fused_linear".
  std::string flops;               ///< Cost texts (PlanCost.h) of one dispatch, in T, R, S.
  std::string bytes;               ///< Bytes of memory it must move: weights, cache, activations.
  std::vector<PlanResult> results; ///< The last arguments of its dispatches.
  /// Type of the factors of most of its products: tells the peak that its speed compares with.
  ElementType arithmetic = ElementType::F32;
  std::optional<PlanProduct> product = {}; ///< Absent: the kernel computes its own.
  std::optional<PlanTrial> trial = {};
};

/// One entry of the schedule: a kernel call.
struct PlanDispatch {
  uint32_t kernel = 0;  ///< Index in PlanVariant::kernels.
  std::string location; ///< For people and traces, e.g. "layer 3 attn.qkv".
  PlanTasks tasks;
  std::vector<PlanArg> args; ///< Entries from kFirstOperand on.
  /// It may run at the same time as the one before it, and as those that that one runs with.
  bool together = false;
};

/// Code for one set of CPU features, and how to run it.
struct PlanVariant {
  std::string architecture;          ///< "x86_64".
  std::string level;                 ///< Name for people: a CpuLevel's, or "native".
  std::vector<std::string> features; ///< All must be present, in LLVM's spelling.
  std::string codeSection;           ///< Name of the section with the shared object.
  uint64_t scratchBytes = 0;         ///< Per thread.
  uint64_t arenaBytes = 0;
  std::vector<PlanKernel> kernels;
  std::vector<PlanDispatch> schedule;
};

/// Names of the sections; code sections are "code.<something>", one per variant.
namespace section {
inline constexpr char kWeights[] = "weights";
inline constexpr char kTokenizer[] = "tokenizer";        ///< Absent when the model has none.
inline constexpr char kChatTemplate[] = "chat_template"; ///< Jinja; absent when there is none.
inline constexpr char kGraph[] = "graph.mlir";           ///< The un-fused graph, text.
inline constexpr char kPlan[] = "plan.mlir";             ///< The plan stage, text.
inline constexpr char kCodePrefix[] = "code.";
} // namespace section

struct PlanHeader {
  std::string compilerId; ///< graphcId() of the compiler.
  PlanModel model;
  /// How it was compiled, for people: "dtype" -> "bf16", "target" -> "native", ...
  std::map<std::string, std::string> options;

  int64_t maxTokens = 0; ///< Bound of T and R in a step (--max-chunk).
  int64_t context = 0;   ///< Bound of S, and of a sequence's length (-c).
  /// Numbers of a row of the input, f32 [T][inputWidth]; 0: the input are tokens.
  int64_t inputWidth = 0;
  int64_t resultWidth = 0; ///< Columns of the result; the vocabulary when it is logits.
  /// Un-fused attention is in the schedule: the executor provides column_slot and
  /// column_position, and keeps the sum of the step's sequence lengths within `context`.
  bool usesColumns = false;

  std::vector<KvLayout> kvLayers;
  std::vector<PlanWeight> weights;
  std::vector<PlanVariant> variants; ///< Best first; the first that fits the machine runs.
  std::vector<PlanSection> sections; ///< Filled in by PlanFileWriter.

  const PlanSection *findSection(std::string_view name) const;

  /// Whether rows of the result are logits, from which the next token can be chosen.
  bool yieldsLogits() const { return inputWidth == 0 && resultWidth == model.vocabulary; }

  /// Largest value of a dimension; 1 for One.
  int64_t boundOf(PlanDim dim) const;

  Json toJson() const;

  /// Reads and validates: types, bounds of every number, and that indices and ranges stay inside
  /// what they refer to (kernels, weights, kvLayers, sections, arena, result). BadInput names the
  /// key. `what` is the file's name.
  static Expected<PlanHeader> fromJson(const Json &json, const std::string &what);
};

/// "arena", "weight", ...; "1", "T", ...
std::string_view planArgKindName(PlanArgKind kind);
std::string_view planDimName(PlanDim dim);

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PLANHEADER_H
