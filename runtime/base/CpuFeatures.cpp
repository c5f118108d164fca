#include "runtime/base/CpuFeatures.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace graphc {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 16> kV3 = {
    "sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "cx16", "sahf", "xsave",
    "avx",  "avx2",  "bmi",    "bmi2",   "lzcnt",  "f16c", "fma",  "movbe"};

template <size_t N, size_t M>
constexpr std::array<std::string_view, N + M> joined(const std::array<std::string_view, N> &base,
                                                     const std::array<std::string_view, M> &more) {
  std::array<std::string_view, N + M> result;
  std::copy(base.begin(), base.end(), result.begin());
  std::copy(more.begin(), more.end(), result.begin() + N);
  return result;
}

constexpr auto kV4 = joined(kV3, std::array<std::string_view, 5>{"avx512f", "avx512bw", "avx512cd",
                                                                 "avx512dq", "avx512vl"});
constexpr auto kV4Bf16 = joined(kV4, std::array<std::string_view, 2>{"avx512vnni", "avx512bf16"});

constexpr auto kV4Amx =
    joined(kV4Bf16, std::array<std::string_view, 3>{"amx-tile", "amx-int8", "amx-bf16"});

constexpr CpuLevel kLevels[] = {
    {"x86-64-v3", Names(kV3)},
    {"x86-64-v4", Names(kV4)},
    {"x86-64-v4-bf16", Names(kV4Bf16)},
    {"x86-64-v4-amx", Names(kV4Amx)},
};

enum Register { Eax, Ebx, Ecx, Edx };

/// Bits of XCR0 that the system must have set for a feature's registers to survive a switch.
constexpr uint64_t kAnyState = 0;
constexpr uint64_t kAvxState = 0x6;      // xmm, ymm
constexpr uint64_t kAvx512State = 0xe6;  // xmm, ymm, opmask, upper halves, upper registers
constexpr uint64_t kTileState = 0x600e6; // and configuration and data of tiles

struct FeatureBit {
  std::string_view name;
  uint32_t leaf, subleaf;
  Register reg;
  int bit;
  uint64_t state;
  std::string_view needs; ///< The feature that this one builds on, listed before it.
};

constexpr FeatureBit kFeatureBits[] = {
    {"sse3", 1, 0, Ecx, 0, kAnyState, ""},
    {"ssse3", 1, 0, Ecx, 9, kAnyState, "sse3"},
    {"cx16", 1, 0, Ecx, 13, kAnyState, ""},
    {"sse4.1", 1, 0, Ecx, 19, kAnyState, "ssse3"},
    {"sse4.2", 1, 0, Ecx, 20, kAnyState, "sse4.1"},
    {"movbe", 1, 0, Ecx, 22, kAnyState, ""},
    {"popcnt", 1, 0, Ecx, 23, kAnyState, ""},
    {"sahf", 0x80000001, 0, Ecx, 0, kAnyState, ""},
    {"lzcnt", 0x80000001, 0, Ecx, 5, kAnyState, ""},
    {"bmi", 7, 0, Ebx, 3, kAnyState, ""},
    {"bmi2", 7, 0, Ebx, 8, kAnyState, ""},
    {"xsave", 1, 0, Ecx, 27, kAnyState, ""}, // OSXSAVE: the system has switched it on
    {"avx", 1, 0, Ecx, 28, kAvxState, "xsave"},
    {"f16c", 1, 0, Ecx, 29, kAvxState, "avx"},
    {"fma", 1, 0, Ecx, 12, kAvxState, "avx"},
    {"avx2", 7, 0, Ebx, 5, kAvxState, "avx"},
    {"avxvnni", 7, 1, Eax, 4, kAvxState, "avx2"},
    {"avxvnniint8", 7, 1, Edx, 4, kAvxState, "avx2"},
    {"avxneconvert", 7, 1, Edx, 5, kAvxState, "avx2"},
    {"avx512f", 7, 0, Ebx, 16, kAvx512State, "avx2"},
    {"avx512dq", 7, 0, Ebx, 17, kAvx512State, "avx512f"},
    {"avx512ifma", 7, 0, Ebx, 21, kAvx512State, "avx512f"},
    {"avx512cd", 7, 0, Ebx, 28, kAvx512State, "avx512f"},
    {"avx512bw", 7, 0, Ebx, 30, kAvx512State, "avx512f"},
    {"avx512vl", 7, 0, Ebx, 31, kAvx512State, "avx512f"},
    {"avx512vbmi", 7, 0, Ecx, 1, kAvx512State, "avx512bw"},
    {"avx512vbmi2", 7, 0, Ecx, 6, kAvx512State, "avx512bw"},
    {"avx512vnni", 7, 0, Ecx, 11, kAvx512State, "avx512f"},
    {"avx512bitalg", 7, 0, Ecx, 12, kAvx512State, "avx512bw"},
    {"avx512vpopcntdq", 7, 0, Ecx, 14, kAvx512State, "avx512f"},
    {"avx512fp16", 7, 0, Edx, 23, kAvx512State, "avx512bw"},
    {"avx512bf16", 7, 1, Eax, 5, kAvx512State, "avx512bw"},
    {"amx-tile", 7, 0, Edx, 24, kTileState, "avx512f"},
    {"amx-int8", 7, 0, Edx, 25, kTileState, "amx-tile"},
    {"amx-bf16", 7, 0, Edx, 22, kTileState, "amx-tile"},
};

