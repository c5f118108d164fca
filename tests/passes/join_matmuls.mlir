// RUN: graphc-opt %s --allow-unregistered-dialect --graphc-join-matmuls --split-input-file --verify-diagnostics | FileCheck %s

// Keys, queries, values in the text; queries, keys, values in the weight. Names share what they have in common.
// CHECK: graphc.weight @attn.qkv[%[[L:.+]] in 2] : tensor<128x64xf32>
// CHECK-NEXT: %[[Q:.+]] = graphc.checkpoint "q.{layer}"[%[[L]]] : tensor<64x64xf32>
// CHECK-NEXT: %[[K:.+]] = graphc.checkpoint "k.{layer}"[%[[L]]] : tensor<32x64xf32>
// CHECK-NEXT: %[[V:.+]] = graphc.checkpoint "v.{layer}"[%[[L]]] : tensor<32x64xf32>
// CHECK-NEXT: %[[W:.+]] = graphc.concat %[[Q]], %[[K]], %[[V]] axis 0
// CHECK-NEXT: graphc.yield %[[W]]
// CHECK-NOT: graphc.weight @attn.q[
// CHECK-LABEL: func.func @qkv
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %{{.+}}: !graphc.kv_cache<2x16xf32>, %{{.+}}: !graphc.step, %[[LAYER:.+]]: index)
// CHECK-NEXT: %[[P:.+]] = graphc.param @attn.qkv[%[[LAYER]]] : tensor<128x64xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.linear %[[X]], %[[P]] : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
// CHECK-NEXT: graphc.slice %[[Y]] axis 1[64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
// CHECK-NEXT: graphc.slice %[[Y]] axis 1[0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
// CHECK-NEXT: graphc.slice %[[Y]] axis 1[96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
graphc.weight @attn.q[%layer in 2] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "q.{layer}"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @attn.k[%layer in 2] : tensor<32x64xf32> {
  %0 = graphc.checkpoint "k.{layer}"[%layer] : tensor<32x64xf32>
  graphc.yield %0 : tensor<32x64xf32>
}
graphc.weight @attn.v[%layer in 2] : tensor<32x64xf32> {
  %0 = graphc.checkpoint "v.{layer}"[%layer] : tensor<32x64xf32>
  graphc.yield %0 : tensor<32x64xf32>
}
func.func @qkv(%x: tensor<?x64xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %layer: index) -> tensor<?x64xf32> {
  %wq = graphc.param @attn.q[%layer] : tensor<64x64xf32>
  %wk = graphc.param @attn.k[%layer] : tensor<32x64xf32>
  %wv = graphc.param @attn.v[%layer] : tensor<32x64xf32>
  %k = graphc.linear %x, %wk : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %q = graphc.linear %x, %wq : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %v = graphc.linear %x, %wv : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %q1 = graphc.reshape %q : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %k1 = graphc.reshape %k : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %v1 = graphc.reshape %v : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v2 = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k2, %v2 : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %o = graphc.flash_attention %q2, %kv, %step causal scale 0.25 : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}

// -----

