// What this processor and this operating system let a program use. Names are LLVM's ("avx2",
// "avx512bf16"), so that the list which chose a kernel at compile time is the list that a plan
// demands at run time.
//
// A feature counts only when CPUID reports it *and* the system saves its registers (XCR0): a
// virtual machine may mask either, whatever the processor's name promises. Tile registers (AMX) are
// asked of the system for the whole process, as Linux wants it, when features are first looked at.
#ifndef GRAPHC_RUNTIME_BASE_CPUFEATURES_H
#define GRAPHC_RUNTIME_BASE_CPUFEATURES_H

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// A named set of features that code can be compiled for, weakest first in cpuLevels().
struct CpuLevel {
  std::string_view name;                      ///< As in `--target NAME`, e.g. "x86-64-v3".
  std::span<const std::string_view> features; ///< Everything beyond plain x86-64 (SSE2).
};

/// The levels that graphc knows, each a superset of the one before it.
std::span<const CpuLevel> cpuLevels();

/// The level of that name, or null.
const CpuLevel *findCpuLevel(std::string_view name);

/// A set of feature names.
class CpuFeatures {
public:
  CpuFeatures() = default;
  explicit CpuFeatures(std::vector<std::string> names);

  /// The features of this machine, less those that the environment variable GRAPHC_CPU_MASK lists
  /// ("avx512f,fma"; "all" for every one). A masked feature takes with it those that build on it:
  /// masking avx512f masks avx512bf16. The variable is for tests: it only ever takes away.
  static CpuFeatures host();

  bool has(std::string_view name) const;
  /// Sorted.
  const std::vector<std::string> &names() const { return sorted; }

  /// Those of `wanted` that are not here, in their order.
  std::vector<std::string> missing(std::span<const std::string> wanted) const;

  /// The strongest of cpuLevels() that is fully here, or null when not even the first is.
  const CpuLevel *bestLevel() const;

private:
  std::vector<std::string> sorted;
};

/// What stands in the way of a feature, or that nothing does.
struct CpuFeatureStatus {
  std::string_view name;
  bool inCpu = false;    ///< CPUID reports it.
  bool inSystem = false; ///< The system saves its registers.
  bool masked = false;   ///< Taken away by GRAPHC_CPU_MASK.
  bool usable = false;   ///< None of that, and what it builds on is usable too.
};

/// Every feature that graphc knows, on this machine; those that build on others behind them.
std::vector<CpuFeatureStatus> cpuFeatureStatus();

/// CPUID's name of the processor's maker, e.g. "AuthenticAMD"; empty where there is none.
std::string hostVendor();

/// The name of the instruction set family this program was compiled for: "x86_64", "aarch64".
std::string_view hostArchitecture();

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_CPUFEATURES_H
