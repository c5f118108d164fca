// Kernels of un-fused ops: whole vectors and single numbers, exp and its relatives by graphc's own polynomials.
//
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,V3 --implicit-check-not=avx512 \
// RUN:   --implicit-check-not='vector<16xf32>' --implicit-check-not='math.{{exp|tanh|erf|log|pow}}' --implicit-check-not=func.call
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,V4 \
// RUN:   --implicit-check-not='math.{{exp|tanh|erf|log|pow}}' --implicit-check-not=func.call

// 37 numbers: whole vectors, then one by one what is left.
// CHECK-LABEL: func.func @add(
// CHECK-SAME: %[[X:[^:]+]]: memref<512x37xf32>, %[[Y:[^:]+]]: memref<512x37xf32>, %[[Z:[^:]+]]: memref<512x37xf32>, %[[BEGIN:[^:]+]]: index, %[[END:[^:]+]]: index
// CHECK: scf.for
// V3: arith.addf %{{.+}} : vector<8xf32>
// V4: arith.addf %{{.+}} : vector<16xf32>
// CHECK: scf.for
// CHECK: arith.addf %{{.+}} : f32
// CHECK: return
graphc.kernel @add(%x: tensor<?x37xf32>, %y: tensor<?x37xf32>) -> tensor<?x37xf32> {
  %0 = graphc.add %x, %y : (tensor<?x37xf32>, tensor<?x37xf32>) -> tensor<?x37xf32>
  graphc.yield %0 : tensor<?x37xf32>
}

// CHECK-LABEL: func.func @softmax(
// CHECK: arith.cmpf ogt
// CHECK-NEXT: arith.select
// CHECK: math.roundeven
// CHECK-COUNT-5: math.fma
// CHECK: arith.divf
graphc.kernel @softmax(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.softmax %x axis 1 : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @silu(
// CHECK: math.roundeven
// CHECK: arith.divf
graphc.kernel @silu(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.silu %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @gelu(
graphc.kernel @gelu(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.gelu erf %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @tanh(
graphc.kernel @tanh(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.tanh %x : tensor<?x64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}

// The root and the quotient are exact, not the approximation of rsqrtps.
// CHECK-LABEL: func.func @rms_norm(
// CHECK: math.fma
// CHECK: math.sqrt
// CHECK: arith.divf
graphc.kernel @rms_norm(%x: tensor<?x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  graphc.yield %0 : tensor<?x64xf32>
}

// A product's numbers are chains of fused multiply-adds.
// CHECK-LABEL: func.func @matmul(
// CHECK: math.fma
graphc.kernel @matmul(%x: tensor<?x33xf32>, %y: tensor<33x16xf32>) -> tensor<?x16xf32> {
  %0 = graphc.matmul %x, %y : (tensor<?x33xf32>, tensor<33x16xf32>) -> tensor<?x16xf32>
  graphc.yield %0 : tensor<?x16xf32>
}
