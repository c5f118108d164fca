// Kernels, plans and dispatches print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

graphc.weight @w[%layer in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "{layer}.w"[%layer] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}

// CHECK-LABEL: graphc.kernel @linear
// CHECK-SAME: (%[[X:.+]]: tensor<?x4xf32> {graphc.dims = ["R"]}, %[[W:.+]]: tensor<8x4xf32>) -> tensor<?x8xf32> {
graphc.kernel @linear(%x: tensor<?x4xf32> {graphc.dims = ["R"]}, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  // CHECK: %[[Y:.+]] = graphc.linear %[[X]], %[[W]]
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  // CHECK: graphc.yield %[[Y]] : tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}

// CHECK-LABEL: graphc.kernel @append
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  // CHECK: graphc.yield{{$}}
  graphc.yield
}

// CHECK-LABEL: graphc.plan @step arena 4096 max_tokens 16 context 128 {
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // CHECK: graphc.dispatch "layer0.linear" @linear [#graphc.arena<0>, #graphc.weight<@w, 0>, #graphc.arena<1024>]
  graphc.dispatch "layer0.linear" @linear [#graphc.arena<0>, #graphc.weight<@w, 0>, #graphc.arena<1024>]
  // CHECK: graphc.dispatch "layer0.append" @append [#graphc.kv<0>, #graphc.step, #graphc.arena<1024>]
  graphc.dispatch "layer0.append" @append [#graphc.kv<0>, #graphc.step, #graphc.arena<1024>]
  // CHECK: graphc.dispatch "head" @linear [#graphc.arena<0>, #graphc.weight<@w, 1>, #graphc.result]
  graphc.dispatch "head" @linear [#graphc.arena<0>, #graphc.weight<@w, 1>, #graphc.result]
}
