// RUN: graphc-opt %s --graphc-pack-weights --split-input-file --verify-diagnostics | FileCheck %s

// CHECK: graphc.weight @w[%[[L:.+]] in 2] : tensor<4x33x32x2xbf16>
// CHECK-NEXT: %[[W:.+]] = graphc.checkpoint "w.{layer}"[%[[L]]] : tensor<100x65xbf16>
// CHECK-NEXT: %[[P:.+]] = graphc.pack %[[W]] : tensor<100x65xbf16> -> tensor<4x33x32x2xbf16>
// CHECK-NEXT: graphc.yield %[[P]]
// CHECK: graphc.weight @b[%{{.+}} in 2] : tensor<128xf32>
// CHECK: graphc.pack %{{.+}} : tensor<100xf32> -> tensor<128xf32>
// CHECK-LABEL: func.func @plain
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} bias(%{{.+}}) : (tensor<?x65xbf16>, tensor<4x33x32x2xbf16>, tensor<128xf32>) -> tensor<?x100xf32>
graphc.weight @w[%layer in 2] : tensor<100x65xbf16> {
  %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<100x65xbf16>
  graphc.yield %0 : tensor<100x65xbf16>
}
graphc.weight @b[%layer in 2] : tensor<100xf32> {
  %0 = graphc.checkpoint "b.{layer}"[%layer] : tensor<100xf32>
  graphc.yield %0 : tensor<100xf32>
}
func.func @plain(%x: tensor<?x65xbf16>, %layer: index) -> tensor<?x100xf32> {
  %w = graphc.param @w[%layer] : tensor<100x65xbf16>
  %b = graphc.param @b[%layer] : tensor<100xf32>
  %y = graphc.fused_linear %x, %w bias(%b) : (tensor<?x65xbf16>, tensor<100x65xbf16>, tensor<100xf32>) -> tensor<?x100xf32>
  return %y : tensor<?x100xf32>
}

// -----

