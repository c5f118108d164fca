//===- PlanOps.td - Kernels and their dispatches -----------*- tablegen -*-===//
#ifndef GRAPHC_IR_PLANOPS_TD
#define GRAPHC_IR_PLANOPS_TD

include "mlir/Interfaces/FunctionInterfaces.td"
include "ir/WeightOps.td"

def Graphc_KernelOp : Graphc_Op<"kernel", [
    FunctionOpInterface, IsolatedFromAbove, SingleBlock]> {
  let summary = "Define a kernel by the one op that it computes";
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region AnyRegion:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    /// The op that the kernel computes.
    ::mlir::Operation *getComputedOp();
  }];
}

def Graphc_PlanOp : Graphc_Op<"plan", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "List the dispatches of a step in order";
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$arena_bytes, I64Attr:$max_tokens,
                       I64Attr:$context);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `arena` $arena_bytes `max_tokens` $max_tokens `context` $context
    attr-dict-with-keyword $body
  }];
}

def Graphc_DispatchOp : Graphc_Op<"dispatch", [
    HasParent<"PlanOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Call a kernel, with a place for each operand and result";
  let arguments = (ins FlatSymbolRefAttr:$kernel, ArrayAttr:$bindings, StrAttr:$label);
  let assemblyFormat = "$label $kernel $bindings attr-dict";
}

#endif // GRAPHC_IR_PLANOPS_TD
