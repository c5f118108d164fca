// A plan whose kernels come from test_kernels.c, and what it computes.
#ifndef GRAPHC_TESTS_UNIT_EXEC_TESTNETWORK_H
#define GRAPHC_TESTS_UNIT_EXEC_TESTNETWORK_H

#include "../plan/PlanFixture.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace graphc::test {

inline constexpr int64_t kHeadDim = 5, kVocabulary = 11, kMaxTokens = 16, kContext = 200;

struct NetworkOptions {
  bool columns = false;   ///< Attention over columns, as if un-fused.
  bool inputRows = false; ///< Takes rows of kHeadDim numbers in place of tokens.
  std::string headKernel = "head";
  bool twice = false;  ///< Embeds twice at the same time, and goes on with the second result.
  bool shares = false; ///< Attention that tells in how many shares it was cut (test_kernels.c).
  int64_t context = kContext;
  std::vector<int64_t> eosTokens = {};
  std::string kernels = GRAPHC_TEST_KERNELS; ///< File with the code.
  std::vector<std::string> features = {};
  uint64_t arenaBytes = 2048;
  std::map<int32_t, float> embeddings = {}; ///< Tokens whose whole row is another number.
  std::vector<std::byte> tokenizer = {};    ///< Tables; none when empty.
};

inline std::vector<float> networkTable() {
  std::vector<float> table;
  for (int64_t i = 0; i < kVocabulary * kHeadDim; ++i)
    table.push_back(static_cast<float>((i * 7919) % 101) / 64 - 0.75f);
  return table;
}

inline std::vector<float> networkHead() {
  std::vector<float> head;
  for (int64_t i = 0; i < kVocabulary * kHeadDim; ++i)
    head.push_back(static_cast<float>((i * 104729) % 97) / 32 - 1.5f);
  return head;
}

inline PlanHeader networkHeader(const NetworkOptions &options) {
  PlanHeader header;
  header.model = {.name = "test network",
                  .architecture = "test",
                  .vocabulary = kVocabulary,
                  .hidden = kHeadDim,
                  .layers = 1,
                  .batch = 1,
                  .contextLimit = options.context,
                  .bosToken = std::nullopt,
                  .eosTokens = options.eosTokens,
                  .generation = {},
                  .sources = {}};
  header.maxTokens = kMaxTokens;
  header.context = options.context;
  header.resultWidth = kVocabulary;
  header.usesColumns = options.columns;
  header.kvLayers = {{.heads = 1, .headDim = kHeadDim, .elementType = ElementType::F32}};
  header.weights = {{"table", -1, 0, 220, "11x5xf32", ""}, {"head", -1, 256, 220, "11x5xf32", ""}};
  PlanArg table{PlanArgKind::Weight, 0}, head{PlanArgKind::Weight, 1}, cache{PlanArgKind::Kv, 0},
      step{PlanArgKind::Step, 0}, x{PlanArgKind::Arena, 0}, y{PlanArgKind::Arena, 1024},
      result{PlanArgKind::Result, 0};
  std::string attention = options.columns  ? "attend_columns"
                          : options.shares ? "tell_shares"
                                           : "attend";
  PlanTasks attentionTasks{1, PlanDim::T, options.shares ? 4 : 1, options.shares ? 64 : 0};
  PlanResult rows{ElementType::F32, {{PlanDim::T}, {PlanDim::One, kHeadDim}}};
  PlanResult logits{ElementType::F32, {{PlanDim::R}, {PlanDim::One, kVocabulary}}};
  header.variants = {
      {.architecture = std::string(hostArchitecture()),
       .level = "baseline",
       .features = options.features,
       .codeSection = "code.0",
       .scratchBytes = 64,
       .arenaBytes = options.arenaBytes,
       .kernels = {{"embed", "embed", "embedding", "0", "40*T", {rows}},
                   {"append", "append", "kv_append", "0", "40*T", {}},
                   {attention, "attend", "flash_attention", "15*T*S", "40*S", {rows}},
                   {options.headKernel, "head", "linear", "110*R", "220 + 64*R", {logits}}},
       .schedule = {{0, "embedding", {1, PlanDim::T, 4}, {table, step, x}},
                    {1, "layer 0 append", {1, PlanDim::T, 1}, {x, cache, step}},
                    {2, "layer 0 attention", attentionTasks, {cache, step, y}},
                    {3, "head", {11, PlanDim::One, 1}, {y, head, step, result}}}}};
  if (options.twice) {
    std::vector<PlanDispatch> &schedule = header.variants[0].schedule;
    PlanDispatch again = schedule[0];
    again.location = "embedding again";
    again.together = true;
    again.args[2].value = schedule[1].args[0].value = 512;
    schedule.insert(schedule.begin() + 1, again);
  }
  if (options.inputRows) {
    header.inputWidth = kHeadDim;
    header.variants[0].kernels[0] = {"take_rows", "input_rows", "input_rows", "0", "40*T", {rows}};
    header.variants[0].schedule[0] = {0, "input", {1, PlanDim::One, 1}, {step, x}};
  }
  return header;
}

inline Status writeNetworkPlan(const std::string &path, const NetworkOptions &options = {}) {
  GRAPHC_ASSIGN_OR_RETURN(PlanFileWriter writer, PlanFileWriter::create(path));
  GRAPHC_RETURN_IF_ERROR(writer.addSection("code.0", readFile(options.kernels)));
  GRAPHC_ASSIGN_OR_RETURN(uint64_t weights, writer.reserveSection(section::kWeights, 512));
  std::vector<float> table = networkTable(), head = networkHead();
  for (auto [token, value] : options.embeddings)
    std::fill_n(table.begin() + token * kHeadDim, kHeadDim, value);
  GRAPHC_RETURN_IF_ERROR(writer.write(weights, 0, std::as_bytes(std::span(table))));
  GRAPHC_RETURN_IF_ERROR(writer.write(weights, 256, std::as_bytes(std::span(head))));
  if (!options.tokenizer.empty())
    GRAPHC_RETURN_IF_ERROR(writer.addSection(section::kTokenizer, std::span(options.tokenizer)));
  return writer.finish(networkHeader(options));
}

/// Logits after the last of `tokens`, computed from the description of the network.
inline std::vector<float> expectedLogits(std::span<const int32_t> tokens) {
  std::vector<float> table = networkTable(), head = networkHead(), sums(kHeadDim);
  for (size_t j = 0; j < tokens.size(); ++j) {
    for (size_t d = 0; d < kHeadDim; ++d) {
      float x = table[static_cast<size_t>(tokens[j]) * kHeadDim + d];
      sums[d] += x * (2 * x) / static_cast<float>(1 + j);
    }
  }
  std::vector<float> logits(kVocabulary);
  for (size_t v = 0; v < kVocabulary; ++v) {
    for (size_t d = 0; d < kHeadDim; ++d)
      logits[v] += sums[d] * head[v * kHeadDim + d];
  }
  return logits;
}

/// `count` tokens that differ from seed to seed.
inline std::vector<int32_t> promptOf(int64_t count, int64_t seed) {
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i)
    tokens.push_back(static_cast<int32_t>((i * i * 31 + seed * 17 + i) % kVocabulary));
  return tokens;
}

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_EXEC_TESTNETWORK_H
