// A small plan with every part filled in, written to a folder of the test's own.
#ifndef GRAPHC_TESTS_UNIT_PLAN_PLANFIXTURE_H
#define GRAPHC_TESTS_UNIT_PLAN_PLANFIXTURE_H

#include "runtime/base/CpuFeatures.h"
#include "runtime/plan/Plan.h"
#include "runtime/plan/PlanFileWriter.h"
#include "runtime/plan/PlanFormat.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

namespace graphc::test {

namespace fs = std::filesystem;

/// A folder that is removed with everything in it.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "graphc-test-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, ignored);
    fs::remove_all(path, ignored);
  }
  std::string file(const std::string &name) const { return (path / name).string(); }

  fs::path path;
};

inline std::string readFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeFile(const std::string &path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

inline constexpr uint64_t kTinyWeightsBytes = 3 * kHashBlockBytes + 192;

/// Values that differ from the defaults everywhere, so that a field that gets lost is noticed.
inline PlanHeader tinyHeader() {
  PlanHeader header;
  header.model = {
      .name = "tiny \"model\"",
      .architecture = "llama",
      .vocabulary = 32,
      .hidden = 16,
      .layers = 1,
      .contextLimit = 256,
      .bosToken = 1,
      .eosTokens = {2, 7},
      .generation = {.sample = true,
                     .temperature = 0.75,
                     .topK = 5,
                     .topP = 0.9,
                     .minP = 0.01,
                     .repetitionPenalty = 1.1},
      .sources = {{"config.json", 612, 1'700'000'000'123'456'789, "xxh3:0123456789abcdef"}}};
  header.options = {{"dtype", "f32"}, {"target", "native"}};
  header.maxTokens = 8;
  header.context = 128;
  header.resultWidth = 32;
  header.usesColumns = true;
  header.kvLayers = {{.heads = 2, .headDim = 8, .elementType = ElementType::BF16}};
  header.weights = {{"embedding", -1, 0, 2048, "32x16xf32", "embed F32: kept"},
                    {"attn.q", 0, 2048, 64, "16xf32", "q BF16: kept"}};
  PlanVariant variant{.architecture = std::string(hostArchitecture()),
                      .level = "baseline",
                      .features = {},
                      .codeSection = "code.0",
                      .scratchBytes = 4096,
                      .arenaBytes = 8192,
                      .kernels = {{"k0",
                                   "embed",
                                   "graphc.embedding",
                                   "0",
                                   "64*T",
                                   {{ElementType::F32, {{PlanDim::T}, {PlanDim::One, 16}}}}},
                                  {"k1",
                                   "head",
                                   "graphc.linear",
                                   "1024*R",
                                   "2048 + 64*R",
                                   {{ElementType::F32, {{PlanDim::One, 7}, {PlanDim::R}}}},
                                   ElementType::BF16}},
                      .schedule = {}};
  variant.kernels[1].trial = PlanTrial{8, 2, 0.25, 0.5};
  variant.schedule = {{.kernel = 0,
                       .location = "embedding",
                       .tasks = {1, PlanDim::T, 4, 96},
                       .args = {{PlanArgKind::Weight, 0}, {PlanArgKind::Arena, 64}}},
                      {.kernel = 1,
                       .location = "head",
                       .tasks = {2, PlanDim::One, 1},
                       .args = {{PlanArgKind::Arena, 64},
                                {PlanArgKind::Kv, 0},
                                {PlanArgKind::Step, 0},
                                {PlanArgKind::Result, 128}}}};
  header.variants = {variant};
  return header;
}

/// Writes tinyHeader() (or another one) with its sections.
inline Status writeTinyPlan(const std::string &path, const PlanHeader &header = tinyHeader()) {
  GRAPHC_ASSIGN_OR_RETURN(PlanFileWriter writer, PlanFileWriter::create(path));
  GRAPHC_RETURN_IF_ERROR(writer.addSection("code.0", std::string_view("not really code")));
  GRAPHC_ASSIGN_OR_RETURN(uint64_t weights,
                          writer.reserveSection(section::kWeights, kTinyWeightsBytes));
  std::vector<float> values(64, 1.5f);
  GRAPHC_RETURN_IF_ERROR(writer.write(weights, 2048, std::as_bytes(std::span(values))));
  GRAPHC_RETURN_IF_ERROR(writer.addSection(section::kTokenizer, std::string_view("tokens")));
  GRAPHC_RETURN_IF_ERROR(writer.addSection(section::kGraph, std::string_view("module {}")));
  return writer.finish(header);
}

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_PLAN_PLANFIXTURE_H
