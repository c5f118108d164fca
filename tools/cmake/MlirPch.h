// The headers of MLIR that most of the compiler includes, precompiled once (see GraphcMlir.cmake).
// Source files still name every header they use.
#ifndef GRAPHC_TOOLS_CMAKE_MLIRPCH_H
#define GRAPHC_TOOLS_CMAKE_MLIRPCH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"

#endif // GRAPHC_TOOLS_CMAKE_MLIRPCH_H