// Attention and feed-forward network on the same rows are joined apart; of the latter, what is
// activated comes first. A weight with another user keeps its symbol.
// CHECK-DAG: graphc.weight @attn.qk[
// CHECK-DAG: graphc.weight @mlp.gate_up[
// CHECK-DAG: graphc.weight @mlp.up[
// CHECK-LABEL: func.func @parallel_blocks
// CHECK: graphc.linear %{{.+}}, %{{.+}} : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
// CHECK: %[[MLP:.+]] = graphc.linear %{{.+}}, %{{.+}} : (tensor<?x64xf32>, tensor<192x64xf32>) -> tensor<?x192xf32>
// CHECK: %[[UP:.+]] = graphc.slice %[[MLP]] axis 1[96, 192]
// CHECK: %[[GATE:.+]] = graphc.slice %[[MLP]] axis 1[0, 96]
// CHECK: graphc.silu %[[GATE]]
graphc.weight @attn.q[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "q"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @attn.k[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "k"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @mlp.up[%layer in 1] : tensor<96x64xf32> {
  %0 = graphc.checkpoint "up"[%layer] : tensor<96x64xf32>
  graphc.yield %0 : tensor<96x64xf32>
}
graphc.weight @mlp.gate[%layer in 1] : tensor<96x64xf32> {
  %0 = graphc.checkpoint "gate"[%layer] : tensor<96x64xf32>
  graphc.yield %0 : tensor<96x64xf32>
}
func.func @parallel_blocks(%x: tensor<?x64xf32>, %layer: index) -> (tensor<1x?x?xf32>, tensor<?x96xf32>, tensor<96x64xf32>) {
  %wq = graphc.param @attn.q[%layer] : tensor<64x64xf32>
  %wu = graphc.param @mlp.up[%layer] : tensor<96x64xf32>
  %wk = graphc.param @attn.k[%layer] : tensor<64x64xf32>
  %wg = graphc.param @mlp.gate[%layer] : tensor<96x64xf32>
  %q = graphc.linear %x, %wq : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %u = graphc.linear %x, %wu : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %k = graphc.linear %x, %wk : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %g = graphc.linear %x, %wg : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %q1 = graphc.reshape %q : tensor<?x64xf32> -> tensor<1x?x64xf32>
  %k1 = graphc.reshape %k : tensor<?x64xf32> -> tensor<1x?x64xf32>
  %s = graphc.batch_matmul %q1, %k1 transpose_b : (tensor<1x?x64xf32>, tensor<1x?x64xf32>) -> tensor<1x?x?xf32>
  %g1 = graphc.silu %g : tensor<?x96xf32>
  %a = graphc.mul %g1, %u : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  return %s, %a, %wu : tensor<1x?x?xf32>, tensor<?x96xf32>, tensor<96x64xf32>
}

// -----

// Rows cast to the weight's type by one cast each; fused_linears with equal prologues.
// CHECK-LABEL: func.func @equal_prologues
// CHECK: %[[Y:.+]] = graphc.fused_linear %{{.+}}, %{{.+}} rms(1.0e-05) gamma(%{{.+}}) : (tensor<?x64xf32>, tensor<64x64xbf16>, tensor<64xf32>) -> tensor<?x64xf32>
// CHECK: graphc.slice %[[Y]] axis 1[0, 32]
// CHECK: graphc.slice %[[Y]] axis 1[32, 64]
// CHECK: %[[Z:.+]] = graphc.linear %{{.+}}, %{{.+}} : (tensor<?x64xbf16>, tensor<64x64xbf16>) -> tensor<?x64xf32>
// CHECK: graphc.slice %[[Z]] axis 1[0, 32]
// CHECK: graphc.slice %[[Z]] axis 1[32, 64]
graphc.weight @a[%layer in 1] : tensor<32x64xbf16> {
  %0 = graphc.checkpoint "a"[%layer] : tensor<32x64xbf16>
  graphc.yield %0 : tensor<32x64xbf16>
}
graphc.weight @b[%layer in 1] : tensor<32x64xbf16> {
  %0 = graphc.checkpoint "b"[%layer] : tensor<32x64xbf16>
  graphc.yield %0 : tensor<32x64xbf16>
}
func.func @equal_prologues(%x: tensor<?x64xf32>, %z: tensor<?x64xf32>, %g: tensor<64xf32>, %layer: index) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %wa = graphc.param @a[%layer] : tensor<32x64xbf16>
  %wb = graphc.param @b[%layer] : tensor<32x64xbf16>
  %0 = graphc.fused_linear %x, %wa rms(1.0e-05) gamma(%g) : (tensor<?x64xf32>, tensor<32x64xbf16>, tensor<64xf32>) -> tensor<?x32xf32>
  %1 = graphc.fused_linear %x, %wb rms(1.0e-05) gamma(%g) : (tensor<?x64xf32>, tensor<32x64xbf16>, tensor<64xf32>) -> tensor<?x32xf32>
  %z0 = graphc.cast %z : tensor<?x64xf32> -> tensor<?x64xbf16>
  %z1 = graphc.cast %z : tensor<?x64xf32> -> tensor<?x64xbf16>
  %2 = graphc.linear %z0, %wa : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  %3 = graphc.linear %z1, %wb : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %0, %1, %2, %3 : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// What is not joined: the others of the group still are.
// CHECK-NOT: graphc.concat
// CHECK-LABEL: func.func @refusals
graphc.weight @a[%layer in 1] : tensor<32x64xf32> {
  %0 = graphc.checkpoint "a"[%layer] : tensor<32x64xf32>
  graphc.yield %0 : tensor<32x64xf32>
}
graphc.weight @b[%layer in 2] : tensor<32x64xf32> {
  %0 = graphc.checkpoint "b.{layer}"[%layer] : tensor<32x64xf32>
  graphc.yield %0 : tensor<32x64xf32>
}
func.func @refusals(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %w16: tensor<32x64xbf16>, %g: tensor<64xf32>, %r: tensor<?x32xf32>, %layer: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %wa = graphc.param @a[%c0] : tensor<32x64xf32>
  %wb0 = graphc.param @b[%layer] : tensor<32x64xf32>
  %wb1 = graphc.param @b[%c1] : tensor<32x64xf32>
  %0 = graphc.linear %x, %wa : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: a weight is no param}}
  %1 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: weights are of different layers}}
  %2 = graphc.linear %x, %wb0 : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: weights are of different layers}}
  %3 = graphc.linear %x, %wb1 : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: a matmul has an epilogue already}}
  %4 = graphc.fused_linear %x, %wa residual(%r) : (tensor<?x64xf32>, tensor<32x64xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: prologues differ}}
  %5 = graphc.fused_linear %x, %wa gamma(%g) : (tensor<?x64xf32>, tensor<32x64xf32>, tensor<64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: mixed types: results differ}}
  %6 = graphc.fused_linear %x, %wa : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xbf16>
  "test.use"(%0, %1, %2, %3, %4, %5, %6) : (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xbf16>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @mixed_weights
// CHECK-NOT: graphc.concat
graphc.weight @a[%layer in 1] : tensor<32x64xf32> {
  %0 = graphc.checkpoint "a"[%layer] : tensor<32x64xf32>
  graphc.yield %0 : tensor<32x64xf32>
}
graphc.weight @b[%layer in 1] : tensor<32x64xbf16> {
  %0 = graphc.checkpoint "b"[%layer] : tensor<32x64xbf16>
  graphc.yield %0 : tensor<32x64xbf16>
}
func.func @mixed_weights(%x: tensor<?x64xf32>, %layer: index) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %wa = graphc.param @a[%layer] : tensor<32x64xf32>
  %wb = graphc.param @b[%layer] : tensor<32x64xbf16>
  %0 = graphc.linear %x, %wa : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %x16 = graphc.cast %x : tensor<?x64xf32> -> tensor<?x64xbf16>
  // expected-remark @below {{not fused: mixed types: weights differ}}
  %1 = graphc.linear %x16, %wb : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// Numbers that keep their scales stay apart where these differ.
// CHECK-LABEL: func.func @mixed_scales
// CHECK-NOT: graphc.concat
graphc.weight @a[%layer in 1] : tensor<32x256xf32> {
  %0 = graphc.checkpoint "a"[%layer] : tensor<32x256x!graphc.quant<ui4:f16, 32, 256>>
  %1 = graphc.cast %0 : tensor<32x256x!graphc.quant<ui4:f16, 32, 256>> -> tensor<32x256xf32>
  graphc.yield %1 : tensor<32x256xf32>
}
graphc.weight @b[%layer in 1] : tensor<32x256xf32> {
  %0 = graphc.checkpoint "b"[%layer] : tensor<32x256x!graphc.quant<i8:f16, 16, 256>>
  %1 = graphc.cast %0 : tensor<32x256x!graphc.quant<i8:f16, 16, 256>> -> tensor<32x256xf32>
  graphc.yield %1 : tensor<32x256xf32>
}
func.func @mixed_scales(%x: tensor<?x256xf32>, %layer: index) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %wa = graphc.param @a[%layer] : tensor<32x256xf32>
  %wb = graphc.param @b[%layer] : tensor<32x256xf32>
  %0 = graphc.linear %x, %wa : (tensor<?x256xf32>, tensor<32x256xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: checkpoint tensors are quantized differently}}
  %1 = graphc.linear %x, %wb : (tensor<?x256xf32>, tensor<32x256xf32>) -> tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}
