// Damaged, truncated and foreign plans: rows 19 and 20 of the reliability table.
#include "PlanFixture.h"

#include "runtime/base/Version.h"

#include <cstring>
#include <functional>
#include <gmock/gmock.h>
#include <set>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;

namespace {

class DamagedPlan : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_TRUE(writeTinyPlan(path).ok());
    bytes = readFile(path);
    Expected<Plan> plan = Plan::open(path);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    sections = plan->header().sections;
    std::memcpy(&prelude, bytes.data(), sizeof(prelude));
  }

  Status openChanged(std::string_view changed, bool verifyWeights = false) {
    writeFile(path, changed);
    return Plan::open(path, {.verifyWeights = verifyWeights}).status();
  }

  /// Flips one bit of the file in place, opens it, and flips it back.
  Status openFlipped(size_t at, int bit, bool verifyWeights = false) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    auto put = [&](char byte) { file.seekp(std::streamoff(at)).put(byte).flush(); };
    put(static_cast<char>(bytes[at] ^ (1 << bit)));
    Status status = Plan::open(path, {.verifyWeights = verifyWeights}).status();
    put(bytes[at]);
    return status;
  }

  /// The plan with a changed header whose hashes are right: what a wrong or hostile compiler would
  /// write.
  Status openWithHeader(const std::function<void(Json &)> &change) {
    Json json = Json::parse(bytes.substr(prelude.headerOffset));
    change(json);
    std::string text = json.dump();
    PlanPrelude fresh = prelude;
    fresh.headerBytes = text.size();
    fresh.fileBytes = prelude.headerOffset + text.size();
    fresh.headerHash = hashBytes(std::as_bytes(std::span(text)));
    fresh.preludeHash = hashPrelude(fresh);
    std::string changed = bytes.substr(0, prelude.headerOffset) + text;
    std::memcpy(changed.data(), &fresh, sizeof(fresh));
    return openChanged(changed);
  }

  TemporaryFolder folder;
  std::string path = folder.file("tiny.gcplan");
  std::string bytes;
  std::vector<PlanSection> sections;
  PlanPrelude prelude;
};

} // namespace

TEST_F(DamagedPlan, E3Row19_EveryFlippedBitOfThePreludeIsRefused) {
  for (size_t at = 0; at < sizeof(PlanPrelude); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Status status = openFlipped(at, bit);
      bool version = at >= 8 && at < 12;
      EXPECT_EQ(status.code(), version ? StatusCode::PlanMismatch : StatusCode::BadInput)
          << "byte " << at << " bit " << bit << ": " << status.message();
    }
  }
}

TEST_F(DamagedPlan, E3Row19_EveryFlippedByteOfTheHeaderIsRefused) {
  for (size_t at = prelude.headerOffset; at < bytes.size(); ++at) {
    Status status = openFlipped(at, static_cast<int>(at % 8));
    EXPECT_EQ(status.code(), StatusCode::BadInput) << "byte " << at << ": " << status.message();
  }
}

TEST_F(DamagedPlan, E3Row19_FlippedBitsOfSectionsAndGapsAreRefused) {
  std::set<size_t> places = {64, 100, kPlanSectionAlignment - 1};
  for (const PlanSection &section : sections) {
    places.insert({section.offset, section.offset + section.bytes / 2,
                   section.offset + section.bytes - 1, section.offset + section.bytes});
  }
  for (size_t at : places) {
    Status status = openFlipped(at, static_cast<int>(at % 8), /*verifyWeights=*/true);
    EXPECT_EQ(status.code(), StatusCode::BadInput) << "byte " << at << ": " << status.message();
  }
}

TEST_F(DamagedPlan, E3Row19_WeightsAreHashedWhenAskedFor) {
  auto weights = std::find_if(sections.begin(), sections.end(),
                              [](auto &s) { return s.name == section::kWeights; });
  for (size_t at : {size_t(0), size_t(kHashBlockBytes), size_t(weights->bytes - 1)}) {
    EXPECT_TRUE(openFlipped(weights->offset + at, 3).ok());
    Status status = openFlipped(weights->offset + at, 3, /*verifyWeights=*/true);
    EXPECT_EQ(status.code(), StatusCode::BadInput);
    EXPECT_THAT(status.message(), HasSubstr("section 'weights' is damaged"));
  }
}