// Groups: one for a gate (halves of 40 are padded to 48 rows: 3 panels of 16 + 16 channels); a head
// each for fused_qkv (halves of 4 to 16 rows: a panel per head, 4 + 2 + 2).
// CHECK: graphc.pack %{{.+}} groups 1 : tensor<80x64xf32> -> tensor<3x64x32x1xf32>
// CHECK: graphc.pack %{{.+}} groups 8 : tensor<64x64xf32> -> tensor<8x64x32x1xf32>
// CHECK: graphc.pack %{{.+}} groups 8 : tensor<64xf32> -> tensor<256xf32>
// CHECK-LABEL: func.func @groups
graphc.weight @gate_up[%layer in 1] : tensor<80x64xf32> {
  %0 = graphc.checkpoint "gate_up"[%layer] : tensor<80x64xf32>
  graphc.yield %0 : tensor<80x64xf32>
}
graphc.weight @qkv[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "qkv"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @bias[%layer in 1] : tensor<64xf32> {
  %0 = graphc.checkpoint "bias"[%layer] : tensor<64xf32>
  graphc.yield %0 : tensor<64xf32>
}
func.func @groups(%x: tensor<?x64xf32>, %kv: !graphc.kv_cache<2x8xf32>, %step: !graphc.step, %layer: index) -> (tensor<?x40xf32>, tensor<4x?x8xf32>) {
  %w = graphc.param @gate_up[%layer] : tensor<80x64xf32>
  %y = graphc.fused_linear %x, %w gate(silu) : (tensor<?x64xf32>, tensor<80x64xf32>) -> tensor<?x40xf32>
  %wq = graphc.param @qkv[%layer] : tensor<64x64xf32>
  %b = graphc.param @bias[%layer] : tensor<64xf32>
  %q = graphc.fused_qkv %x, %wq bias(%b) append(%kv, %step) : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<4x?x8xf32>
  return %y, %q : tensor<?x40xf32>, tensor<4x?x8xf32>
}

// -----

// Tied embeddings: packed once, the look-up reads the panels. A table alone stays as it is.
// CHECK: graphc.weight @embed[%{{.+}} in 1] : tensor<4x64x32x1xf32>
// CHECK-NOT: graphc.weight @embed.packed
// CHECK: graphc.weight @positions[%{{.+}} in 1] : tensor<100x64xf32>
// CHECK-LABEL: func.func @tied
// CHECK: graphc.embedding %{{.+}}, %{{.+}} : tensor<4x64x32x1xf32> -> tensor<?x64xf32>
// CHECK: graphc.embedding %{{.+}}, %{{.+}} : tensor<100x64xf32> -> tensor<?x64xf32>
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} : (tensor<?x64xf32>, tensor<4x64x32x1xf32>) -> tensor<?x100xf32>
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.weight @positions[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "positions"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
func.func @tied(%step: !graphc.step) -> tensor<?x100xf32> {
  %c0 = arith.constant 0 : index
  %e = graphc.param @embed[%c0] : tensor<100x64xf32>
  %p = graphc.param @positions[%c0] : tensor<100x64xf32>
  %x0 = graphc.embedding %e, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  %x1 = graphc.embedding %p, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  %x = graphc.add %x0, %x1 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %e2 = graphc.param @embed[%c0] : tensor<100x64xf32>
  %y = graphc.linear %x, %e2 : (tensor<?x64xf32>, tensor<100x64xf32>) -> tensor<?x100xf32>
  return %y : tensor<?x100xf32>
}

// -----

// Uses that want different forms: natural, panels, panels with a group.
// CHECK: graphc.weight @w[%{{.+}} in 1] : tensor<64x64xf32>
// CHECK-DAG: graphc.pack %0 : tensor<64x64xf32> -> tensor<2x64x32x1xf32>
// CHECK-DAG: graphc.pack %0 groups 1 : tensor<64x64xf32> -> tensor<2x64x32x1xf32>
// CHECK-LABEL: func.func @three_forms
// CHECK: %[[A:.+]] = graphc.param @w.packed{{.*}} : tensor<2x64x32x1xf32>
// CHECK-NEXT: graphc.fused_linear %arg0, %[[A]] : (
// CHECK: %[[B:.+]] = graphc.param @w.packed{{.*}} : tensor<2x64x32x1xf32>
// CHECK-NEXT: graphc.fused_linear %arg0, %[[B]] gate
// CHECK: graphc.relu %{{.+}} : tensor<64x64xf32>
graphc.weight @w[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
func.func @three_forms(%x: tensor<?x64xf32>, %layer: index) -> (tensor<?x64xf32>, tensor<?x32xf32>, tensor<64x64xf32>) {
  %w = graphc.param @w[%layer] : tensor<64x64xf32>
  %a = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %b = graphc.fused_linear %x, %w gate(silu) : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x32xf32>
  %c = graphc.relu %w : tensor<64x64xf32>
  return %a, %b, %c : tensor<?x64xf32>, tensor<?x32xf32>, tensor<64x64xf32>
}

// -----

// Not of rows: no matmul kernel, natural weight.
// CHECK-LABEL: func.func @of_heads
// CHECK: graphc.linear %{{.+}}, %{{.+}} : (tensor<4x?x16xf32>, tensor<8x16xf32>) -> tensor<4x?x8xf32>
graphc.weight @w[%layer in 1] : tensor<8x16xf32> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<8x16xf32>
  graphc.yield %0 : tensor<8x16xf32>
}
func.func @of_heads(%x: tensor<4x?x16xf32>, %layer: index) -> tensor<4x?x8xf32> {
  %w = graphc.param @w[%layer] : tensor<8x16xf32>
  %y = graphc.linear %x, %w : (tensor<4x?x16xf32>, tensor<8x16xf32>) -> tensor<4x?x8xf32>
  return %y : tensor<4x?x8xf32>
}

// -----

func.func @no_param(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  // expected-error @below {{expected operand 1 to be a graphc.param: only weights can be laid out in panels}}
  %y = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// CHECK: graphc.weight @half[%{{.+}} in 1] : tensor<1x64x32x1xf16>
// CHECK: graphc.pack %{{.+}} : tensor<32x64xf16> -> tensor<1x64x32x1xf16>
// CHECK-LABEL: func.func @wide_rows
// CHECK: graphc.embedding %{{.+}} : tensor<1x64x32x1xf16> -> tensor<?x64xf32>
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} rows(f32) : (tensor<?x64xf32>, tensor<1x64x32x1xf16>) -> tensor<?x32xf32>
graphc.weight @half[%layer in 1] : tensor<32x64xf16> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<32x64xf16>
  graphc.yield %0 : tensor<32x64xf16>
}
func.func @wide_rows(%step: !graphc.step, %layer: index) -> tensor<?x32xf32> {
  %w = graphc.param @half[%layer] : tensor<32x64xf16>
  %x = graphc.embedding %w, %step : tensor<32x64xf16> -> tensor<?x64xf32>
  %y = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf16>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

graphc.weight @w[%layer in 1] : tensor<32x64xf16> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<32x64xf16>
  graphc.yield %0 : tensor<32x64xf16>
}
func.func @half(%x: tensor<?x64xf16>, %layer: index) -> tensor<?x32xf32> {
  %w = graphc.param @w[%layer] : tensor<32x64xf16>
  // expected-error @below {{expected rows of f32, bf16 or integers but got f16; run graphc-assign-precision first}}
  %y = graphc.linear %x, %w : (tensor<?x64xf16>, tensor<32x64xf16>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// A quantized table stands in panels though no rows are multiplied with it.
// CHECK: graphc.weight @table[%{{.+}} in 1] : tensor<2x1x32x32x!graphc.quant<i8 : f16, 32>>
// CHECK: graphc.pack
graphc.weight @table[%layer in 1] : tensor<64x32x!graphc.quant<i8:f16, 32>> {
  %0 = graphc.checkpoint "table"[%layer] : tensor<64x32xf32>
  %1 = graphc.quantize search %0 : tensor<64x32xf32> -> tensor<64x32x!graphc.quant<i8:f16, 32>>
  graphc.yield %1 : tensor<64x32x!graphc.quant<i8:f16, 32>>
}
// CHECK-LABEL: func.func @quantized_table
// CHECK: graphc.embedding %{{.+}}, %{{.+}} : tensor<2x1x32x32x!graphc.quant<i8 : f16, 32>> -> tensor<?x32xf32>
func.func @quantized_table(%step: !graphc.step) -> tensor<?x32xf32> {
  %c0 = arith.constant 0 : index
  %w = graphc.param @table[%c0] : tensor<64x32x!graphc.quant<i8:f16, 32>>
  %x = graphc.embedding %w, %step : tensor<64x32x!graphc.quant<i8:f16, 32>> -> tensor<?x32xf32>
  return %x : tensor<?x32xf32>
}
