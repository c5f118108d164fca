// Where append_qkv does what fused_qkv cannot.
// RUN: graphc-opt %s --graphc-fuse-rope-and-append --split-input-file --verify-diagnostics | FileCheck %s
// CHECK-NOT: graphc.fused_qkv

// Normalised heads, before or behind the transpose.
// CHECK-LABEL: func.func @normalised
// CHECK-SAME: %[[TABLE:[a-z0-9]+]]: tensor<128x16xf32>, %[[KV:.+]]: !graphc.kv_cache<2x16xf32>, %[[STEP:.+]]: !graphc.step, %[[QG:.+]]: tensor<16xf32>, %[[KG:.+]]: tensor<16xf32>)
// CHECK-NEXT: %[[Z:.+]] = graphc.linear
// CHECK-NEXT: %[[Q:.+]] = graphc.append_qkv %[[Z]][0], %[[Z]][64], %[[Z]][96] head_norm(1.0e-06, %[[QG]], %[[KG]]) rope(%[[TABLE]]) append(%[[KV]], %[[STEP]])
// CHECK-NEXT: graphc.flash_attention %[[Q]], %[[KV]]
// CHECK-NEXT: return
func.func @normalised(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %qg: tensor<16xf32>, %kg: tensor<16xf32>) -> tensor<?x64xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %qn = graphc.rms_norm %q1, %qg eps 1.0e-06 : tensor<?x4x16xf32>, tensor<16xf32>
  %q2 = graphc.transpose %qn [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %kn = graphc.rms_norm %k2, %kg eps 1.0e-06 : tensor<2x?x16xf32>, tensor<16xf32>
  %k = graphc.rope %kn, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %o = graphc.flash_attention %q, %kv, %step causal scale 0.25 : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}

// -----

// A part of each head is rotated: the table's width says which.
// CHECK-LABEL: func.func @partly_rotated
// CHECK: %[[Z:.+]] = graphc.linear
// CHECK-NEXT: graphc.append_qkv %[[Z]][0], %[[Z]][64], %[[Z]][96] rope(%{{.+}}) append(%{{.+}}, %{{.+}}) : {{.+}}tensor<128x8xf32>
// CHECK-NEXT: graphc.flash_attention
func.func @partly_rotated(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x8xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %qa = graphc.slice %q2 axis 2 [0, 8] : tensor<4x?x16xf32> -> tensor<4x?x8xf32>
  %qb = graphc.rope %qa, %table, %step : tensor<4x?x8xf32>, tensor<128x8xf32>
  %qc = graphc.slice %q2 axis 2 [8, 16] : tensor<4x?x16xf32> -> tensor<4x?x8xf32>
  %q = graphc.concat %qb, %qc axis 2 : (tensor<4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<4x?x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %ka = graphc.slice %k2 axis 2 [0, 8] : tensor<2x?x16xf32> -> tensor<2x?x8xf32>
  %kb = graphc.rope %ka, %table, %step : tensor<2x?x8xf32>, tensor<128x8xf32>
  %kc = graphc.slice %k2 axis 2 [8, 16] : tensor<2x?x16xf32> -> tensor<2x?x8xf32>
  %k = graphc.concat %kb, %kc axis 2 : (tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %o = graphc.flash_attention %q, %kv, %step causal scale 0.25 : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}

// -----

// Projections with weights of two types: two matmuls, one op behind them.
// CHECK-LABEL: func.func @two_projections
// CHECK: %[[Z:.+]] = graphc.linear
// CHECK-NEXT: %[[V:.+]] = graphc.linear
// CHECK-NEXT: graphc.append_qkv %[[Z]][0], %[[Z]][64], %[[V]][0] rope(%{{.+}}) append(%{{.+}}, %{{.+}})
// CHECK-NEXT: graphc.flash_attention
func.func @two_projections(%x: tensor<?x64xf32>, %w: tensor<96x64xf32>, %wv: tensor<32x64xf16>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %v0 = graphc.linear %x, %wv : (tensor<?x64xf32>, tensor<32x64xf16>) -> tensor<?x32xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x96xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x96xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %o = graphc.flash_attention %q, %kv, %step causal scale 0.25 : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}

// -----

// Keys, values, queries: fused_qkv knows another order only.
// CHECK-LABEL: func.func @queries_last
// CHECK: %[[Z:.+]] = graphc.linear
// CHECK-NEXT: graphc.append_qkv %[[Z]][64], %[[Z]][0], %[[Z]][32] rope(%{{.+}}) append(%{{.+}}, %{{.+}})
// CHECK-NEXT: return
func.func @queries_last(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [64, 128] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [0, 32] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [32, 64] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

// What is added to the projection stays with it.
// CHECK-LABEL: func.func @residual
// CHECK: %[[Z:.+]] = graphc.fused_linear %{{.+}}, %{{.+}} residual
// CHECK-NEXT: graphc.append_qkv %[[Z]][0], %[[Z]][64], %[[Z]][96]
// CHECK-NEXT: return
func.func @residual(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %r: tensor<?x128xf32>) -> tensor<4x?x16xf32> {
  %0 = graphc.fused_linear %x, %w residual(%r) : (tensor<?x64xf32>, tensor<128x64xf32>, tensor<?x128xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}
