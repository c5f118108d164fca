// RUN: graphc-opt %s --graphc-lower-to-plan --split-input-file --verify-diagnostics | FileCheck %s

// Two layers share their kernels; T and R do not. The reshape is an alias, the constant a weight, the
// unused weight gone; every buffer has a place of its own: 16 rows of 64 f32 = 4096 bytes.
// CHECK: module attributes {{.*}}graphc.stage = "plan"
// CHECK: graphc.weight @constant[%{{.+}} in 1] : tensor<64xf32>
// CHECK-NEXT: %[[C:.+]] = graphc.constant dense<2.000000e+00> : tensor<64xf32>
// CHECK-NEXT: graphc.yield %[[C]]
// CHECK: graphc.weight @embed[
// CHECK: graphc.weight @norm[%{{.+}} in 2] : tensor<64xf32>
// CHECK-NOT: graphc.weight @unused
// CHECK-NOT: func.func
// CHECK: graphc.kernel @embedding_64_f32(%{{.+}}: tensor<100x64xf32>, %{{.+}}: !graphc.step) -> tensor<?x64xf32> {
// CHECK-NEXT: %[[E:.+]] = graphc.embedding
// CHECK-NEXT: graphc.yield %[[E]] : tensor<?x64xf32>
// CHECK: graphc.kernel @rms_norm_64_f32(%{{.+}}: tensor<?x64xf32> {graphc.dims = ["T"]}, %{{.+}}: tensor<64xf32>) -> tensor<?x64xf32> {
// A value used twice becomes two arguments.
// CHECK: graphc.kernel @mul_4x16_f32(%[[A:.+]]: tensor<?x4x16xf32> {graphc.dims = ["T"]}, %[[B:.+]]: tensor<?x4x16xf32> {graphc.dims = ["T"]})
// CHECK-NEXT: graphc.mul %[[A]], %[[B]]
// CHECK: graphc.kernel @select_rows_64_f32(
// CHECK: graphc.kernel @mul_64_f32(%{{.+}}: tensor<?x64xf32> {graphc.dims = ["R"]}, %{{.+}}: tensor<64xf32>)
// CHECK-NOT: graphc.kernel
// CHECK: graphc.plan @step arena 24576 max_tokens 16 context 128 {
// CHECK-NEXT: graphc.dispatch "embed" @embedding_64_f32 [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
// CHECK-NEXT: graphc.dispatch "layer 0 first.norm" @rms_norm_64_f32 [#graphc.arena<0>, #graphc.weight<@norm, 0>, #graphc.arena<4096>]
// CHECK-NEXT: graphc.dispatch "layer 0 first.mul" @mul_4x16_f32 [#graphc.arena<4096>, #graphc.arena<4096>, #graphc.arena<8192>]
// CHECK-NEXT: graphc.dispatch "layer 1 first.norm" @rms_norm_64_f32 [#graphc.arena<8192>, #graphc.weight<@norm, 1>, #graphc.arena<12288>]
// CHECK-NEXT: graphc.dispatch "layer 1 first.mul" @mul_4x16_f32 [#graphc.arena<12288>, #graphc.arena<12288>, #graphc.arena<16384>]
// CHECK-NEXT: graphc.dispatch "select_rows" @select_rows_64_f32 [#graphc.arena<16384>, #graphc.step, #graphc.arena<20480>]
// CHECK-NEXT: graphc.dispatch "mul" @mul_64_f32 [#graphc.arena<20480>, #graphc.weight<@constant, 0>, #graphc.result]
// CHECK-NEXT: }
module attributes {graphc.max_tokens = 16 : i64, graphc.context = 128 : i64} {
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.weight @norm[%layer in 2] : tensor<64xf32> {
  %0 = graphc.checkpoint "norm.{layer}"[%layer] : tensor<64xf32>
  graphc.yield %0 : tensor<64xf32>
}
graphc.weight @unused[%layer in 1] : tensor<64xf32> {
  %0 = graphc.checkpoint "unused"[%layer] : tensor<64xf32>
  graphc.yield %0 : tensor<64xf32>
}
func.func private @layer(%x: tensor<?x64xf32>, %layer: index) -> tensor<?x64xf32> {
  %g = graphc.param @norm[%layer] : tensor<64xf32>
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32> loc("first.norm")
  %h = graphc.reshape %n : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %m = graphc.mul %h, %h : (tensor<?x4x16xf32>, tensor<?x4x16xf32>) -> tensor<?x4x16xf32> loc(fused["first.a", "first.b.c"])
  %r = graphc.reshape %m : tensor<?x4x16xf32> -> tensor<?x64xf32>
  return %r : tensor<?x64xf32>
}
func.func @step(%step: !graphc.step) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %two = graphc.constant dense<2.0> : tensor<64xf32>
  %e = graphc.param @embed[%c0] : tensor<100x64xf32>
  %dead = graphc.param @unused[%c0] : tensor<64xf32>
  %x0 = graphc.embedding %e, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  %x1 = call @layer(%x0, %c0) : (tensor<?x64xf32>, index) -> tensor<?x64xf32>
  %x2 = call @layer(%x1, %c1) : (tensor<?x64xf32>, index) -> tensor<?x64xf32>
  %rows = graphc.select_rows %x2, %step : tensor<?x64xf32> -> tensor<?x64xf32>
  %y = graphc.mul %rows, %two : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
}

