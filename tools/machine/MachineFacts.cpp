#include "tools/machine/MachineFacts.h"

#include "runtime/base/Cgroup.h"
#include "runtime/memory/MemoryPlan.h"
#include "runtime/threads/Topology.h"
#include "tools/machine/CpuidCaches.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sys/utsname.h>

namespace graphc {

namespace {

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\n");
  size_t end = text.find_last_not_of(" \t\n");
  return begin == std::string_view::npos ? "" : text.substr(begin, end - begin + 1);
}

std::string readLine(const std::string &path) { return std::string(trimmed(readSmallFile(path))); }

/// A number at the start of a text, with the K, M or G that the system writes behind sizes.
std::optional<uint64_t> parseSize(std::string_view text) {
  text = trimmed(text);
  uint64_t value = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc())
    return std::nullopt;
  std::string_view unit = trimmed(text.substr(static_cast<size_t>(rest - text.data())));
  switch (unit.empty() ? ' ' : unit[0]) {
  case 'k':
  case 'K':
    return value << 10;
  case 'M':
    return value << 20;
  case 'G':
    return value << 30;
  default:
    return value;
  }
}

/// What follows the first "key" and a colon, to the end of the line.
std::string_view valueOf(std::string_view text, std::string_view key) {
  size_t at = text.find(key);
  size_t colon = at == std::string_view::npos ? at : text.find(':', at);
  if (colon == std::string_view::npos)
    return "";
  std::string_view rest = text.substr(colon + 1);
  return trimmed(rest.substr(0, rest.find('\n')));
}

class Reader {
public:
  explicit Reader(const std::string &root) : root(root) {
    online = parseCpuList(readLine(cpuFolder() + "/online"));
  }

  void processor(MachineFacts &facts) const {
    facts.cpuName = valueOf(readSmallFile(root + "/proc/cpuinfo"), "model name");
    facts.cpus = static_cast<int>(online.size());
    std::set<std::string> packages, cores;
    for (int cpu : online) {
      std::string folder = cpuFolder(cpu) + "/topology/";
      packages.insert(readLine(folder + "physical_package_id"));
      cores.insert(readLine(folder + "thread_siblings_list"));
    }
    facts.packages = static_cast<int>(packages.size());
    facts.cores = static_cast<int>(cores.size());
  }

  /// Caches of the same kind and size are one entry; a cache is known by the CPUs that share it.
  std::vector<CpuCache> caches() const {
    std::map<std::tuple<int, std::string, uint64_t>, std::set<std::string>> sharers;
    for (int cpu : online) {
      for (int index = 0;; ++index) {
        std::string folder = cpuFolder(cpu) + "/cache/index" + std::to_string(index) + "/";
        std::optional<uint64_t> level = parseSize(readLine(folder + "level"));
        if (!level)
          break;
        std::string kind = readLine(folder + "type");
        std::transform(kind.begin(), kind.end(), kind.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        uint64_t bytes = parseSize(readLine(folder + "size")).value_or(0);
        sharers[{static_cast<int>(*level), kind, bytes}].insert(
            readLine(folder + "shared_cpu_list"));
      }
    }
    std::vector<CpuCache> result;
    for (const auto &[key, lists] : sharers) {
      const auto &[level, kind, bytes] = key;
      auto cpus = static_cast<int>(parseCpuList(*lists.begin()).size());
      result.push_back({level, kind, bytes, cpus, static_cast<int>(lists.size())});
    }
    return result;
  }

  std::vector<NumaNode> nodes() const {
    std::vector<NumaNode> result;
    std::string folder = root + "/sys/devices/system/node";
    for (int number : parseCpuList(readLine(folder + "/online"))) {
      std::string node = folder + "/node" + std::to_string(number);
      std::string memory = readSmallFile(node + "/meminfo");
      result.push_back({number, readLine(node + "/cpulist"),
                        parseSize(valueOf(memory, "MemTotal")).value_or(0),
                        parseSize(valueOf(memory, "MemFree")).value_or(0)});
    }
    return result;
  }

  void memory(MachineFacts &facts) const {
    facts.memoryBytes =
        parseSize(valueOf(readSmallFile(root + "/proc/meminfo"), "MemTotal")).value_or(0);
    facts.availableBytes = MemoryLimits::ofThisProcess(root).ram;
    for (const std::string &line : readCgroupFiles("memory.max", root)) {
      if (std::optional<uint64_t> limit = parseSize(line)) // else "max"
        facts.cgroupBytes = std::min(facts.cgroupBytes.value_or(*limit), *limit);
    }
    std::string modes = readLine(root + "/sys/kernel/mm/transparent_hugepage/enabled");
    size_t begin = modes.find('['), end = modes.find(']');
    if (begin != std::string::npos && end != std::string::npos)
      facts.hugePages = modes.substr(begin + 1, end - begin - 1);
  }

private:
  std::string cpuFolder() const { return root + "/sys/devices/system/cpu"; }
  std::string cpuFolder(int cpu) const { return cpuFolder() + "/cpu" + std::to_string(cpu); }

  std::string root;
  std::vector<int> online;
};

} // namespace

/// "3" or "0-7", appended to `cpus`. False for anything else.
static bool parseCpuRange(std::string_view text, std::vector<int> &cpus) {
  constexpr int kMostCpus = 1 << 20;
  const char *begin = text.data(), *end = begin + text.size();
  int first = 0;
  auto [rest, error] = std::from_chars(begin, end, first);
  int last = first;
  if (error == std::errc() && rest != end && *rest == '-') {
    auto range = std::from_chars(rest + 1, end, last);
    rest = range.ptr;
    error = range.ec;
  }
  if (error != std::errc() || rest != end || first < 0 || last < first || last >= kMostCpus)
    return false;
  for (int cpu = first; cpu <= last; ++cpu)
    cpus.push_back(cpu);
  return true;
}

std::vector<int> parseCpuList(std::string_view text) {
  std::vector<int> result;
  while (true) {
    size_t comma = text.find(',');
    if (!parseCpuRange(text.substr(0, comma), result))
      return {};
    if (comma == std::string_view::npos)
      return result;
    text.remove_prefix(comma + 1);
  }
}

MachineFacts MachineFacts::read(const std::string &root) {
  std::string base = root.ends_with('/') ? root.substr(0, root.size() - 1) : root;
  MachineFacts facts;
  Reader reader(base);
  reader.processor(facts);
  reader.memory(facts);
  facts.caches = reader.caches();
  if (facts.caches.empty() && base.empty()) // another root is not this processor's
    facts.caches = cachesByCpuid(hostCpuid, facts);
  facts.nodes = reader.nodes();
  facts.usableCpus = availableCpus(root);
  utsname system = {};
  if (::uname(&system) == 0)
    facts.kernel = std::string(system.sysname) + " " + system.release;
  return facts;
}

} // namespace graphc