TEST_F(DamagedPlan, E3Row19_TruncatedFilesAreRefused) {
  std::set<size_t> lengths = {0, 1, 7, 8, 12, 63, 64, prelude.headerOffset, bytes.size() - 1};
  for (const PlanSection &section : sections)
    lengths.insert({section.offset, section.offset + 1, section.offset + section.bytes});
  for (size_t length : lengths) {
    Status status = openChanged(std::string_view(bytes).substr(0, length));
    EXPECT_EQ(status.code(), StatusCode::BadInput) << "length " << length;
    EXPECT_THAT(status.message(), HasSubstr("tiny.gcplan"));
  }
  Status longer = openChanged(bytes + "x");
  EXPECT_EQ(longer.code(), StatusCode::BadInput);
}

TEST_F(DamagedPlan, E3Row19_OtherVersionsAndCompilersAreRefused) {
  for (uint32_t version : {0u, kPlanFormatVersion + 1, 0xffffffffu}) {
    std::string changed = bytes;
    std::memcpy(changed.data() + 8, &version, 4);
    Status status = openChanged(changed);
    EXPECT_EQ(status.code(), StatusCode::PlanMismatch);
    EXPECT_THAT(status.message(), HasSubstr("version " + std::to_string(version)));
  }
  Status other = openWithHeader([](Json &json) { json["compiler"] = "graphc 99.0.0"; });
  EXPECT_EQ(other.code(), StatusCode::PlanMismatch);
  EXPECT_THAT(other.message(), HasSubstr("graphc 99.0.0"));
  EXPECT_THAT(other.message(), HasSubstr(std::string(graphcId())));
}

TEST_F(DamagedPlan, E3Row19_OtherFilesAreRecognised) {
  EXPECT_THAT(openChanged("<!DOCTYPE html><html><body>404 not found, sorry for that, dear reader")
                  .message(),
              HasSubstr("HTML"));
  EXPECT_THAT(openChanged("version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef")
                  .message(),
              HasSubstr("LFS"));
  EXPECT_THAT(openChanged(std::string(5000, 'x')).message(), HasSubstr("not a graphc plan"));
}

