// Results as Markdown, CSV and JSON.
#include "tools/bench/BenchReport.h"

#include <gmock/gmock.h>

using namespace graphc;
using testing::HasSubstr;
using testing::Not;

namespace {

/// 128 tokens of 2 sequences, three times: in 1, 4 and 2 s.
BenchResult result() {
  BenchResult result;
  result.what = {.prefill = false, .tokens = 128, .depth = 64, .batch = 2, .threads = 3};
  result.work = {.bytes = 40e9, .operations = {0, 100e9, 0}};
  for (double seconds : {1.0, 4.0, 2.0})
    result.repetitions.push_back({seconds, {.readGbps = 50, .peakGops = {10, 400, 800}}});
  return result;
}

BenchResult profiled() {
  BenchResult more = result();
  KernelProfile kernel{{1.5, more.work, 0.75}, "mm", "graphc.fused_linear", 7};
  more.profile = Profile{2, 0.5, {kernel}};
  return more;
}

} // namespace

TEST(BenchFigures, AreMediansOfRatesAndFractions) {
  BenchFigures figures = figuresOf(result());
  EXPECT_EQ(figures.tokensPerSecond, (Summary{64, 128, 256}));
  EXPECT_DOUBLE_EQ(figures.achievedGbps, 20);
  EXPECT_DOUBLE_EQ(figures.readGbps, 50);
  EXPECT_DOUBLE_EQ(figures.achievedGops, 50);
  EXPECT_DOUBLE_EQ(figures.peakGops, 400);
  EXPECT_DOUBLE_EQ(figures.limitFraction, 0.4) << "reading is nearer to its limit";
}

TEST(BenchFigures, ComputeIsTheLimitWhereItIsNearer) {
  BenchResult busy = result();
  busy.work.operations = {0, 400e9, 400e9};
  BenchFigures figures = figuresOf(busy);
  EXPECT_DOUBLE_EQ(figures.peakGops, 800 / 1.5) << "1 s of bf16 and 0.5 s of int8";
  EXPECT_DOUBLE_EQ(figures.limitFraction, 0.75);
}

TEST(BenchFigures, OfUnknownLimitsAreZero) {
  BenchResult unknown = result();
  for (Repetition &repetition : unknown.repetitions)
    repetition.limits = {};
  BenchFigures figures = figuresOf(unknown);
  EXPECT_EQ(figures.limitFraction, 0);
  EXPECT_EQ(figures.peakGops, 0);
  EXPECT_EQ(figuresOf(BenchResult()).tokensPerSecond, Summary());
}

TEST(BenchReport, JsonIsAsDocumented) {
  Json json = benchJson(std::vector{result()});
  EXPECT_EQ(json, Json::parse(R"({"schema": 1, "results": [{
    "test": "tg128", "depth": 64, "threads": 3, "batch": 2,
    "tokens_per_second": {"min": 64.0, "median": 128.0, "max": 256.0}, "limit_fraction": 0.4,
    "achieved_gbps": 20.0, "read_gbps": 50.0, "achieved_gops": 50.0, "peak_gops": 400.0}]})"));
}

TEST(BenchReport, JsonOfAProfile) {
  Json json = benchJson(std::vector{profiled()})["results"][0]["profile"];
  EXPECT_EQ(json["ms"], 2000);
  EXPECT_EQ(json["between_kernels_ms"], 500);
  EXPECT_EQ(json["kernels"][0]["kernel"], "mm");
  EXPECT_EQ(json["kernels"][0]["calls"], 7);
  EXPECT_EQ(json["kernels"][0]["share"], 0.75);
  EXPECT_EQ(json["kernels"][0]["limit_fraction"], 0.5);
  EXPECT_EQ(json["kernels"][0]["lost_ms"], 750);
}

TEST(BenchReport, MarkdownHasARowPerResultAndATablePerProfile) {
  std::string text = benchMarkdown(std::vector{result(), profiled()});
  EXPECT_THAT(text, HasSubstr("| tg128 |    64 |       3 |     2 |     64.00 | 128.00 | 256.00 |"
                              "    0.400 | 20.00 |     50.00 | 50.00 |    400.00 |\n"));
  EXPECT_THAT(text, HasSubstr("\ntg128, depth 64, 3 threads, batch 2, 2000.00 ms\n"));
  EXPECT_THAT(text, HasSubstr("| mm "));
  EXPECT_THAT(text, HasSubstr("| 75.0 % |"));
  EXPECT_THAT(text, HasSubstr("(between kernels)"));
  EXPECT_THAT(benchMarkdown(std::vector{result()}), Not(HasSubstr("kernel")));
}

TEST(BenchReport, CsvHasOneLinePerResult) {
  EXPECT_EQ(benchCsv(std::vector{result()}),
            "test,depth,threads,batch,tokens_per_second_min,tokens_per_second_median,"
            "tokens_per_second_max,limit_fraction,achieved_gbps,read_gbps,achieved_gops,peak_gops\n"
            "tg128,64,3,2,64.0000,128.0000,256.0000,0.40000,20.0000,50.0000,50.0000,400.0000\n");
}
