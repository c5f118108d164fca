// The graphc dialect: everything that its users include.
#ifndef GRAPHC_IR_GRAPHDIALECT_H
#define GRAPHC_IR_GRAPHDIALECT_H

#include "ir/PanelLayout.h"
#include "ir/QuantFormat.h"
#include "ir/SymbolicDims.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "ir/GraphDialect.h.inc"
#include "ir/GraphEnums.h.inc"
#include "ir/GraphInterfaces.h.inc"

#define GET_TYPEDEF_CLASSES
#include "ir/GraphTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/GraphAttrs.h.inc"
#define GET_OP_CLASSES
#include "ir/GraphOps.h.inc"

#endif // GRAPHC_IR_GRAPHDIALECT_H
