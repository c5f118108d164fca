// RUN: graphc-opt %s --graphc-fuse-rope-and-append --split-input-file --verify-diagnostics | FileCheck %s

// The whole: norm, bias, rope, append; what attends comes later.
// CHECK-LABEL: func.func @plain
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[W:.+]]: tensor<128x64xf32>, %[[TABLE:.+]]: tensor<128x16xf32>, %[[KV:.+]]: !graphc.kv_cache<2x16xf32>, %[[STEP:.+]]: !graphc.step, %[[G:.+]]: tensor<64xf32>, %[[B:.+]]: tensor<128xf32>)
// CHECK-NEXT: %[[Q:.+]] = graphc.fused_qkv %[[X]], %[[W]] rms(1.0e-05) gamma(%[[G]]) bias(%[[B]]) rope(%[[TABLE]]) append(%[[KV]], %[[STEP]])
// CHECK-SAME: -> tensor<4x?x16xf32>
// CHECK-NEXT: graphc.flash_attention %[[Q]], %[[KV]]
// CHECK-NEXT: return
func.func @plain(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %g: tensor<64xf32>, %b: tensor<128xf32>) -> tensor<?x64xf32> {
  %0 = graphc.fused_linear %x, %w rms(1.0e-05) gamma(%g) bias(%b) : (tensor<?x64xf32>, tensor<128x64xf32>, tensor<64xf32>, tensor<128xf32>) -> tensor<?x128xf32>
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
  %o = graphc.flash_attention %q, %kv, %step causal scale 0.25 : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}

// -----

// The casts of all three: of the queries it is the result's type, of the others the cache's.
// The rows' conversion to the weight's type is the fused op's as well.
// CHECK-LABEL: func.func @casts
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>
// CHECK-NEXT: %[[Q:.+]] = graphc.fused_qkv %[[X]], %{{.+}} rope(%{{.+}}) append(%{{.+}}, %{{.+}}) : (tensor<?x64xf32>, tensor<128x64xbf16>, tensor<128x16xf32>, !graphc.kv_cache<2x16xbf16>, !graphc.step) -> tensor<4x?x16xbf16>
// CHECK-NEXT: return %[[Q]]
func.func @casts(%x: tensor<?x64xf32>, %w: tensor<128x64xbf16>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xbf16>, %step: !graphc.step) -> tensor<4x?x16xbf16> {
  %x16 = graphc.cast %x : tensor<?x64xf32> -> tensor<?x64xbf16>
  %0 = graphc.linear %x16, %w : (tensor<?x64xbf16>, tensor<128x64xbf16>) -> tensor<?x128xf32>
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
  %q16 = graphc.cast %q : tensor<4x?x16xf32> -> tensor<4x?x16xbf16>
  %k16 = graphc.cast %k : tensor<2x?x16xf32> -> tensor<2x?x16xbf16>
  %v16 = graphc.cast %v : tensor<2x?x16xf32> -> tensor<2x?x16xbf16>
  graphc.kv_append %kv, %step, %k16, %v16 : !graphc.kv_cache<2x16xbf16>, tensor<2x?x16xbf16>, tensor<2x?x16xbf16>
  return %q16 : tensor<4x?x16xbf16>
}

// -----

// Without rope; %q2 and %k2 are what rope would have got.
// CHECK-LABEL: func.func @no_rope
// CHECK-NEXT: graphc.fused_qkv %{{.+}}, %{{.+}} append(%{{.+}}, %{{.+}}) :
// CHECK-NEXT: return
func.func @no_rope(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k2, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q2 : tensor<4x?x16xf32>
}
