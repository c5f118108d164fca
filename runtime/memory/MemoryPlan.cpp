#include "runtime/memory/MemoryPlan.h"

#include "runtime/base/Cgroup.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace graphc {

namespace {

std::optional<uint64_t> parseNumber(std::string_view text) {
  size_t digits = text.find_first_of("0123456789");
  if (digits == std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(digits);
  uint64_t result = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), result).ec != std::errc())
    return std::nullopt;
  return result;
}

/// The number after a key that starts a line: "MemAvailable:   1234 kB", "file 4096".
std::optional<uint64_t> numberAfter(std::string_view text, std::string_view key) {
  size_t at = text.starts_with(key) ? 0 : text.find("\n" + std::string(key));
  if (at == std::string_view::npos)
    return std::nullopt;
  std::string_view line = text.substr(text.find(key, at) + key.size());
  return parseNumber(line.substr(0, line.find('\n')));
}

uint64_t difference(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

std::optional<uint64_t> availableRam(const std::string &root) {
  auto kilobytes = numberAfter(readSmallFile(root + "/proc/meminfo"), "MemAvailable:");
  if (!kilobytes)
    return std::nullopt;
  return *kilobytes * 1024;
}

/// The tightest group decides. Pages of files in a group are dropped before it runs out.
std::optional<uint64_t> availableInCgroup(const std::string &root) {
  std::vector<std::string> limits = readCgroupFiles("memory.max", root);
  std::vector<std::string> used = readCgroupFiles("memory.current", root);
  std::vector<std::string> stats = readCgroupFiles("memory.stat", root);
  std::optional<uint64_t> result;
  for (size_t i = 0; i < limits.size(); ++i) {
    std::optional<uint64_t> limit = parseNumber(limits[i]);
    if (!limit)
      continue; // "max"
    uint64_t current = i < used.size() ? parseNumber(used[i]).value_or(0) : 0;
    // What is shared stays, though it counts as of files: those in memory file systems.
    auto stat = [&](const char *name) {
      return i < stats.size() ? numberAfter(stats[i], name).value_or(0) : 0;
    };
    uint64_t files = difference(stat("file "), stat("shmem "));
    uint64_t left = difference(*limit, difference(current, files));
    result = std::min(result.value_or(left), left);
  }
  return result;
}

std::optional<uint64_t> availableAddressSpace(const std::string &root) {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::nullopt;
  auto pages = parseNumber(readSmallFile(root + "/proc/self/statm"));
  uint64_t mapped = pages.value_or(0) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return difference(limit.rlim_cur, mapped);
}

template <typename Fn>
uint64_t sumOf(const std::vector<MemoryUse> &uses, Fn bytesOf) {
  uint64_t sum = 0;
  for (const MemoryUse &use : uses)
    sum += bytesOf(use);
  return sum;
}

constexpr char kAdvice[] = "a smaller context (-c), fewer tokens (-n) or sequences need less";

Status refuse(const MemoryPlan &plan, uint64_t needed, uint64_t available, const std::string &of) {
  return resourceError("not enough memory: " + bytesText(needed) + " needed, " +
                       bytesText(available) + " of " + of + " available\n" + plan.table() +
                       kAdvice);
}

} // namespace

uint64_t MemoryPlan::anonymousBytes() const {
  return sumOf(uses, [](const MemoryUse &use) { return use.mappedFile ? 0 : use.bytes; });
}

uint64_t MemoryPlan::mappedBytes() const {
  return sumOf(uses, [](const MemoryUse &use) { return use.mappedFile ? use.bytes : 0; });
}

uint64_t MemoryPlan::addressSpace() const {
  return sumOf(uses, [](const MemoryUse &use) { return use.addressSpace; });
}

std::string MemoryPlan::table() const {
  std::string result;
  auto line = [&](const std::string &what, uint64_t bytes, const std::string &note) {
    char text[128];
    std::snprintf(text, sizeof(text), "  %-24s %12s  %s", what.c_str(), bytesText(bytes).c_str(),
                  note.c_str());
    std::string_view trimmed = text;
    result += std::string(trimmed.substr(0, trimmed.find_last_not_of(' ') + 1)) + "\n";
  };
  for (const MemoryUse &use : uses)
    line(use.what, use.bytes,
         use.mappedFile                              ? "mapped file"
         : use.grows && use.addressSpace > use.bytes ? "up to " + bytesText(use.addressSpace)
                                                     : "");
  line("total", anonymousBytes() + mappedBytes(), "");
  return result;
}

MemoryLimits MemoryLimits::ofThisProcess(const std::string &root) {
  return {availableRam(root), availableInCgroup(root), availableAddressSpace(root)};
}

Status checkMemory(const MemoryPlan &plan, const MemoryLimits &limits) {
  uint64_t needed = plan.anonymousBytes(), reserved = plan.addressSpace();
  if (limits.ram && needed > *limits.ram)
    return refuse(plan, needed, *limits.ram, "RAM");
  if (limits.cgroup && needed > *limits.cgroup)
    return refuse(plan, needed, *limits.cgroup, "the control group's memory");
  if (limits.addressSpace && reserved > *limits.addressSpace)
    return refuse(plan, reserved, *limits.addressSpace, "address space (ulimit -v)");
  return {};
}

Status checkGrowth(const std::string &what, uint64_t bytes, const MemoryLimits &limits) {
  auto check = [&](const std::optional<uint64_t> &left, const std::string &of) -> Status {
    if (!left || bytes <= *left)
      return {};
    return resourceError("the memory is used up: the " + what + " needs " + bytesText(bytes) +
                         " more, " + bytesText(*left) + " of " + of + " are left; " + kAdvice);
  };
  GRAPHC_RETURN_IF_ERROR(check(limits.ram, "RAM"));
  return check(limits.cgroup, "the control group's memory");
}

std::string bytesText(uint64_t bytes) {
  static constexpr const char *kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  // to_chars, because printf would follow the locale's decimal comma.
  char text[32];
  auto end =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, unit ? 1 : 0);
  return std::string(text, end.ptr) + " " + kUnits[unit];
}

} // namespace graphc
