#include "tools/doctor/DoctorReport.h"

#include "runtime/base/Escape.h"
#include "runtime/memory/MemoryPlan.h"
#include "tools/cli/Columns.h"
#include "tools/cli/Output.h"

namespace graphc {

namespace {

std::string countText(int count, const char *one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string bytesOrUnknown(std::optional<uint64_t> bytes) {
  return bytes ? bytesText(*bytes) : "unknown";
}

/// Why a feature that the processor has cannot be used; empty when it can, or is not there at all.
std::string obstacle(const CpuFeatureStatus &status) {
  if (status.usable || !status.inCpu)
    return "";
  if (!status.inSystem)
    return "the system does not save its registers";
  if (status.masked)
    return "masked by GRAPHC_CPU_MASK";
  return "a feature it builds on is not usable";
}

std::string cachesText(const std::vector<CpuCache> &caches) {
  std::string text;
  for (const CpuCache &cache : caches)
    text += reportLine("L" + std::to_string(cache.level) + " " + escapeForMessage(cache.kind),
                       (cache.bytes ? bytesText(cache.bytes) : "size unknown") + ", " +
                           std::to_string(cache.instances) + " of them, " +
                           countText(cache.cpus, "CPU") + " each");
  return text.empty() ? reportLine("caches", "unknown") : text;
}

std::string processorText(const DoctorReport &report) {
  const MachineFacts &machine = report.machine;
  std::string usable;
  for (const CpuFeatureStatus &status : report.features) {
    if (status.usable)
      usable += (usable.empty() ? "" : " ") + std::string(status.name);
  }
  std::string text = "Processor\n";
  text +=
      reportLine("name", machine.cpuName.empty() ? "unknown" : escapeForMessage(machine.cpuName));
  text += reportLine("CPUs", countText(machine.cpus, "CPU") + " on " +
                                 countText(machine.cores, "core") + " in " +
                                 countText(machine.packages, "package") + ", " +
                                 std::to_string(machine.usableCpus) + " for this process");
  text += reportLine("level",
                     report.level.empty() ? "none: graphc needs at least x86-64-v3" : report.level);
  text += reportLine("features", usable.empty() ? "none" : usable);
  for (const CpuFeatureStatus &status : report.features) {
    if (std::string why = obstacle(status); !why.empty())
      text += reportLine("not usable", std::string(status.name) + ": " + why);
  }
  return text + cachesText(machine.caches);
}

std::string memoryText(const MachineFacts &machine) {
  std::string text = "\nMemory\n";
  text += reportLine("RAM", bytesText(machine.memoryBytes) + ", " +
                                bytesOrUnknown(machine.availableBytes) + " available");
  text += reportLine("control group",
                     machine.cgroupBytes ? bytesText(*machine.cgroupBytes) : "no limit");
  if (!machine.hugePages.empty())
    text += reportLine("huge pages", escapeForMessage(machine.hugePages));
  for (const NumaNode &node : machine.nodes)
    text += reportLine("node " + std::to_string(node.number),
                       "CPUs " + escapeForMessage(node.cpus) + ", " + bytesText(node.bytes) + ", " +
                           bytesText(node.freeBytes) + " free");
  return text;
}

std::string limitsText(const MeasuredLimits &limits) {
  std::vector<std::string> heading = {"", ""};
  std::vector<std::string> read = {"read", "GB/s"};
  for (const ThreadLimits &row : limits.rows) {
    heading.push_back(countText(row.threads, "thread"));
    read.push_back(numberText(row.readGbps, 1));
  }
  TextTable table(heading, 2);
  table.add(read);
  for (size_t i = 0; i < limits.loops.size(); ++i) {
    const PeakLoop &loop = *limits.loops[i];
    std::vector<std::string> cells = {
        std::string(elementTypeName(loop.type)) + " " + std::string(loop.instruction), "GOPS"};
    for (const ThreadLimits &row : limits.rows)
      cells.push_back(numberText(row.peaks[i], 1));
    table.add(cells);
  }
  std::string text = "\nLimits, measured now\n" + table.text();
  for (const ThreadLimits &row : limits.rows)
    text += "  fastest way to read with " + countText(row.threads, "thread") + ": " + row.readLoop +
            "\n";
  return text;
}

Json featuresJson(const std::vector<CpuFeatureStatus> &features) {
  Json list = Json::array();
  for (const CpuFeatureStatus &status : features)
    list.push_back({{"name", status.name},
                    {"cpu", status.inCpu},
                    {"system", status.inSystem},
                    {"masked", status.masked},
                    {"usable", status.usable}});
  return list;
}

Json cachesJson(const std::vector<CpuCache> &caches) {
  Json list = Json::array();
  for (const CpuCache &cache : caches)
    list.push_back({{"level", cache.level},
                    {"kind", cache.kind},
                    {"bytes", cache.bytes},
                    {"cpus", cache.cpus},
                    {"instances", cache.instances}});
  return list;
}

Json nodesJson(const std::vector<NumaNode> &nodes) {
  Json list = Json::array();
  for (const NumaNode &node : nodes)
    list.push_back({{"node", node.number},
                    {"cpus", node.cpus},
                    {"bytes", node.bytes},
                    {"free_bytes", node.freeBytes}});
  return list;
}

Json limitsJson(const MeasuredLimits &limits) {
  Json list = Json::array();
  for (const ThreadLimits &row : limits.rows) {
    Json peaks = Json::array();
    for (size_t i = 0; i < limits.loops.size(); ++i)
      peaks.push_back({{"type", elementTypeName(limits.loops[i]->type)},
                       {"instruction", limits.loops[i]->instruction},
                       {"gops", row.peaks[i]}});
    list.push_back({{"threads", row.threads},
                    {"read_gbps", row.readGbps},
                    {"read_loop", row.readLoop},
                    {"peaks", std::move(peaks)}});
  }
  return list;
}

Json numberOrNull(std::optional<uint64_t> value) { return value ? Json(*value) : Json(nullptr); }

} // namespace

DoctorReport DoctorReport::ofThisMachine() {
  DoctorReport report;
  report.machine = MachineFacts::read();
  report.features = cpuFeatureStatus();
  if (const CpuLevel *level = CpuFeatures::host().bestLevel())
    report.level = level->name;
  report.libraries = runtimeVersions();
  report.notes = notesOn(report.machine, report.features, report.level);
  Expected<LibraryVersion> products = productLibraryVersion();
  if (products.ok())
    report.libraries.push_back(*products);
  else
    report.notes.push_back("plans compiled with --matmul=onednn do not run: " +
                           products.status().message());
  return report;
}

std::vector<std::string> notesOn(const MachineFacts &machine,
                                 const std::vector<CpuFeatureStatus> &features,
                                 const std::string &level) {
  std::vector<std::string> notes;
  if (level.empty())
    notes.push_back("no plan runs here: the processor, or the system, lacks AVX2 and FMA");
  if (machine.usableCpus < machine.cpus)
    notes.push_back("this process may use " + std::to_string(machine.usableCpus) + " of " +
                    std::to_string(machine.cpus) + " CPUs (affinity or a control group's quota)");
  if (machine.cores > 0 && machine.cores < machine.usableCpus)
    notes.push_back("cores have several CPUs: -t " + std::to_string(machine.cores) +
                    " may be as fast as one thread per CPU");
  if (machine.cgroupBytes && *machine.cgroupBytes < machine.memoryBytes)
    notes.push_back("a control group allows " + bytesText(*machine.cgroupBytes) + " of " +
                    bytesText(machine.memoryBytes) + " of memory");
  if (machine.nodes.size() > 1)
    notes.push_back("memory is on " + std::to_string(machine.nodes.size()) +
                    " nodes: 'numactl --interleave=all' spreads a plan's weights over them");
  for (const CpuFeatureStatus &status : features) {
    if (status.inCpu && !status.inSystem)
      notes.push_back(
          std::string(status.name) +
          " is in the processor, but the system (or the hypervisor) has not enabled it");
  }
  return notes;
}

std::string DoctorReport::text() const {
  std::string text = processorText(*this) + memoryText(machine);
  if (limits)
    text += limitsText(*limits);
  text += "\nSoftware\n" + reportLine("system", escapeForMessage(machine.kernel));
  for (const LibraryVersion &library : libraries)
    text += reportLine(library.name, escapeForMessage(library.version));
  if (!notes.empty())
    text += "\nNotes\n";
  for (const std::string &note : notes)
    text += "  " + note + "\n";
  return text;
}

Json DoctorReport::json() const {
  Json versions = Json::object();
  for (const LibraryVersion &library : libraries)
    versions[library.name] = library.version;
  return {{"schema", 1},
          {"cpu",
           {{"name", machine.cpuName},
            {"packages", machine.packages},
            {"cores", machine.cores},
            {"cpus", machine.cpus},
            {"usable_cpus", machine.usableCpus},
            {"level", level.empty() ? Json(nullptr) : Json(level)},
            {"features", featuresJson(features)},
            {"caches", cachesJson(machine.caches)}}},
          {"memory",
           {{"bytes", machine.memoryBytes},
            {"available_bytes", numberOrNull(machine.availableBytes)},
            {"cgroup_bytes", numberOrNull(machine.cgroupBytes)},
            {"huge_pages", machine.hugePages},
            {"nodes", nodesJson(machine.nodes)}}},
          {"limits", limits ? limitsJson(*limits) : Json(nullptr)},
          {"system", machine.kernel},
          {"versions", std::move(versions)},
          {"notes", notes}};
}

} // namespace graphc