#if defined(__x86_64__)
/// Linux keeps the 8 KB of tile data for those processes only that ask for it, once; their threads
/// inherit that. Elsewhere nobody grants it.
bool requestTileData() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM
  constexpr unsigned long kTileData = 18;     // XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

uint64_t enabledState() {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  __cpuid(1, eax, ebx, ecx, edx);
  constexpr uint32_t kOsXsave = 1u << 27;
  if (!(ecx & kOsXsave))
    return 0;
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  const uint64_t state = (static_cast<uint64_t>(high) << 32) | low;
  const bool hasTiles = (state & kTileState) == kTileState && requestTileData();
  return hasTiles ? state : state & ~(kTileState & ~kAvx512State);
}

bool reportedByCpu(const FeatureBit &feature) {
  // __get_cpuid_count fails for a leaf beyond the processor's highest; a sub-leaf beyond the
  // highest of leaf 7 reads as zero.
  uint32_t regs[4] = {};
  if (!__get_cpuid_count(feature.leaf, feature.subleaf, &regs[0], &regs[1], &regs[2], &regs[3]))
    return false;
  return (regs[feature.reg] >> feature.bit) & 1;
}
#else
uint64_t enabledState() { return 0; }
bool reportedByCpu(const FeatureBit &) { return false; }
#endif

bool listContains(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    if (list.substr(0, comma) == name)
      return true;
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return false;
}

} // namespace

std::span<const CpuLevel> cpuLevels() { return kLevels; }

const CpuLevel *findCpuLevel(std::string_view name) {
  auto found = std::find_if(std::begin(kLevels), std::end(kLevels),
                            [&](const CpuLevel &level) { return level.name == name; });
  return found == std::end(kLevels) ? nullptr : found;
}

std::string hostVendor() {
#if defined(__x86_64__)
  uint32_t highest = 0;
  char name[12] = {};
  uint32_t parts[3] = {};
  if (__get_cpuid(0, &highest, &parts[0], &parts[2], &parts[1]) == 0)
    return {};
  std::memcpy(name, parts, sizeof name);
  return std::string(name, sizeof name);
#else
  return {};
#endif
}

CpuFeatures::CpuFeatures(std::vector<std::string> names) : sorted(std::move(names)) {
  std::sort(sorted.begin(), sorted.end());
}

std::vector<CpuFeatureStatus> cpuFeatureStatus() {
  const char *variable = std::getenv("GRAPHC_CPU_MASK");
  std::string_view mask = variable ? variable : "";
  uint64_t state = enabledState();
  std::vector<CpuFeatureStatus> result;
  for (const FeatureBit &feature : kFeatureBits) {
    CpuFeatureStatus status{.name = feature.name,
                            .inCpu = reportedByCpu(feature),
                            .inSystem = (state & feature.state) == feature.state,
                            .masked = mask == "all" || listContains(mask, feature.name)};
    bool base = feature.needs.empty() ||
                std::any_of(result.begin(), result.end(), [&](const CpuFeatureStatus &other) {
                  return other.usable && other.name == feature.needs;
                });
    status.usable = base && status.inCpu && status.inSystem && !status.masked;
    result.push_back(status);
  }
  return result;
}

CpuFeatures CpuFeatures::host() {
  std::vector<std::string> present;
  for (const CpuFeatureStatus &status : cpuFeatureStatus()) {
    if (status.usable)
      present.emplace_back(status.name);
  }
  return CpuFeatures(std::move(present));
}

bool CpuFeatures::has(std::string_view name) const {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

std::vector<std::string> CpuFeatures::missing(std::span<const std::string> wanted) const {
  std::vector<std::string> result;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(result),
               [&](const std::string &name) { return !has(name); });
  return result;
}

const CpuLevel *CpuFeatures::bestLevel() const {
  const CpuLevel *best = nullptr;
  for (const CpuLevel &level : kLevels) {
    if (std::all_of(level.features.begin(), level.features.end(),
                    [&](std::string_view name) { return has(name); }))
      best = &level;
  }
  return best;
}

std::string_view hostArchitecture() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "unknown";
#endif
}

} // namespace graphc
