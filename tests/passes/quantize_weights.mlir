// RUN: graphc-opt %s --graphc-quantize-weights="bits=4 rows=i8 dtype=bf16" --split-input-file --verify-diagnostics | FileCheck %s
// RUN: graphc-opt %s --graphc-quantize-weights="bits=8 head-bits=0 group=0 search=false" --split-input-file | FileCheck %s --check-prefix=W8
// RUN: graphc-opt %s --graphc-quantize-weights="weights=stored exclude=u.*" --split-input-file | FileCheck %s --check-prefix=STORED

// A joined weight is rounded behind the concat; the matmul says what its rows become.
// CHECK: graphc.weight @gate_down[%{{.+}} in 2] : tensor<96x80x!graphc.quant<i4 : f16, 32>>
// CHECK: %[[C:.+]] = graphc.concat
// CHECK-NEXT: %[[Q:.+]] = graphc.quantize search %[[C]] : tensor<96x80xf32> -> tensor<96x80x!graphc.quant<i4 : f16, 32>>
// CHECK-NEXT: graphc.yield %[[Q]]
// W8: graphc.weight @gate_down[%{{.+}} in 2] : tensor<96x80x!graphc.quant<i8 : f16, 96>>
// W8: graphc.quantize absmax
graphc.weight @gate_down[%layer in 2] : tensor<96x80xf32> {
  %0 = graphc.checkpoint "gate.{layer}"[%layer] : tensor<48x80xf32>
  %1 = graphc.checkpoint "down.{layer}"[%layer] : tensor<48x80xf32>
  %2 = graphc.concat %0, %1 axis 0 : (tensor<48x80xf32>, tensor<48x80xf32>) -> tensor<96x80xf32>
  graphc.yield %2 : tensor<96x80xf32>
}
// CHECK-LABEL: func.func private @layer
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} rows(!graphc.quant<i8 : f32, 32>) : (tensor<?x80xf32>, tensor<96x80x!graphc.quant<i4 : f16, 32>>)
// W8-LABEL: func.func private @layer
// W8: graphc.fused_linear %{{.+}}, %{{.+}} rows(f32) : (tensor<?x80xf32>, tensor<96x80x!graphc.quant<i8 : f16, 96>>)
func.func private @layer(%x: tensor<?x80xf32>, %layer: index) -> tensor<?x96xf32> {
  %w = graphc.param @gate_down[%layer] : tensor<96x80xf32>
  %y = graphc.linear %x, %w : (tensor<?x80xf32>, tensor<96x80xf32>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// -----

// The head has bits of its own; a table that is tied to it is the same weight.
// CHECK: graphc.weight @embed[%{{.+}} in 1] : tensor<64x32x!graphc.quant<i8 : f16, 32>>
// W8: graphc.weight @embed[%{{.+}} in 1] : tensor<64x32xf32>
graphc.weight @embed[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<64x32xf32>
  graphc.yield %0 : tensor<64x32xf32>
}
// CHECK-LABEL: func.func @step
// CHECK: graphc.embedding %{{.+}}, %{{.+}} : tensor<64x32x!graphc.quant<i8 : f16, 32>> -> tensor<?x32xf32>
func.func @step(%step: !graphc.step) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %w = graphc.param @embed[%c0] : tensor<64x32xf32>
  %x = graphc.embedding %w, %step : tensor<64x32xf32> -> tensor<?x32xf32>
  %y = graphc.linear %x, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Refused: another op needs the numbers as they are.
// CHECK: graphc.weight @shared[%{{.+}} in 1] : tensor<64x32xf32>
// expected-remark @below {{not quantized: another op needs the weight as it is}}
graphc.weight @shared[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "s"[%layer] : tensor<64x32xf32>
  graphc.yield %0 : tensor<64x32xf32>
}
func.func private @layer(%x: tensor<?x32xf32>, %layer: index) -> (tensor<?x64xf32>, tensor<32x64xf32>) {
  %w = graphc.param @shared[%layer] : tensor<64x32xf32>
  %y = graphc.linear %x, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  %t = graphc.transpose %w [1, 0] : tensor<64x32xf32> -> tensor<32x64xf32>
  return %y, %t : tensor<?x64xf32>, tensor<32x64xf32>
}

// -----

// What is left out is stored as its tensors are, if asked for, and its rows stay f32.
// STORED: graphc.weight @u.wide[%{{.+}} in 1] : tensor<64x32xf16>
// STORED-NEXT: %[[U:.+]] = graphc.checkpoint "u"{{.*}} : tensor<64x32xf16>
// STORED-NEXT: graphc.yield %[[U]]
// STORED-LABEL: func.func private @left_out
// STORED: graphc.fused_linear %{{.+}}, %{{.+}} rows(f32) : (tensor<?x32xf32>, tensor<64x32xf16>)
graphc.weight @u.wide[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "u"[%layer] : tensor<64x32xf16>
  %1 = graphc.cast %0 : tensor<64x32xf16> -> tensor<64x32xf32>
  graphc.yield %1 : tensor<64x32xf32>
}
func.func private @left_out(%x: tensor<?x32xf32>, %layer: index) -> tensor<?x64xf32> {
  %w = graphc.param @u.wide[%layer] : tensor<64x32xf32>
  %y = graphc.linear %x, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
