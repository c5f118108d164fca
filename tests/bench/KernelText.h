// IR of the kernels that are measured, as text.
#ifndef GRAPHC_TESTS_BENCH_KERNELTEXT_H
#define GRAPHC_TESTS_BENCH_KERNELTEXT_H

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace graphc::bench {

/// Rows that are quantized in groups of 32.
inline constexpr std::string_view kIntegerRows = "!graphc.quant<i8:f32, 32>";

/// "tensor<?x64xf32>"; an extent below 0 is dynamic.
std::string tensorText(std::initializer_list<int64_t> shape, std::string_view element);

/// "!graphc.kv_cache<4x64xbf16>".
std::string cacheText(int64_t heads, int64_t headDim, std::string_view element);

/// A kernel with one op that has one result: "graphc.kernel @k(...) -> ... { ... }".
std::string kernelText(const std::string &arguments, const std::string &op,
                       const std::string &result);

/// Columns of the rows that a plan has prepared for a matmul: `depth`, or a few more.
int64_t rowWidth(int64_t depth, std::string_view element);

/// A kernel with one op of the fused family: its arguments, and the clauses that name them.
class KernelText {
public:
  void add(const std::string &name, const std::string &type);
  /// An argument that is named like its clause: "gamma(%gamma)".
  void addClause(const std::string &word, const std::string &type);
  /// Any other: "gate(silu)".
  void addWord(const std::string &word) { clauses += " " + word; }

  /// The kernel: `op` with its first operands ("graphc.fused_linear %x, %w"), then the clauses.
  std::string kernel(const std::string &op, const std::vector<std::string> &results) const;

private:
  std::string arguments, types, clauses;
};

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_KERNELTEXT_H
