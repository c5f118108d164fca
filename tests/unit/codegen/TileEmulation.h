// Tile instructions on machines without them, so that kernels for others can be tested.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_TILEEMULATION_H
#define GRAPHC_TESTS_UNIT_CODEGEN_TILEEMULATION_H

#include "mlir/IR/BuiltinOps.h"

namespace graphc::test {

/// Replaces each op of the amx dialect by loops over buffers of its own, as Intel's manual defines
/// TILELOADD, TILESTORED, TILEZERO, TDPBSSD and TDPBF16PS (volume 2), and says how many there were.
/// A tile may not be carried by a loop.
int64_t emulateTiles(mlir::ModuleOp module);

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_TILEEMULATION_H
