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

// Who reads the same may run together ("b"), and who shares no memory ("c"); not who writes where
// another still reads ("y", which has got the place of x), nor who reads what another writes.
// CHECK: graphc.plan @step arena 16384 max_tokens 16 context 128 {
// CHECK-NEXT: "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]{{$}}
// CHECK-NEXT: "a" @relu [#graphc.arena<0>, #graphc.arena<4096>]{{$}}
// CHECK-NEXT: "b" @relu [#graphc.arena<0>, #graphc.arena<8192>] together{{$}}
// CHECK-NEXT: "y" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]{{$}}
// CHECK-NEXT: "c" @add [#graphc.arena<4096>, #graphc.arena<8192>, #graphc.arena<12288>] together{{$}}
// CHECK-NEXT: "d" @relu [#graphc.arena<0>, #graphc.arena<4096>]{{$}}
// CHECK-NEXT: "e" @add [#graphc.arena<12288>, #graphc.arena<4096>, #graphc.result]{{$}}
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

graphc.kernel @relu(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
  %0 = graphc.relu %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
graphc.plan @step arena 16384 max_tokens 16 context 128 {
  // expected-error @below {{expected an earlier dispatch to write at offset 64}}
  graphc.dispatch "a" @relu [#graphc.arena<64>, #graphc.result]
}
