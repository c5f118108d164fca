// Reads of a cache are neither merged across an append nor is an append dropped; a read that nobody
// uses is.
// RUN: graphc-opt %s --cse --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @reads
func.func @reads(%kv: !graphc.kv_cache<1x4xf32>, %k: tensor<1x?x4xf32>, %step: !graphc.step)
    -> (tensor<1x?x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>) {
  // CHECK: %[[A:.+]], %{{.*}} = graphc.kv_read
  // CHECK-NOT: graphc.kv_read
  // CHECK: graphc.kv_append
  // CHECK: %[[B:.+]], %{{.*}} = graphc.kv_read
  // CHECK-NOT: graphc.kv_read
  // CHECK: return %[[A]], %[[A]], %[[B]]
  %0, %1 = graphc.kv_read %kv, %step : !graphc.kv_cache<1x4xf32> -> tensor<1x?x4xf32>, tensor<1x?x4xf32>
  %2, %3 = graphc.kv_read %kv, %step : !graphc.kv_cache<1x4xf32> -> tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  %4, %5 = graphc.kv_read %kv, %step : !graphc.kv_cache<1x4xf32> -> tensor<1x?x4xf32>, tensor<1x?x4xf32>
  %6, %7 = graphc.kv_read %kv, %step : !graphc.kv_cache<1x4xf32> -> tensor<1x?x4xf32>, tensor<1x?x4xf32>
  return %0, %2, %4 : tensor<1x?x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
}
