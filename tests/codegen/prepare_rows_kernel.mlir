// The prologue of a matmul as a kernel: square sum and scaled, rounded numbers in one walk over a row, zeros behind it.
//
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-bf16 | FileCheck %s
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v3 | FileCheck %s --check-prefix=V3 --implicit-check-not=avx512

// CHECK-LABEL: func.func @rms_rows(
// CHECK-SAME: %[[X:[^:]+]]: memref<512x100xf32>, %[[G:[^:]+]]: memref<100xf32>, %[[ROWS:[^:]+]]: memref<512x128xbf16>, %[[FACTOR:[^:]+]]: memref<512xf32>,
// CHECK: %[[OUT:.+]] = memref.collapse_shape %[[ROWS]]
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[NUMBERS:.+]] = vector.load %{{.+}} : memref<51200xf32>, vector<16xf32>
// CHECK-NEXT: math.fma %[[NUMBERS]], %[[NUMBERS]], %
// CHECK-NEXT: %[[GAMMA:.+]] = vector.load %[[G]][
// CHECK-NEXT: %[[SCALED:.+]] = arith.mulf %[[NUMBERS]], %[[GAMMA]]
// CHECK-NEXT: %[[ROUNDED:.+]] = x86vector.avx512.cvt.packed.f32_to_bf16 %[[SCALED]]
// CHECK: vector.store %[[ROUNDED]], %[[OUT]][
// CHECK: %[[ZEROS:.+]] = arith.constant dense<0.000000e+00> : vector<16xbf16>
// CHECK: vector.store %[[ZEROS]], %[[OUT]][
// CHECK: math.sqrt
// CHECK: %[[ONE:.+]] = arith.divf
// CHECK: memref.store %[[ONE]], %[[FACTOR]][
// V3-LABEL: func.func @rms_rows(
// V3: math.fma %{{.+}} : vector<8xf32>
// V3: arith.trunci %{{.+}} : vector<8xi32> to vector<8xi16>
graphc.kernel @rms_rows(%x: tensor<?x100xf32>, %g: tensor<100xf32>) -> (tensor<?x128xbf16>, tensor<?xf32>) {
  %r, %f = graphc.prepare_rows %x rms(1.0e-05) gamma(%g) : (tensor<?x100xf32>, tensor<100xf32>) -> (tensor<?x128xbf16>, tensor<?xf32>)
  graphc.yield %r, %f : tensor<?x128xbf16>, tensor<?xf32>
}

// Without a norm, nothing is summed.
// CHECK-LABEL: func.func @rows(
// CHECK-NOT: math.fma
// CHECK-NOT: math.sqrt
// CHECK: return
graphc.kernel @rows(%x: tensor<?x64xf32>) -> tensor<?x64xbf16> {
  %r = graphc.prepare_rows %x : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  graphc.yield %r : tensor<?x64xbf16>
}
