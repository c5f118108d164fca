// RUN: graphc-opt %s --graphc-print-memory-plan -o %t.mlir | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAME < %t.mlir

// CHECK:      offset        bytes  first   last  written by
// CHECK-NEXT:     0         4096      0      1  layer 0 x
// CHECK-NEXT:  4096        16384      1      2  layer 0 a
// CHECK-NEXT: 2 buffers, 20480 bytes without sharing, 20480 bytes in the arena, 20480 bytes alive at most

// "b" runs together with "a": what both read and write lives through both.
// CHECK:      offset        bytes  first   last  written by
// CHECK-NEXT:     0         4096      0      2  x
// CHECK-NEXT:  4096        16384      1      3  a
// CHECK-NEXT: 20480        16384      1      2  b

// SAME: graphc.plan @step arena 20480 max_tokens 16 context 64
// SAME-NEXT: graphc.dispatch "layer 0 x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
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
graphc.kernel @relu(%x: tensor<?x256xf32> {graphc.dims = ["T"]}) -> tensor<?x256xf32> {
  %0 = graphc.relu %x : tensor<?x256xf32>
  graphc.yield %0 : tensor<?x256xf32>
}
graphc.plan @step arena 20480 max_tokens 16 context 64 {
  graphc.dispatch "layer 0 x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
  graphc.dispatch "layer 0 a" @repeat [#graphc.arena<0>, #graphc.arena<4096>]
  graphc.dispatch "head" @relu [#graphc.arena<4096>, #graphc.result]
}
graphc.plan @groups arena 36864 max_tokens 16 context 64 {
  graphc.dispatch "x" @embedding [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
  graphc.dispatch "a" @repeat [#graphc.arena<0>, #graphc.arena<4096>]
  graphc.dispatch "b" @repeat [#graphc.arena<0>, #graphc.arena<20480>] together
  graphc.dispatch "head" @relu [#graphc.arena<4096>, #graphc.result]
}
