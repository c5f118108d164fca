// The small kernels of a step, as tables.
#ifndef GRAPHC_TESTS_BENCH_STEPCASE_H
#define GRAPHC_TESTS_BENCH_STEPCASE_H

#include "GeneratedKernel.h"

#include <vector>

namespace graphc::bench {

/// What prepares rows for a matmul, with the norm's factor ("norm/bf16/2048/T1/t1") and without
/// ("rows/int8/5632/T512/t2"): by the type of rows (int8: quantized) and the columns.
std::vector<KernelCase> allRowCases();

/// Looking tokens up in a table, as it is for itself and packed as that of a head which is tied to
/// it: "embedding/bf16/2048/T1/t1", "embedding/w8-tied/2048/T1/t1".
std::vector<KernelCase> allEmbeddingCases();

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_STEPCASE_H