// -----

// Kernels without results; caches; bounds of T and S: keys [2, 128, 16] are 16384 bytes.
// CHECK: graphc.kernel @kv_append_2x16_f32(%{{.+}}: !graphc.kv_cache<2x16xf32>, %{{.+}}: !graphc.step, %{{.+}}: tensor<2x?x16xf32> {graphc.dims = ["T"]}, %{{.+}}: tensor<2x?x16xf32> {graphc.dims = ["T"]}) {
// CHECK: graphc.yield
// CHECK: graphc.plan @step arena
// CHECK: graphc.dispatch "kv_append" @kv_append_2x16_f32 [#graphc.kv<1>, #graphc.step, #graphc.arena<[[X:[0-9]+]]>, #graphc.arena<[[X]]>]
// CHECK-NEXT: graphc.dispatch "kv_read" @kv_read_2x16_f32 [#graphc.kv<1>, #graphc.step, #graphc.arena<4096>, #graphc.arena<20480>]
// CHECK-NEXT: graphc.dispatch "batch_matmul" @batch_matmul_2_f32 [#graphc.arena<{{.+}}>, #graphc.arena<4096>, #graphc.arena<36864>]
// A reshape that moves numbers, as [T, S] in another order would, is a dispatch.
// CHECK-NEXT: graphc.dispatch "transpose"
// CHECK-NEXT: graphc.dispatch "reshape" @reshape_2_f32 [
module attributes {graphc.max_tokens = 16 : i64, graphc.context = 128 : i64} {
graphc.weight @embed[%layer in 1] : tensor<100x32xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x32xf32>
  graphc.yield %0 : tensor<100x32xf32>
}
func.func @step(%step: !graphc.step) -> tensor<?x?x2xf32> {
  %c0 = arith.constant 0 : index
  %kv = graphc.kv_layer 1 : !graphc.kv_cache<2x16xf32>
  %e = graphc.param @embed[%c0] : tensor<100x32xf32>
  %x = graphc.embedding %e, %step : tensor<100x32xf32> -> tensor<?x32xf32>
  %h = graphc.reshape %x : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %t = graphc.transpose %h [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %t, %t : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %t, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %p = graphc.transpose %s [1, 0, 2] : tensor<2x?x?xf32> -> tensor<?x2x?xf32>
  %y = graphc.reshape %p : tensor<?x2x?xf32> -> tensor<?x?x2xf32>
  return %y : tensor<?x?x2xf32>
}
}

// -----

// expected-error @below {{expected the module attribute graphc.context with a positive number but got none}}
module attributes {graphc.max_tokens = 16 : i64} {
func.func @step(%step: !graphc.step) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %e = graphc.param @embed[%c0] : tensor<100x64xf32>
  %x = graphc.embedding %e, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  return %x : tensor<?x64xf32>
}
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
}

// -----

module attributes {graphc.max_tokens = 16 : i64, graphc.context = 128 : i64} {
// expected-error @below {{expected one argument !graphc.step and one result but got '(!graphc.step, index) -> tensor<64xf32>'}}
func.func @step(%step: !graphc.step, %layer: index) -> tensor<64xf32> {
  %two = graphc.constant dense<2.0> : tensor<64xf32>
  return %two : tensor<64xf32>
}
}

// -----

module attributes {graphc.max_tokens = 16 : i64, graphc.context = 128 : i64} {
// expected-error @below {{expected the step to return what an op computed}}
func.func @step(%step: !graphc.step) -> tensor<64xf32> {
  %two = graphc.constant dense<2.0> : tensor<64xf32>
  return %two : tensor<64xf32>
}
}

// -----

module attributes {graphc.max_tokens = 16 : i64, graphc.context = 128 : i64} {
func.func @step(%step: !graphc.step) -> tensor<64xf32> {
  // expected-error @below {{expected only ops of the graphc dialect, calls and layer numbers in what a plan is made of}}
  %two = arith.constant dense<2.0> : tensor<64xf32>
  %y = arith.addf %two, %two : tensor<64xf32>
  return %y : tensor<64xf32>
}
}
