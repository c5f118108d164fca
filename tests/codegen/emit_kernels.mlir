// The pass: kernels become functions, plan and weights go, bounds are the plan's or the options'.
//
// RUN: graphc-opt %s --split-input-file --graphc-emit-kernels="target=x86-64-v3 max-tokens=7 context=99" --verify-diagnostics | FileCheck %s
// RUN: not graphc-opt %s --split-input-file --graphc-emit-kernels=target=pentium 2>&1 | FileCheck %s --check-prefix=TARGET
//
// TARGET: error: --target 'pentium' is unknown; known targets: native, x86-64-v3,

// CHECK-LABEL: module
// CHECK-NOT: graphc.
// CHECK: func.func @repeat(
// CHECK-SAME: memref<16x64xf32>, %{{.+}}: memref<16x256xf32>
// CHECK-NOT: graphc.
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.kernel @embedding(%w: tensor<100x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.kernel @repeat(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x256xf32> {
  %0 = graphc.repeat %x axis 1 times 4 : tensor<?x64xf32> -> tensor<?x256xf32>
  graphc.yield %0 : tensor<?x256xf32>
}
graphc.plan @step arena 20480 max_tokens 16 context 64 {
  graphc.dispatch "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
  graphc.dispatch "a" @repeat [#graphc.arena<0>, #graphc.result]
}

// -----

// Rows of T and of S, without a plan.
// CHECK-LABEL: func.func @scale(
// CHECK-SAME: memref<7x99xf32>, %{{.+}}: memref<7x99xf32>
graphc.kernel @scale(%x: tensor<?x?xf32> {graphc.dims = ["T", "S"]}) -> tensor<?x?xf32> {
  %0 = graphc.scale %x by 2.0 : tensor<?x?xf32>
  graphc.yield %0 : tensor<?x?xf32>
}

// -----

// What no family can do is an error at the op.
graphc.kernel @natural(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  // expected-error @below {{expected a weight packed as}}
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// -----

graphc.kernel @scalar(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{has no kernel for a tensor of rank 0}}
  %0 = graphc.relu %x : tensor<f32>
  graphc.yield %0 : tensor<f32>
}
