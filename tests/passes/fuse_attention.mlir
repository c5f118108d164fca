// RUN: graphc-opt %s --graphc-fuse-attention --split-input-file --verify-diagnostics | FileCheck %s

// The form of the Llama family: heads repeated, scale before the mask.
// CHECK-LABEL: func.func @repeated_heads
// CHECK-SAME: (%[[Q:.+]]: tensor<4x?x16xf32>, %[[KV:.+]]: !graphc.kv_cache<2x16xf32>, %[[STEP:.+]]: !graphc.step)
// CHECK-NEXT: %[[O:.+]] = graphc.flash_attention %[[Q]], %[[KV]], %[[STEP]] causal scale 0.25
// CHECK-SAME: : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
// CHECK-NEXT: return %[[O]]
func.func @repeated_heads(%q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %kr = graphc.repeat %k axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
  %vr = graphc.repeat %v axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
  %s = graphc.batch_matmul %q, %kr transpose_b : (tensor<4x?x16xf32>, tensor<4x?x16xf32>) -> tensor<4x?x?xf32>
  %s1 = graphc.scale %s by 0.25 : tensor<4x?x?xf32>
  %s2 = graphc.mask causal %s1, %step : tensor<4x?x?xf32>
  %p = graphc.softmax %s2 axis 2 : tensor<4x?x?xf32>
  %o = graphc.batch_matmul %p, %vr : (tensor<4x?x?xf32>, tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %o1 = graphc.transpose %o [1, 0, 2] : tensor<4x?x16xf32> -> tensor<?x4x16xf32>
  %o2 = graphc.reshape %o1 : tensor<?x4x16xf32> -> tensor<?x64xf32>
  return %o2 : tensor<?x64xf32>
}

// -----

// Every query head has its own key head; no scale at all; soft cap and window.
// CHECK-LABEL: func.func @cap_and_window
// CHECK-NEXT: graphc.flash_attention %{{.+}}, %{{.+}}, %{{.+}} causal window 32 scale 1.0 cap 50.0
// CHECK-NEXT: return
func.func @cap_and_window(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %s1 = graphc.soft_cap %s cap 50.0 : tensor<2x?x?xf32>
  %s2 = graphc.mask causal window 32 %s1, %step : tensor<2x?x?xf32>
  %p = graphc.softmax %s2 axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %o1 = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %o2 = graphc.reshape %o1 : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %o2 : tensor<?x32xf32>
}

// -----

// Groups by reshape and the product's broadcast; keys transposed by an op; scale behind the mask.
// CHECK-LABEL: func.func @grouped_by_reshape
// CHECK-SAME: (%[[Q:.+]]: tensor<4x?x16xf32>, %[[KV:.+]]: !graphc.kv_cache<2x16xf32>
// CHECK-NEXT: graphc.flash_attention %[[Q]], %[[KV]], %{{.+}} causal scale 0.25 : tensor<4x?x16xf32>
// CHECK-NEXT: return
func.func @grouped_by_reshape(%q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %qg = graphc.reshape %q : tensor<4x?x16xf32> -> tensor<2x2x?x16xf32>
  %kg = graphc.reshape %k : tensor<2x?x16xf32> -> tensor<2x1x?x16xf32>
  %kt = graphc.transpose %kg [0, 1, 3, 2] : tensor<2x1x?x16xf32> -> tensor<2x1x16x?xf32>
  %vg = graphc.reshape %v : tensor<2x?x16xf32> -> tensor<2x1x?x16xf32>
  %s = graphc.batch_matmul %qg, %kt : (tensor<2x2x?x16xf32>, tensor<2x1x16x?xf32>) -> tensor<2x2x?x?xf32>
  %s1 = graphc.mask causal %s, %step : tensor<2x2x?x?xf32>
  %s2 = graphc.scale %s1 by 0.25 : tensor<2x2x?x?xf32>
  %p = graphc.softmax %s2 axis 3 : tensor<2x2x?x?xf32>
  %o = graphc.batch_matmul %p, %vg : (tensor<2x2x?x?xf32>, tensor<2x1x?x16xf32>) -> tensor<2x2x?x16xf32>
  %o1 = graphc.transpose %o [2, 0, 1, 3] : tensor<2x2x?x16xf32> -> tensor<?x2x2x16xf32>
  %o2 = graphc.reshape %o1 : tensor<?x2x2x16xf32> -> tensor<?x64xf32>
  return %o2 : tensor<?x64xf32>
}

// -----

// Heads expanded as [Hkv, 1] -> [Hkv, G] -> H; the quotient by a constant on the queries, half of the
// scale on the keys; heads merged from three dimensions.
// CHECK-LABEL: func.func @expanded_heads
// CHECK-SAME: (%[[Q:.+]]: tensor<4x?x16xf32>
// CHECK-NEXT: graphc.flash_attention %[[Q]], %{{.+}}, %{{.+}} causal scale 0.125
// CHECK-NEXT: return
func.func @expanded_heads(%q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %four = graphc.constant dense<4.0> : tensor<1xf32>
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %qs = graphc.div %q, %four : (tensor<4x?x16xf32>, tensor<1xf32>) -> tensor<4x?x16xf32>
  %k1 = graphc.reshape %k : tensor<2x?x16xf32> -> tensor<2x1x?x16xf32>
  %k2 = graphc.repeat %k1 axis 1 times 2 : tensor<2x1x?x16xf32> -> tensor<2x2x?x16xf32>
  %k3 = graphc.reshape %k2 : tensor<2x2x?x16xf32> -> tensor<4x?x16xf32>
  %k4 = graphc.scale %k3 by 0.5 : tensor<4x?x16xf32>
  %v1 = graphc.reshape %v : tensor<2x?x16xf32> -> tensor<2x1x?x16xf32>
  %v2 = graphc.repeat %v1 axis 1 times 2 : tensor<2x1x?x16xf32> -> tensor<2x2x?x16xf32>
  %v3 = graphc.reshape %v2 : tensor<2x2x?x16xf32> -> tensor<4x?x16xf32>
  %s = graphc.batch_matmul %qs, %k4 transpose_b : (tensor<4x?x16xf32>, tensor<4x?x16xf32>) -> tensor<4x?x?xf32>
  %s1 = graphc.mask causal %s, %step : tensor<4x?x?xf32>
  %p = graphc.softmax %s1 axis 2 : tensor<4x?x?xf32>
  %o = graphc.batch_matmul %p, %v3 : (tensor<4x?x?xf32>, tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %o1 = graphc.transpose %o [1, 0, 2] : tensor<4x?x16xf32> -> tensor<?x4x16xf32>
  %o2 = graphc.reshape %o1 : tensor<?x4x16xf32> -> tensor<?x64xf32>
  return %o2 : tensor<?x64xf32>
}

// -----

// bf16 products: the cast of the scaled queries is built again behind the un-scaled ones. The scale is a
// product with the reciprocal root of a constant. One key head for all; heads merged over a reshape.
// CHECK-LABEL: func.func @bf16_products
// CHECK-SAME: (%[[Q:.+]]: tensor<4x?x16xf32>, %[[KV:.+]]: !graphc.kv_cache<1x16xbf16>
// CHECK-NEXT: %[[Q16:.+]] = graphc.cast %[[Q]] : tensor<4x?x16xf32> -> tensor<4x?x16xbf16>
// CHECK-NEXT: graphc.flash_attention %[[Q16]], %[[KV]], %{{.+}} causal scale 0.25 : tensor<4x?x16xbf16>, !graphc.kv_cache<1x16xbf16> -> tensor<?x64xf32>
// CHECK-NEXT: return
func.func @bf16_products(%q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<1x16xbf16>, %step: !graphc.step) -> tensor<?x64xf32> {
  %d = graphc.constant dense<16.0> : tensor<1xf32>
  %r = graphc.rsqrt %d : tensor<1xf32>
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<1x16xbf16> -> tensor<1x?x16xf32>, tensor<1x?x16xf32>
  %qs = graphc.mul %r, %q : (tensor<1xf32>, tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %qg = graphc.reshape %qs : tensor<4x?x16xf32> -> tensor<1x4x?x16xf32>
  %q16 = graphc.cast %qg : tensor<1x4x?x16xf32> -> tensor<1x4x?x16xbf16>
  %kg = graphc.reshape %k : tensor<1x?x16xf32> -> tensor<1x1x?x16xf32>
  %k16 = graphc.cast %kg : tensor<1x1x?x16xf32> -> tensor<1x1x?x16xbf16>
  %v16 = graphc.cast %v : tensor<1x?x16xf32> -> tensor<1x?x16xbf16>
  %vg = graphc.reshape %v16 : tensor<1x?x16xbf16> -> tensor<1x1x?x16xbf16>
  %s = graphc.batch_matmul %q16, %k16 transpose_b : (tensor<1x4x?x16xbf16>, tensor<1x1x?x16xbf16>) -> tensor<1x4x?x?xf32>
  %s1 = graphc.mask causal %s, %step : tensor<1x4x?x?xf32>
  %p = graphc.softmax %s1 axis 3 : tensor<1x4x?x?xf32>
  %p16 = graphc.cast %p : tensor<1x4x?x?xf32> -> tensor<1x4x?x?xbf16>
  %o = graphc.batch_matmul %p16, %vg : (tensor<1x4x?x?xbf16>, tensor<1x1x?x16xbf16>) -> tensor<1x4x?x16xf32>
  %o0 = graphc.reshape %o : tensor<1x4x?x16xf32> -> tensor<4x?x16xf32>
  %o1 = graphc.transpose %o0 [1, 0, 2] : tensor<4x?x16xf32> -> tensor<?x4x16xf32>
  %o2 = graphc.reshape %o1 : tensor<?x4x16xf32> -> tensor<?x64xf32>
  return %o2 : tensor<?x64xf32>
}

// -----

// Written after it was read, but by another layer's cache: no harm.
// CHECK-LABEL: func.func @other_cache_written
// CHECK: graphc.kv_append
// CHECK-NEXT: graphc.flash_attention
func.func @other_cache_written(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %other: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  graphc.kv_append %other, %step, %q, %q : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %s1 = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  %p = graphc.softmax %s1 axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %o1 = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %o2 = graphc.reshape %o1 : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %o2 : tensor<?x32xf32>
}
