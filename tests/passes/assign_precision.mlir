// RUN: graphc-opt %s --graphc-assign-precision="dtype=bf16 kv-cache=bf16" --split-input-file | FileCheck %s
// RUN: graphc-opt %s --graphc-assign-precision="dtype=bf16 kv-cache=bf16" --graphc-assign-precision="dtype=bf16 kv-cache=bf16" --split-input-file | FileCheck %s
// RUN: graphc-opt %s --graphc-assign-precision --split-input-file | FileCheck %s --check-prefix=F32
// RUN: graphc-opt %s --graphc-assign-precision="dtype=bf16 kv-cache=f32" --split-input-file | FileCheck %s --check-prefix=MIXED
// RUN: graphc-opt %s --graphc-assign-precision="dtype=bf16 kv-cache=i8" --split-input-file | FileCheck %s --check-prefix=INT8
// RUN: graphc-opt %s --graphc-assign-precision="weights=stored" --split-input-file | FileCheck %s --check-prefix=STORED
// RUN: graphc-opt %s --graphc-assign-precision="weights=bf16" --split-input-file | FileCheck %s --check-prefix=ASKED
// RUN: graphc-opt %s --graphc-assign-precision="dtype=bf16 weights=stored" --split-input-file | FileCheck %s --check-prefix=KEPT

// Matrices become dtype in their expressions, vectors f32; rows follow their weight, one cast for all.
// CHECK: module attributes {{.*}}graphc.stage = "fused"
// CHECK: graphc.weight @embed[%{{.+}} in 1] : tensor<100x64xbf16>
// CHECK-NEXT: %[[E:.+]] = graphc.checkpoint "embed"{{.*}} : tensor<100x64xf32>
// CHECK-NEXT: %[[E16:.+]] = graphc.cast %[[E]] : tensor<100x64xf32> -> tensor<100x64xbf16>
// CHECK-NEXT: graphc.yield %[[E16]]
// CHECK: graphc.weight @norm[%{{.+}} in 1] : tensor<64xf32>
// CHECK-NEXT: graphc.checkpoint "norm"{{.*}} : tensor<64xbf16>
// CHECK-NEXT: graphc.cast
// CHECK-LABEL: func.func @linears
// CHECK: graphc.embedding %{{.+}}, %{{.+}} : tensor<100x64xbf16> -> tensor<?x64xf32>
// CHECK: %[[N:.+]] = graphc.rms_norm %{{.+}}, %{{.+}} eps {{.+}} : tensor<?x64xf32>, tensor<64xf32>
// CHECK-NEXT: %[[N16:.+]] = graphc.cast %[[N]] : tensor<?x64xf32> -> tensor<?x64xbf16>
// CHECK-NEXT: graphc.linear %[[N16]], %{{.+}} : (tensor<?x64xbf16>, tensor<100x64xbf16>) -> tensor<?x100xf32>
// CHECK-NEXT: graphc.linear %[[N16]], %{{.+}} : (tensor<?x64xbf16>, tensor<100x64xbf16>) -> tensor<?x100xf32>
// F32: graphc.weight @embed[%{{.+}} in 1] : tensor<100x64xf32>
// F32-NOT: graphc.cast
// F32: graphc.weight @norm[%{{.+}} in 1] : tensor<64xf32>
// F32: graphc.cast
// F32-LABEL: func.func @linears
// F32-NOT: graphc.cast
// F32: graphc.linear
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.weight @norm[%layer in 1] : tensor<64xbf16> {
  %0 = graphc.checkpoint "norm"[%layer] : tensor<64xbf16>
  graphc.yield %0 : tensor<64xbf16>
}
func.func @linears(%step: !graphc.step) -> (tensor<?x100xf32>, tensor<?x100xf32>) {
  %c0 = arith.constant 0 : index
  %e = graphc.param @embed[%c0] : tensor<100x64xf32>
  %g = graphc.param @norm[%c0] : tensor<64xbf16>
  %x = graphc.embedding %e, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xbf16>
  %y = graphc.linear %n, %e : (tensor<?x64xf32>, tensor<100x64xf32>) -> tensor<?x100xf32>
  %z = graphc.linear %n, %e : (tensor<?x64xf32>, tensor<100x64xf32>) -> tensor<?x100xf32>
  return %y, %z : tensor<?x100xf32>, tensor<?x100xf32>
}

