//===- PlanOps.td - Kernels and their dispatches -----------*- tablegen -*-===//
#ifndef GRAPHC_IR_PLANOPS_TD
#define GRAPHC_IR_PLANOPS_TD

include "mlir/Interfaces/FunctionInterfaces.td"
include "ir/WeightOps.td"

def Graphc_PlanDocs : OpDocGroup {
  let summary = "Plan";
  let description = [{
    What the runtime executes: kernels, and a list of dispatches that call them. Buffers are dense and row-major, with every
    dynamic dimension at its upper bound (`T` and `R` at `max_tokens`, `S` at `context`), so offsets and strides are static.
  }];
}

let opDocGroup = Graphc_PlanDocs in {

def Graphc_KernelOp : Graphc_Op<"kernel", [
    FunctionOpInterface, IsolatedFromAbove, SingleBlock]> {
  let summary = "Define a kernel by the one op that it computes";
  let description = [{
    `results = op(arguments)`. Dispatches of equal ops share a kernel; code is generated for it once.

    Which symbol the `?` of an argument are, its attribute `graphc.dims` says (absent: a single `?` is `T`), since rows `T` and rows
    `R` make two kernels.

    Constraints:
    * (C1) There is a body: one op of this dialect and a `graphc.yield`.
    * (C2) Every argument is used (an operand of the op is one of them, since there is nothing else).
    * (C3) The yield has all results of the op, in order, and they are of the kernel's result types.

    ```mlir
    graphc.kernel @head(%x: tensor<?x2048xf32> {graphc.dims = ["R"]}, %w: tensor<1000x2048x32x1xf32>) -> tensor<?x32000xf32> {
      %y = graphc.fused_linear %x, %w : (tensor<?x2048xf32>, tensor<1000x2048x32x1xf32>) -> tensor<?x32000xf32>
      graphc.yield %y : tensor<?x32000xf32>
    }
    ```
  }];
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
    /// Bytes of every argument, then of every result, with dynamic dimensions at their bounds; 0 for those that are no tensors.
    /// Fails with a diagnostic where a `?` has no symbol and where a tensor does not fit in memory.
    ::llvm::FailureOr<::llvm::SmallVector<uint64_t>> getBoundedBytes(const ::graphc::StepDims &bounds);
  }];
}

def Graphc_PlanOp : Graphc_Op<"plan", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "List the dispatches of a step in order";
  let description = [{
    The program of a step: `graphc.dispatch` ops, executed one after the other, and the sizes that it was made for.

    Constraints:
    * (C1) `arena_bytes >= 0`, `max_tokens >= 1`, `context >= 1`.
    * (C2) The body has only dispatches.

    ```mlir
    graphc.kernel @relu_1024(%x: tensor<?x1024xf32>) -> tensor<?x1024xf32> {
      %y = graphc.relu %x : tensor<?x1024xf32>
      graphc.yield %y : tensor<?x1024xf32>
    }
    graphc.plan @step arena 4194304 max_tokens 512 context 2048 {
      graphc.dispatch "mlp.act" @relu_1024 [#graphc.arena<0>, #graphc.arena<2097152>]
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$arena_bytes, I64Attr:$max_tokens,
                       I64Attr:$context);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `arena` $arena_bytes `max_tokens` $max_tokens `context` $context
    attr-dict-with-keyword $body
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Largest values of T, R and S in a step.
    ::graphc::StepDims getBounds();
  }];
}

def Graphc_DispatchOp : Graphc_Op<"dispatch", [
    HasParent<"PlanOp"> /* C1 */, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Call a kernel, with a place for each operand and result";
  let description = [{
    `bindings` has one entry for each argument of the kernel and then for each result: where it is. A tensor is in the arena
    (`#graphc.arena`), is a weight (`#graphc.weight`, arguments only) or is what the step's caller reads (`#graphc.result`); a cache is
    that of a layer (`#graphc.kv`); a step is `#graphc.step`. `label` names layer and operator in traces.

    With `together`, the dispatch may run at the same time as the one before it, and as those that that one runs with: the threads
    share the tasks of all.

    Constraints:
    * (C1) It stands in a `graphc.plan`.
    * (C2) `kernel` names a `graphc.kernel`.
    * (C3) There are as many bindings as the kernel has arguments and results.
    * (C4) Each binding is of a kind that its argument's or result's type can have.
    * (C5) The offset of an arena binding is a multiple of 64 in `[0, arena_bytes)`.
    * (C6) A weight binding names a `graphc.weight` of the argument's type, and one of its layers.
    * (C7) The layer of a cache binding is not negative.
    * (C8) A tensor in the arena, with every dynamic dimension at its upper bound, ends within `arena_bytes`.
    * (C9) A result in the arena has no byte in common with another tensor of the dispatch.
    * (C10) With `together` there is a dispatch before it, no result of one of them has a byte in common with a tensor of another,
      none takes a cache, and no more than one takes the result of the step.

    ```mlir
    graphc.weight @embed[%layer in 1] : tensor<32000x2048xf32> {
      %w = graphc.checkpoint "model.embed_tokens.weight"[%layer] : tensor<32000x2048xf32>
      graphc.yield %w : tensor<32000x2048xf32>
    }
    graphc.kernel @embedding(%w: tensor<32000x2048xf32>, %step: !graphc.step) -> tensor<?x2048xf32> {
      %y = graphc.embedding %w, %step : tensor<32000x2048xf32> -> tensor<?x2048xf32>
      graphc.yield %y : tensor<?x2048xf32>
    }
    graphc.plan @step arena 4194304 max_tokens 512 context 2048 {
      graphc.dispatch "embed" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, ArrayAttr:$bindings, StrAttr:$label, UnitAttr:$together);
  let assemblyFormat = "$label $kernel $bindings (`together` $together^)? attr-dict";
}

} // opDocGroup

#endif // GRAPHC_IR_PLANOPS_TD
