// RUN: graphc-opt %s --graphc-plan-memory --split-input-file --verify-diagnostics | FileCheck %s
// RUN: graphc-opt %s --graphc-plan-memory --graphc-plan-memory --split-input-file --verify-diagnostics | FileCheck %s

// A chain with a residual: x lives from 0 to 3, what is between shares.
// CHECK: graphc.plan @step arena 12288 max_tokens 16 context 128 {
// CHECK-NEXT: "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
// CHECK-NEXT: "a" @relu [#graphc.arena<0>, #graphc.arena<4096>]
// CHECK-NEXT: "b" @relu [#graphc.arena<4096>, #graphc.arena<8192>]
// CHECK-NEXT: "c" @add [#graphc.arena<8192>, #graphc.arena<0>, #graphc.arena<4096>]
// CHECK-NEXT: "d" @relu [#graphc.arena<4096>, #graphc.result]
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.kernel @embedding(%w: tensor<100x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.kernel @relu(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
  %0 = graphc.relu %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.kernel @add(%x: tensor<?x64xf32> {graphc.dims = ["T"]}, %z: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
  %0 = graphc.add %x, %z : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.plan @step arena 16384 max_tokens 16 context 128 {
  graphc.dispatch "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
  graphc.dispatch "a" @relu [#graphc.arena<0>, #graphc.arena<4096>]
  graphc.dispatch "b" @relu [#graphc.arena<4096>, #graphc.arena<8192>]
  graphc.dispatch "c" @add [#graphc.arena<8192>, #graphc.arena<0>, #graphc.arena<12288>]
  graphc.dispatch "d" @relu [#graphc.arena<12288>, #graphc.result]
}

// -----

// Who reads the same may run together ("b"), and who needs nothing of the others ("y"); what is in
// memory while they run stays there to their end: y is not put over x, which "a" and "b" read.
// Who reads what another writes ("c") waits.
// CHECK: graphc.plan @step arena 20480 max_tokens 16 context 128 {
// CHECK-NEXT: "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]{{$}}
// CHECK-NEXT: "a" @relu [#graphc.arena<0>, #graphc.arena<4096>]{{$}}
// CHECK-NEXT: "b" @relu [#graphc.arena<0>, #graphc.arena<8192>] together{{$}}
// CHECK-NEXT: "y" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<12288>] together{{$}}
// CHECK-NEXT: "c" @add [#graphc.arena<4096>, #graphc.arena<8192>, #graphc.arena<0>]{{$}}
// CHECK-NEXT: "d" @relu [#graphc.arena<12288>, #graphc.arena<16384>] together{{$}}
// CHECK-NEXT: "e" @add [#graphc.arena<0>, #graphc.arena<16384>, #graphc.result]{{$}}
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.kernel @embedding(%w: tensor<100x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.kernel @relu(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
  %0 = graphc.relu %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.kernel @add(%x: tensor<?x64xf32> {graphc.dims = ["T"]}, %z: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
  %0 = graphc.add %x, %z : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.plan @step arena 28672 max_tokens 16 context 128 {
  graphc.dispatch "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
  graphc.dispatch "a" @relu [#graphc.arena<0>, #graphc.arena<4096>]
  graphc.dispatch "b" @relu [#graphc.arena<0>, #graphc.arena<8192>]
  graphc.dispatch "y" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<12288>]
  graphc.dispatch "c" @add [#graphc.arena<4096>, #graphc.arena<8192>, #graphc.arena<16384>]
  graphc.dispatch "d" @relu [#graphc.arena<12288>, #graphc.arena<20480>]
  graphc.dispatch "e" @add [#graphc.arena<16384>, #graphc.arena<20480>, #graphc.result]
}

// -----

// Two that take the result of the step, or a cache, do not run together.
// CHECK: graphc.plan @step arena 8192 max_tokens 16 context 128 {
// CHECK-NEXT: "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]{{$}}
// CHECK-NEXT: "a" @relu [#graphc.arena<0>, #graphc.result]{{$}}
// CHECK-NEXT: "b" @relu [#graphc.arena<0>, #graphc.result]{{$}}
// CHECK-NEXT: "k" @append [#graphc.kv<0>, #graphc.step, #graphc.arena<0>]{{$}}
// CHECK-NEXT: "c" @relu [#graphc.arena<0>, #graphc.arena<4096>]{{$}}
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.kernel @embedding(%w: tensor<100x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.kernel @relu(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
  %0 = graphc.relu %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x64xf32>, %step: !graphc.step, %k: tensor<1x?x64xf32> {graphc.dims = ["T"]}) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x64xf32>, tensor<1x?x64xf32>, tensor<1x?x64xf32>
  graphc.yield
}
graphc.plan @step arena 16384 max_tokens 16 context 128 {
  graphc.dispatch "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
  graphc.dispatch "a" @relu [#graphc.arena<0>, #graphc.result]
  graphc.dispatch "b" @relu [#graphc.arena<0>, #graphc.result]
  graphc.dispatch "k" @append [#graphc.kv<0>, #graphc.step, #graphc.arena<0>]
  graphc.dispatch "c" @relu [#graphc.arena<0>, #graphc.arena<4096>]
}

// -----

graphc.kernel @relu(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
  %0 = graphc.relu %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.plan @step arena 16384 max_tokens 16 context 128 {
  // expected-error @below {{expected an earlier dispatch to write at offset 64}}
  graphc.dispatch "a" @relu [#graphc.arena<64>, #graphc.result]
}
