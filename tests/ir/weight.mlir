// Weights and their expressions print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

// CHECK-LABEL: graphc.weight @attn.q[%{{.*}} in 22] : tensor<64x64xf32> {
graphc.weight @attn.q[%layer in 22] : tensor<64x64xf32> {
  // CHECK: graphc.checkpoint "model.layers.{layer}.q.weight"[%{{.*}}] : tensor<64x64xf32>
  %0 = graphc.checkpoint "model.layers.{layer}.q.weight"[%layer] : tensor<64x64xf32>
  // CHECK: graphc.yield %{{.*}} : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}

// CHECK-LABEL: graphc.weight @packed[%{{.*}} in 22] : tensor<2x64x32x1xf32> attributes {origin = "test"} {
graphc.weight @packed[%layer in 22] : tensor<2x64x32x1xf32> attributes {origin = "test"} {
  // CHECK: graphc.param @attn.q[%{{.*}}] : tensor<64x64xf32>
  %0 = graphc.param @attn.q[%layer] : tensor<64x64xf32>
  // CHECK: graphc.pack %{{.*}} : tensor<64x64xf32> -> tensor<2x64x32x1xf32>
  %1 = graphc.pack %0 : tensor<64x64xf32> -> tensor<2x64x32x1xf32>
  graphc.yield %1 : tensor<2x64x32x1xf32>
}

// Two groups of 2 * 20 rows: halves of 20 are padded to 32, so 4 panels.
// CHECK-LABEL: graphc.weight @bias
graphc.weight @bias[%layer in 1] : tensor<128xbf16> {
  %0 = graphc.checkpoint "bias"[%layer] : tensor<80xbf16>
  // CHECK: graphc.pack %{{.*}} groups 2 : tensor<80xbf16> -> tensor<128xbf16>
  %1 = graphc.pack %0 groups 2 : tensor<80xbf16> -> tensor<128xbf16>
  graphc.yield %1 : tensor<128xbf16>
}

// CHECK-LABEL: graphc.weight @gate_up
graphc.weight @gate_up[%layer in 1] : tensor<4x9x32x2xbf16> {
  %0 = graphc.checkpoint "gate_up"[%layer] : tensor<80x17xbf16>
  // CHECK: graphc.pack %{{.*}} groups 2 : tensor<80x17xbf16> -> tensor<4x9x32x2xbf16>
  %1 = graphc.pack %0 groups 2 : tensor<80x17xbf16> -> tensor<4x9x32x2xbf16>
  graphc.yield %1 : tensor<4x9x32x2xbf16>
}

// CHECK-LABEL: graphc.weight @rope
graphc.weight @rope[%layer in 1] : tensor<128x4xf32> {
  // Every bit of a frequency is in the text.
  // CHECK: graphc.rope_table [1.0, 0.3162277638912201] : tensor<128x4xf32>
  %0 = graphc.rope_table [1.0, 0.3162277638912201] : tensor<128x4xf32>
  graphc.yield %0 : tensor<128x4xf32>
}

// CHECK-LABEL: func.func @step
func.func @step() {
  %c21 = arith.constant 21 : index
  // CHECK: graphc.param @attn.q[%{{.*}}] : tensor<64x64xf32>
  %0 = graphc.param @attn.q[%c21] : tensor<64x64xf32>
  return
}

// CHECK-LABEL: graphc.weight @down
graphc.weight @down[%layer in 1] : tensor<2x6x32x32x!graphc.quant<i4:f16, 32>> {
  %0 = graphc.checkpoint "down"[%layer] : tensor<64x172xf32>
  // CHECK: graphc.quantize search %{{.*}} : tensor<64x172xf32> -> tensor<64x172x!graphc.quant<i4 : f16, 32>>
  %1 = graphc.quantize search %0 : tensor<64x172xf32> -> tensor<64x172x!graphc.quant<i4:f16, 32>>
  // CHECK: graphc.pack %{{.*}} -> tensor<2x6x32x32x!graphc.quant<i4 : f16, 32>>
  %2 = graphc.pack %1 : tensor<64x172x!graphc.quant<i4:f16, 32>> -> tensor<2x6x32x32x!graphc.quant<i4:f16, 32>>
  graphc.yield %2 : tensor<2x6x32x32x!graphc.quant<i4:f16, 32>>
}

// CHECK-LABEL: graphc.weight @plain
graphc.weight @plain[%layer in 1] : tensor<64x172x!graphc.quant<i8:f16, 192>> {
  %0 = graphc.checkpoint "plain"[%layer] : tensor<64x172xf32>
  // CHECK: graphc.quantize absmax
  %1 = graphc.quantize absmax %0 : tensor<64x172xf32> -> tensor<64x172x!graphc.quant<i8:f16, 192>>
  graphc.yield %1 : tensor<64x172x!graphc.quant<i8:f16, 192>>
}