TEST_F(DamagedPlan, HeadersThatSayTheImpossibleAreRefused) {
  using Change = std::function<void(Json &)>;
  auto dispatch = [](Json &json) -> Json & { return json["variants"][0]["schedule"][0]; };
  auto results = [](Json &json) -> Json & { return json["variants"][0]["kernels"][0]["results"]; };
  constexpr int64_t kLarge = int64_t(1) << 28;
  const std::pair<const char *, Change> cases[] = {
      {"max_tokens", [](Json &j) { j["max_tokens"] = 0; }},
      {"max_tokens", [](Json &j) { j["max_tokens"] = -1; }},
      {"max_tokens", [](Json &j) { j["max_tokens"] = 1.5; }},
      {"context", [](Json &j) { j["context"] = uint64_t(1) << 63; }},
      {"context", [](Json &j) { j.erase("context"); }},
      {"uses_columns", [](Json &j) { j["uses_columns"] = 1; }},
      {"eos_tokens[0]", [](Json &j) { j["model"]["eos_tokens"][0] = 32; }},
      {"weights[0]", [](Json &j) { j["weights"][0]["bytes"] = kTinyWeightsBytes + 1; }},
      {"weights[1]", [](Json &j) { j["weights"][1]["offset"] = kTinyWeightsBytes; }},
      {"weights[1].offset", [](Json &j) { j["weights"][1]["offset"] = 2049; }},
      {"kv_layers[0].type", [](Json &j) { j["kv_layers"][0]["type"] = "i32"; }},
      {"kv_layers[0].heads", [](Json &j) { j["kv_layers"][0]["heads"] = 0; }},
      {"variants", [](Json &j) { j["variants"] = Json::array(); }},
      {"variants[0].code", [](Json &j) { j["variants"][0]["code"] = "code.7"; }},
      {"schedule[0].kernel", [&](Json &j) { dispatch(j)["kernel"] = 2; }},
      {"schedule[0].tasks[1]", [&](Json &j) { dispatch(j)["tasks"][1] = "Q"; }},
      {"schedule[0].tasks[2]", [&](Json &j) { dispatch(j)["tasks"][2] = 0; }},
      {"schedule[0].tasks[3]", [&](Json &j) { dispatch(j)["tasks"][3] = -1; }},
      {"schedule[0].tasks[3]",
       [&](Json &j) {
         dispatch(j)["tasks"] = Json::array({1, "T", 1024, int64_t(1) << 26});
         j["context"] = int64_t(1) << 28;
         j["max_tokens"] = 1024;
       }},
      {"schedule[0].tasks[0]",
       [&](Json &j) { dispatch(j)["tasks"] = Json::array({kSharedCounters + 1, "T", 4, 64}); }},
      {"schedule[0].tasks[1]",
       [&](Json &j) { dispatch(j)["tasks"] = Json::array({1, "R", 4, 64}); }},
      {"schedule[0].together", [&](Json &j) { dispatch(j)["together"] = 1; }},
      {"schedule[0].args[0][1]", [&](Json &j) { dispatch(j)["args"][0][1] = 2; }},
      {"schedule[0].args[1][1]", [&](Json &j) { dispatch(j)["args"][1][1] = 8192; }},
      {"schedule[0].args[1][1]", [&](Json &j) { dispatch(j)["args"][1][1] = 65; }},
      {"schedule[0].args[1][0]", [&](Json &j) { dispatch(j)["args"][1][0] = "pool"; }},
      {"schedule[0].args[1]", [&](Json &j) { dispatch(j)["args"][1][1] = 8192 - 448; }},
      {"schedule[0].args[0]", [&](Json &j) { results(j).push_back(results(j)[0]); }},
      {"schedule[0].args", [&](Json &j) { results(j).insert(results(j).end(), 2, results(j)[0]); }},
      {"schedule[0].args[1]", [&](Json &j) { results(j)[0] = {"f32", kLarge, kLarge, kLarge}; }},
      {"kernels[0].results[0][0]", [&](Json &j) { results(j)[0][0] = "i9"; }},
      {"kernels[0].results[0][1]", [&](Json &j) { results(j)[0][1] = "Q"; }},
      {"kernels[0].results[0][2]", [&](Json &j) { results(j)[0][2] = 0; }},
      {"kernels[0].results[0]", [&](Json &j) { results(j)[0] = Json(std::vector<int>(10, 1)); }},
      {"kernels[0].results[0]", [&](Json &j) { results(j)[0] = {"i8", "T", 0, 1}; }},
      {"kernels[0].results[0][3]", [&](Json &j) { results(j)[0] = {"i8", "T", 8, 9, 0}; }},
      {"kernels[0].results[0][4]", [&](Json &j) { results(j)[0] = {"i8", "T", 8, 4, 2}; }},
      {"sections[1]", [](Json &j) { j["sections"][1]["name"] = "code.0"; }},
      {"sections[0].xxh3", [](Json &j) { j["sections"][0]["xxh3"] = "012345678"; }},
      {"section 'code.0'", [](Json &j) { j["sections"][0]["offset"] = uint64_t(1) << 49; }},
      {"section 'code.0'", [](Json &j) { j["sections"][0]["bytes"] = uint64_t(1) << 49; }},
      {"section 'code.0'", [](Json &j) { j["sections"][0]["offset"] = 1; }},
  };
  for (const auto &[expected, change] : cases) {
    Status status = openWithHeader(change);
    EXPECT_EQ(status.code(), StatusCode::BadInput) << expected;
    EXPECT_THAT(status.message(), HasSubstr(expected));
  }
}