// -----

// The cache's type, in arguments, calls and ops; attention's products are narrow when both are.
// CHECK-LABEL: func.func private @layer
// CHECK-SAME: !graphc.kv_cache<2x16xbf16>
// CHECK: graphc.kv_read %{{.+}}, %{{.+}} : !graphc.kv_cache<2x16xbf16> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
// CHECK: graphc.batch_matmul %{{.+}}, %{{.+}} transpose_b : (tensor<2x?x16xbf16>, tensor<2x?x16xbf16>) -> tensor<2x?x?xf32>
// CHECK: %[[P:.+]] = graphc.softmax
// CHECK-NEXT: %[[P16:.+]] = graphc.cast %[[P]]
// CHECK: graphc.batch_matmul %[[P16]], %{{.+}} : (tensor<2x?x?xbf16>, tensor<2x?x16xbf16>) -> tensor<2x?x16xf32>
// CHECK-LABEL: func.func @step
// CHECK: graphc.kv_layer 0 : !graphc.kv_cache<2x16xbf16>
// CHECK: call @layer(%{{.+}}) : (tensor<2x?x16xf32>, !graphc.step, !graphc.kv_cache<2x16xbf16>)
// MIXED-LABEL: func.func private @layer
// MIXED-SAME: !graphc.kv_cache<2x16xf32>
// MIXED-NOT: graphc.cast
// MIXED-LABEL: func.func @step
// INT8-LABEL: func.func private @layer
// INT8-SAME: !graphc.kv_cache<2x16xi8>
// INT8: graphc.kv_read %{{.+}}, %{{.+}} : !graphc.kv_cache<2x16xi8> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
// INT8: graphc.batch_matmul %{{.+}}, %{{.+}} transpose_b : (tensor<2x?x16xbf16>, tensor<2x?x16xbf16>) -> tensor<2x?x?xf32>
// INT8-LABEL: func.func @step
func.func private @layer(%q: tensor<2x?x16xf32>, %step: !graphc.step, %kv: !graphc.kv_cache<2x16xf32>) -> tensor<2x?x16xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %p = graphc.softmax %s axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  return %o : tensor<2x?x16xf32>
}
func.func @step(%q: tensor<2x?x16xf32> {graphc.dims = ["T"]}, %step: !graphc.step) -> tensor<2x?x16xf32> {
  %kv = graphc.kv_layer 0 : !graphc.kv_cache<2x16xf32>
  %o = call @layer(%q, %step, %kv) : (tensor<2x?x16xf32>, !graphc.step, !graphc.kv_cache<2x16xf32>) -> tensor<2x?x16xf32>
  return %o : tensor<2x?x16xf32>
}

// -----

