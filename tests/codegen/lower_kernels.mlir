// Emitted kernels in the LLVM dialect: bare pointers, and of calls only intrinsics.
//
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-bf16 --graphc-lower-kernels | FileCheck %s \
// RUN:   --implicit-check-not='{{ (memref|vector|scf|arith|math|func|cf|x86vector)\.}}' --implicit-check-not='llvm.call @' \
// RUN:   --implicit-check-not=unrealized_conversion_cast

// CHECK-LABEL: llvm.func @linear(
// CHECK-SAME: %{{.+}}: i64, %{{.+}}: !llvm.ptr
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// CHECK: llvm.store %{{.+}} : vector<16xf32>, !llvm.ptr
graphc.kernel @linear(%x: tensor<?x64xbf16>, %w: tensor<1x32x32x2xbf16>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xbf16>, tensor<1x32x32x2xbf16>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// CHECK-LABEL: llvm.func @softmax(
// CHECK: llvm.intr.fma
graphc.kernel @softmax(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.softmax %x axis 1 : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}
