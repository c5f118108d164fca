// Attention by its parts and the KV cache print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

// CHECK-LABEL: func.func @scores
// CHECK-SAME: %[[X:.+]]: tensor<4x?x?xf32> {{.*}}, %[[STEP:.+]]: !graphc.step
func.func @scores(%x: tensor<4x?x?xf32> {graphc.dims = ["T", "S"]}, %step: !graphc.step) {
  // CHECK: graphc.soft_cap %[[X]] cap 50.0 : tensor<4x?x?xf32>
  %0 = graphc.soft_cap %x cap 50.0 : tensor<4x?x?xf32>
  // CHECK: graphc.mask causal %[[X]], %[[STEP]] : tensor<4x?x?xf32>
  %1 = graphc.mask causal %x, %step : tensor<4x?x?xf32>
  // CHECK: graphc.mask causal window 7 %[[X]], %[[STEP]] : tensor<4x?x?xf32>
  %2 = graphc.mask causal window 7 %x, %step : tensor<4x?x?xf32>
  // CHECK: graphc.softmax %[[X]] axis 2 : tensor<4x?x?xf32>
  %3 = graphc.softmax %x axis 2 : tensor<4x?x?xf32>
  return
}

// CHECK-LABEL: func.func @rope
func.func @rope(%q: tensor<4x?x16xf32>, %table: tensor<128x16xf32>, %step: !graphc.step) {
  // CHECK: graphc.rope %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x?x16xf32>, tensor<128x16xf32>
  %0 = graphc.rope %q, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  return
}

// CHECK-LABEL: func.func @cache
func.func @cache(%k: tensor<4x?x16xf32>, %v: tensor<4x?x16xbf16>, %step: !graphc.step) {
  // CHECK: %[[KV:.+]] = graphc.kv_layer 3 : !graphc.kv_cache<4x16xbf16>
  %kv = graphc.kv_layer 3 : !graphc.kv_cache<4x16xbf16>
  // CHECK: graphc.kv_append %[[KV]], %{{.*}}, %{{.*}}, %{{.*}} : !graphc.kv_cache<4x16xbf16>, tensor<4x?x16xf32>, tensor<4x?x16xbf16>
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<4x16xbf16>, tensor<4x?x16xf32>, tensor<4x?x16xbf16>
  // CHECK: %{{.*}}, %{{.*}} = graphc.kv_read %[[KV]], %{{.*}} : !graphc.kv_cache<4x16xbf16> -> tensor<4x?x16xf32>, tensor<4x?x16xbf16>
  %0, %1 = graphc.kv_read %kv, %step : !graphc.kv_cache<4x16xbf16> -> tensor<4x?x16xf32>, tensor<4x?x16xbf16>
  return
}