TEST_F(DamagedPlan, ProductsOfProvidersStayInTheirOperands) {
  // 8 rows of 8 numbers in the arena, 2 tasks of a panel, which take all of weight 0.
  auto openWithProduct = [&](const std::function<void(Json & kernel, Json & dispatch)> &change) {
    return openWithHeader([&](Json &json) {
      Json &kernel = json["variants"][0]["kernels"][1];
      Json &dispatch = json["variants"][0]["schedule"][1];
      dispatch["args"][1] = {"weight", 0};
      kernel["product"] = {{"provider", "onednn"}, {"epilogue", "k1_epilogue"}, {"type", "f32"},
                           {"rows", "R"},          {"least_rows", 4},           {"depth", 8},
                           {"row_width", 8},       {"dense_rows", 0},           {"panels", 1},
                           {"slice", 2},           {"sums_offset", 64}};
      change(kernel["product"], dispatch);
    });
  };
  EXPECT_TRUE(openWithProduct([](Json &, Json &) {}).ok());
  using Change = std::function<void(Json &, Json &)>;
  const std::pair<const char *, Change> cases[] = {
      {"product.type", [](Json &p, Json &) { p["type"] = "i8"; }},
      {"product.rows", [](Json &p, Json &) { p["rows"] = "S"; }},
      {"product.panels", [](Json &p, Json &) { p["panels"] = 0; }},
      {"product.sums_offset", [](Json &p, Json &) { p["sums_offset"] = 32; }},
      {"more panels than the weight", [](Json &p, Json &) { p["depth"] = p["row_width"] = 9; }},
      {"product.row_width", [](Json &p, Json &) { p["row_width"] = 7; }},
      {"product.dense_rows", [](Json &p, Json &) { p["dense_rows"] = 96; }},
      {"copied rows",
       [](Json &p, Json &) {
         p["row_width"] = 9;
         p["dense_rows"] = 8192 - 192;
       }},
      {"more panels than the weight", [](Json &, Json &d) { d["tasks"][0] = 3; }},
      {"rows of the kernel's product", [](Json &, Json &d) { d["args"][0][1] = 8192 - 192; }},
      {"sums of the kernel's product", [](Json &p, Json &) { p["slice"] = 4; }},
      {"sums of the kernel's product", [](Json &p, Json &) { p["sums_offset"] = 8192; }},
      {"rows of the arena and a weight", [](Json &, Json &d) { d["args"][1] = {"kv", 0}; }},
      {"in fixed tasks", [](Json &, Json &d) { d["tasks"][1] = "T"; }},
  };
  for (const auto &[expected, change] : cases) {
    Status status = openWithProduct(change);
    EXPECT_EQ(status.code(), StatusCode::BadInput) << expected;
    EXPECT_THAT(status.message(), HasSubstr(expected));
  }
}

TEST_F(DamagedPlan, E3Row20_MissingFeaturesAreListed) {
  Status status = openWithHeader(
      [](Json &json) { json["variants"][0]["features"] = {"avx512f", "future1", "future2"}; });
  EXPECT_EQ(status.code(), StatusCode::PlanMismatch);
  EXPECT_THAT(status.message(), HasSubstr("future1, future2"));
  Status architecture =
      openWithHeader([](Json &json) { json["variants"][0]["architecture"] = "riscv64"; });
  EXPECT_EQ(architecture.code(), StatusCode::PlanMismatch);
  EXPECT_THAT(architecture.message(), HasSubstr("riscv64"));
}

TEST_F(DamagedPlan, E3Row20_MaskedFeaturesCountAsMissing) {
  if (!CpuFeatures::host().has("avx2"))
    GTEST_SKIP() << "this machine has no avx2 to mask";
  PlanHeader header = tinyHeader();
  header.variants[0].features = {"avx2", "fma"};
  ASSERT_TRUE(writeTinyPlan(path, header).ok());
  EXPECT_TRUE(Plan::open(path).ok());
  ::setenv("GRAPHC_CPU_MASK", "avx2", 1);
  Status status = Plan::open(path).status();
  bool inspectable = Plan::open(path, {.anyMachine = true}).ok();
  ::unsetenv("GRAPHC_CPU_MASK");
  EXPECT_EQ(status.code(), StatusCode::PlanMismatch);
  EXPECT_THAT(status.message(), HasSubstr("needs avx2, which"));
  EXPECT_TRUE(inspectable);
}

TEST_F(DamagedPlan, E3Row20_FallsBackToTheVariantThatFits) {
  PlanHeader header = tinyHeader();
  header.variants.insert(header.variants.begin(), header.variants[0]);
  header.variants[0].features = {"future1"};
  ASSERT_TRUE(writeTinyPlan(path, header).ok());
  Expected<Plan> plan = Plan::open(path);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->variant(), &plan->header().variants[1]);
}

TEST_F(DamagedPlan, E3Row20_OtherByteOrderIsRefused) {
  std::string changed = bytes;
  uint32_t swapped = __builtin_bswap32(kPlanByteOrder);
  std::memcpy(changed.data() + 12, &swapped, 4);
  Status status = openChanged(changed);
  EXPECT_EQ(status.code(), StatusCode::PlanMismatch);
  EXPECT_THAT(status.message(), HasSubstr("byte order"));
}
