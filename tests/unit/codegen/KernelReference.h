// What ir/reference makes of the op of a kernel, on the very memory that the kernel worked on.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_KERNELREFERENCE_H
#define GRAPHC_TESTS_UNIT_CODEGEN_KERNELREFERENCE_H

#include "KernelRunner.h"

namespace graphc::test {

/// Expects that a run of `kernel` with these arguments did what the reference says: evaluates its
/// op on the operands in `memory` and compares the results that stand there, and the keys and
/// values of this step's tokens if the op appends them. Call it after KernelRunner::run.
///
/// A number x of the reference (computed in f64 and rounded once) may be missed by
/// `slack * (1 + |x|)` and, in a result of 16 bits, by a unit in the last place; in an int8 cache
/// by a step of the integers, unless the op does nothing but append. Arrays of the step
/// that are empty stand for one sequence of T tokens.
void expectAsReference(const KernelRunner &kernel, const StepArrays &step,
                       const std::vector<void *> &memory, double slack);

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_KERNELREFERENCE_H
