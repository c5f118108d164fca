// IR of kernels that tests run and benchmarks measure, as text.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_KERNELTEXT_H
#define GRAPHC_TESTS_UNIT_CODEGEN_KERNELTEXT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graphc::test {

/// Rows that are quantized in groups of 128, for weights in groups of 32.
inline constexpr std::string_view kIntegerRows = "!graphc.quant<i8:f32, 32, 128>";

/// "tensor<4x?x8xbf16>"; an extent below 0 is `?`.
std::string tensorText(const std::vector<int64_t> &shape, std::string_view element);

/// "!graphc.kv_cache<4x64xbf16>".
std::string cacheText(int64_t heads, int64_t headDim, std::string_view element);

/// A kernel with one op that has one result: "graphc.kernel @k(...) -> ... { ... }".
std::string kernelText(const std::string &arguments, const std::string &op,
                       const std::string &result);

/// A kernel with one op of the fused family: its arguments, and the clauses that name them.
class KernelText {
public:
  /// `attributes`: of the argument, as in " {graphc.dims = [\"R\"]}".
  void add(const std::string &name, const std::string &type, const std::string &attributes = "");
  /// An argument that is named like its clause: "gamma(%gamma)".
  void addClause(const std::string &word, const std::string &type,
                 const std::string &attributes = "");
  /// Any other: "gate(silu)".
  void addWord(const std::string &word) { clauses += " " + word; }

  /// The kernel: `op` with its first operands ("graphc.fused_linear %x, %w"), then the clauses.
  std::string kernel(const std::string &op, const std::vector<std::string> &results) const;

private:
  std::string arguments, types, clauses;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_KERNELTEXT_H
