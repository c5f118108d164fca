// The doctor's report: what it says about machines of several kinds.
#include "tools/doctor/DoctorReport.h"

#include <gmock/gmock.h>

using namespace graphc;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

constexpr uint64_t kGiB = uint64_t(1) << 30;
constexpr char kLevel[] = "x86-64-v3";

const PeakLoop kFma{ElementType::F32, "fma", "fma", 1, nullptr};
const PeakLoop kDot{ElementType::I8, "dot", "avx2", 1, nullptr};

MachineFacts plainMachine() {
  MachineFacts facts;
  facts.cpuName = "Example\tCPU";
  facts.packages = 1;
  facts.cores = facts.cpus = facts.usableCpus = 4;
  facts.caches = {{3, "unified", 16 << 20, 4, 1}};
  facts.nodes = {{0, "0-3", 8 * kGiB, kGiB}};
  facts.memoryBytes = 8 * kGiB;
  facts.availableBytes = 5 * kGiB;
  facts.hugePages = "madvise";
  facts.kernel = "Linux 1.2.3";
  return facts;
}

DoctorReport plainReport() {
  DoctorReport report;
  report.machine = plainMachine();
  report.level = kLevel;
  report.features = {{"avx2", true, true, false, true}, {"avx512f", true, false, false, false}};
  report.limits = MeasuredLimits{
      {&kFma, &kDot}, {{1, 10.5, "1 stream", {100, 400}}, {4, 33, "4 streams", {390, 1600}}}};
  report.libraries = {{"graphc", "9.9"}};
  report.notes = {"a note"};
  return report;
}

} // namespace

TEST(DoctorReport, TextHasEveryPart) {
  std::string text = plainReport().text();
  for (const char *part :
       {"Example\\x09CPU", "4 CPUs on 4 cores in 1 package, 4 for this process", kLevel,
        "avx512f: the system does not save its registers", "16.0 MiB, 1 of them, 4 CPUs each",
        "8.0 GiB, 5.0 GiB available", "no limit", "CPUs 0-3, 8.0 GiB, 1.0 GiB free",
        "1 thread  4 threads", "4 threads: 4 streams", "Linux 1.2.3", "9.9", "a note"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, HasSubstr("i8 dot   GOPS     400.0     1600.0"));
}

TEST(DoctorReport, JsonHasTheSameInUnits) {
  Json json = plainReport().json();
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["cpu"]["level"], kLevel);
  EXPECT_EQ(json["cpu"]["features"][1], Json({{"name", "avx512f"},
                                              {"cpu", true},
                                              {"system", false},
                                              {"masked", false},
                                              {"usable", false}}));
  EXPECT_EQ(json["cpu"]["caches"][0]["bytes"], 16 << 20);
  EXPECT_EQ(json["memory"]["available_bytes"], 5 * kGiB);
  EXPECT_TRUE(json["memory"]["cgroup_bytes"].is_null());
  EXPECT_EQ(json["limits"][1]["threads"], 4);
  EXPECT_EQ(json["limits"][1]["read_gbps"], 33);
  EXPECT_EQ(json["limits"][1]["peaks"][1],
            Json({{"type", "i8"}, {"instruction", "dot"}, {"gops", 1600}}));
  EXPECT_EQ(json["versions"]["graphc"], "9.9");
}

TEST(DoctorReport, OfUnknownCachesSaysSo) {
  DoctorReport report = plainReport();
  EXPECT_THAT(report.text(), Not(HasSubstr("unknown")));
  report.machine.caches = {{2, "unified", 0, 4, 1}};
  EXPECT_THAT(report.text(), HasSubstr("size unknown, 1 of them"));
  report.machine.caches.clear();
  EXPECT_THAT(report.text(), testing::ContainsRegex("\n  caches +unknown\n"));
  EXPECT_EQ(report.json()["cpu"]["caches"], Json::array());
}

TEST(DoctorReport, WithoutLimitsOrLevelSaysSo) {
  DoctorReport report = plainReport();
  report.limits.reset();
  report.level.clear();
  EXPECT_THAT(report.text(), Not(HasSubstr("Limits")));
  EXPECT_THAT(report.text(), HasSubstr("none: graphc needs"));
  EXPECT_TRUE(report.json()["limits"].is_null());
  EXPECT_TRUE(report.json()["cpu"]["level"].is_null());
}

TEST(DoctorNotes, AreAboutWhatStandsInTheWay) {
  const std::vector<CpuFeatureStatus> none;
  EXPECT_THAT(notesOn(plainMachine(), none, kLevel), IsEmpty());
  EXPECT_THAT(notesOn(plainMachine(), none, ""), ElementsAre(HasSubstr("no plan runs here")));

  MachineFacts machine = plainMachine();
  machine.usableCpus = 2;
  EXPECT_THAT(notesOn(machine, none, kLevel), ElementsAre(HasSubstr("2 of 4 CPUs")));

  machine = plainMachine();
  machine.cores = 2;
  EXPECT_THAT(notesOn(machine, none, kLevel), ElementsAre(HasSubstr("-t 2")));

  machine = plainMachine();
  machine.cgroupBytes = kGiB;
  machine.nodes.push_back({1, "", kGiB, 0});
  EXPECT_THAT(notesOn(machine, none, kLevel),
              ElementsAre(HasSubstr("allows 1.0 GiB of 8.0 GiB"), HasSubstr("2 nodes")));

  EXPECT_THAT(notesOn(plainMachine(), {{"avx512f", true, false, false, false}}, kLevel),
              ElementsAre(HasSubstr("has not enabled it")));
}

TEST(ThreadCounts, DoubleUpToAll) {
  EXPECT_THAT(usualThreadCounts(1), ElementsAre(1));
  EXPECT_THAT(usualThreadCounts(2), ElementsAre(1, 2));
  EXPECT_THAT(usualThreadCounts(12), ElementsAre(1, 2, 4, 8, 12));
}

TEST(MeasureLimits, StopsWhenItIsCancelled) {
  std::atomic<bool> cancel = true;
  EXPECT_EQ(measureLimits({1}, cancel, [](const std::string &) {}).status().code(),
            StatusCode::Interrupted);
}

TEST(Versions, AreReadFromLines) {
  EXPECT_THAT(parseVersions("MLIR and LLVM 22.1.8\nlld 1\n"),
              ElementsAre(LibraryVersion{"MLIR and LLVM", "22.1.8"}, LibraryVersion{"lld", "1"}));
  EXPECT_THAT(parseVersions(""), IsEmpty());
  EXPECT_THAT(runtimeVersions(), Contains(testing::Field(&LibraryVersion::name, "glibc")));
}