// A matrix that is used as a number as well: other uses see it in f32.
// CHECK-LABEL: func.func @matrix_used_elsewhere
// CHECK: %[[W:.+]] = graphc.param @w[%{{.+}}] : tensor<64x64xbf16>
// CHECK: %[[W32:.+]] = graphc.cast %[[W]] : tensor<64x64xbf16> -> tensor<64x64xf32>
// CHECK: graphc.linear %{{.+}}, %[[W]]
// CHECK: graphc.add %{{.+}}, %[[W32]]
graphc.weight @w[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
func.func @matrix_used_elsewhere(%x: tensor<?x64xf32>, %m: tensor<64x64xf32>) -> (tensor<?x64xf32>, tensor<64x64xf32>) {
  %c0 = arith.constant 0 : index
  %w = graphc.param @w[%c0] : tensor<64x64xf32>
  %y = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %z = graphc.add %m, %w : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %y, %z : tensor<?x64xf32>, tensor<64x64xf32>
}

// -----

// What the checkpoint has in bf16 is not widened and rounded again.
// CHECK: graphc.weight @stored
// CHECK-NEXT: %[[W:.+]] = graphc.checkpoint "w"{{.*}} : tensor<64x64xbf16>
// CHECK-NEXT: graphc.yield %[[W]]
graphc.weight @stored[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<64x64xbf16>
  %1 = graphc.cast %0 : tensor<64x64xbf16> -> tensor<64x64xf32>
  graphc.yield %1 : tensor<64x64xf32>
}
func.func @widened_weight(%x: tensor<?x64xf32>, %layer: index) -> tensor<?x64xf32> {
  %w = graphc.param @stored[%layer] : tensor<64x64xf32>
  %y = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// A matrix stored in less than its rows: in what its tensors are stored in, or in what was asked
// for. Tensors of several types, and numbers that are computed, stay f32.
// STORED: graphc.weight @halves[%{{.+}} in 1] : tensor<64x64xf16>
// STORED: graphc.concat
// STORED-NEXT: graphc.cast %{{.+}} : tensor<64x64xf32> -> tensor<64x64xf16>
// STORED: graphc.weight @mixed[%{{.+}} in 1] : tensor<64x64xf32>
// STORED: graphc.weight @computed[%{{.+}} in 1] : tensor<64x64xf32>
// STORED-LABEL: func.func @stored
// STORED-NOT: graphc.cast
// STORED: graphc.linear %{{.+}}, %{{.+}} : (tensor<?x64xf32>, tensor<64x64xf16>) -> tensor<?x64xf32>
// STORED: graphc.linear %{{.+}}, %{{.+}} : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
// With dtype=bf16, what is f16 stays so, and its rows f32; all else becomes bf16.
// KEPT: graphc.weight @halves[%{{.+}} in 1] : tensor<64x64xf16>
// KEPT: graphc.weight @mixed[%{{.+}} in 1] : tensor<64x64xbf16>
// KEPT: graphc.weight @computed[%{{.+}} in 1] : tensor<64x64xbf16>
// KEPT-LABEL: func.func @stored
// KEPT: graphc.linear %{{.+}}, %{{.+}} : (tensor<?x64xf32>, tensor<64x64xf16>) -> tensor<?x64xf32>
// KEPT: graphc.linear %{{.+}}, %{{.+}} : (tensor<?x64xbf16>, tensor<64x64xbf16>) -> tensor<?x64xf32>
// ASKED: graphc.weight @halves[%{{.+}} in 1] : tensor<64x64xbf16>
// ASKED: graphc.weight @mixed[%{{.+}} in 1] : tensor<64x64xbf16>
// ASKED: graphc.weight @computed[%{{.+}} in 1] : tensor<64x64xbf16>
// ASKED-LABEL: func.func @stored
// ASKED-NOT: graphc.cast
graphc.weight @halves[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "a"[%layer] : tensor<32x64xf16>
  %1 = graphc.checkpoint "b"[%layer] : tensor<32x64xf16>
  %2 = graphc.cast %0 : tensor<32x64xf16> -> tensor<32x64xf32>
  %3 = graphc.cast %1 : tensor<32x64xf16> -> tensor<32x64xf32>
  %4 = graphc.concat %2, %3 axis 0 : (tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<64x64xf32>
  graphc.yield %4 : tensor<64x64xf32>
}
graphc.weight @mixed[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "a"[%layer] : tensor<32x64xf16>
  %1 = graphc.checkpoint "c"[%layer] : tensor<32x64xbf16>
  %2 = graphc.cast %0 : tensor<32x64xf16> -> tensor<32x64xf32>
  %3 = graphc.cast %1 : tensor<32x64xbf16> -> tensor<32x64xf32>
  %4 = graphc.concat %2, %3 axis 0 : (tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<64x64xf32>
  graphc.yield %4 : tensor<64x64xf32>
}
graphc.weight @computed[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "d"[%layer] : tensor<64x64xf16>
  %1 = graphc.cast %0 : tensor<64x64xf16> -> tensor<64x64xf32>
  %2 = graphc.scale %1 by 0.3 : tensor<64x64xf32>
  graphc.yield %2 : tensor<64x64xf32>
}
func.func @stored(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %a = graphc.param @halves[%c0] : tensor<64x64xf32>
  %b = graphc.param @mixed[%c0] : tensor<64x64xf32>
  %c = graphc.param @computed[%c0] : tensor<64x64xf32>
  %0 = graphc.linear %x, %a : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.linear %0, %b : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %2 = graphc.linear %1, %c : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %2 : tensor<?x64xf32>
}
