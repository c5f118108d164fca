// Results of a benchmark as text.
#ifndef GRAPHC_TOOLS_BENCH_BENCHREPORT_H
#define GRAPHC_TOOLS_BENCH_BENCHREPORT_H

#include "runtime/base/Json.h"
#include "tools/bench/Benchmark.h"

#include <span>
#include <string>

namespace graphc {

/// "pp512: 810.3 tok/s, 0.93 of the limit".
std::string resultLine(const BenchResult &result);

/// A table of Markdown, and one of kernels for each result that has a profile.
std::string benchMarkdown(std::span<const BenchResult> results);

/// A heading and a line for each result; profiles are left out.
std::string benchCsv(std::span<const BenchResult> results);

/// {"schema":1,"results":[{"test":"pp512","depth":0,"threads":2,"batch":1,
///  "tokens_per_second":{"min":..,"median":..,"max":..},"limit_fraction":..,"achieved_gbps":..,
///  "read_gbps":..,"achieved_gops":..,"peak_gops":..}]}
/// A result with a profile has "profile" as well.
Json benchJson(std::span<const BenchResult> results);

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_BENCHREPORT_H
