// Matmul kernels: what multiplies on each level, and the epilogue behind it.
//
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,V3 \
// RUN:   --implicit-check-not=avx512 --implicit-check-not='vector<16xf32>' --implicit-check-not='math.{{exp|tanh|erf|log|pow}}'
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,V4,AVX512 \
// RUN:   --implicit-check-not=x86vector --implicit-check-not='math.{{exp|tanh|erf|log|pow}}'
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-bf16 | FileCheck %s --check-prefixes=CHECK,BF16,AVX512 \
// RUN:   --implicit-check-not='math.{{exp|tanh|erf|log|pow}}'
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-bf16+widen-bf16 | FileCheck %s --check-prefix=WIDE \
// RUN:   --implicit-check-not=x86vector.avx512.dot
//
// Where the dot product is there but slow.
// WIDE-LABEL: func.func @bf16(
// WIDE: math.fma %{{.+}} : vector<16xf32>
// WIDE-LABEL: func.func @gated(

// One fused multiply-add for each number of K; no level has a dot product for f32.
// CHECK-LABEL: func.func @f32(
// BF16-NOT: x86vector
// CHECK: scf.for
// V3: math.fma %{{.+}} : vector<8xf32>
// AVX512: math.fma %{{.+}} : vector<16xf32>
// BF16-NOT: x86vector
graphc.kernel @f32(%x: tensor<?x64xf32>, %w: tensor<1x64x32x1xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<1x64x32x1xf32>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// A weight of f16 becomes f32 in registers, a vector of channels at a time.
// CHECK-LABEL: func.func @f16(
// BF16-NOT: x86vector
// V3: arith.extf %{{.+}} : vector<8xf16> to vector<8xf32>
// V3: math.fma %{{.+}} : vector<8xf32>
// AVX512: arith.extf %{{.+}} : vector<16xf16> to vector<16xf32>
// AVX512: math.fma %{{.+}} : vector<16xf32>
graphc.kernel @f16(%x: tensor<?x64xf32>, %w: tensor<1x64x32x1xf16>) -> tensor<?x32xf32> {
  %0 = graphc.fused_linear %x, %w rows(f32) : (tensor<?x64xf32>, tensor<1x64x32x1xf16>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// Pairs of bf16 by the dot product where there is one; else widened, one number after the other.
// CHECK-LABEL: func.func @bf16(
// V3: arith.shli %{{.+}} : vector<8xi32>
// V3: math.fma %{{.+}} : vector<8xf32>
// V4: arith.shli %{{.+}} : vector<16xi32>
// V4: math.fma %{{.+}} : vector<16xf32>
// BF16-NOT: arith.shli
// BF16: x86vector.avx512.dot %{{.+}} : vector<32xbf16> -> vector<16xf32>
// BF16-NOT: math.fma
graphc.kernel @bf16(%x: tensor<?x64xbf16>, %w: tensor<1x32x32x2xbf16>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xbf16>, tensor<1x32x32x2xbf16>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// A row's sums (16 of the gate and the 16 of up that belong to them): times its factor, plus the bias, silu(gate) * up,
// plus the residual.
// CHECK-LABEL: func.func @gated(
// CHECK-SAME: memref<2x32x32x2xbf16>, %[[F:.+]]: memref<512xf32>, %[[B:.+]]: memref<64xf32>, %[[R:.+]]: memref<512x32xf32>, %[[Y:.+]]: memref<512x32xf32>, %{{.+}}: index, %{{.+}}: index, %
// CHECK-DAG: %[[RESULT:.+]] = memref.collapse_shape %[[Y]]
// CHECK-DAG: %[[RESIDUAL:.+]] = memref.collapse_shape %[[R]]
// CHECK: memref.load %[[F]][
// AVX512: %[[FACTOR:.+]] = vector.broadcast %{{.+}} : f32 to vector<16xf32>
// AVX512-NEXT: %[[G0:.+]] = arith.mulf %{{.+}}, %[[FACTOR]] : vector<16xf32>
// AVX512-NEXT: %[[U0:.+]] = arith.mulf %{{.+}}, %[[FACTOR]] : vector<16xf32>
// AVX512: %[[BG:.+]] = vector.load %[[B]][
// AVX512-NEXT: %[[G:.+]] = arith.addf %[[G0]], %[[BG]] : vector<16xf32>
// AVX512: %[[BU:.+]] = vector.load %[[B]][
// AVX512-NEXT: %[[U:.+]] = arith.addf %[[U0]], %[[BU]] : vector<16xf32>
// AVX512: arith.negf %[[G]]
// AVX512: math.roundeven
// AVX512-COUNT-5: math.fma
// AVX512: %[[SILU:.+]] = arith.divf %[[G]], %{{.+}}
// AVX512-NEXT: %[[GATED:.+]] = arith.mulf %[[SILU]], %[[U]]
// AVX512-NEXT: %[[OLD:.+]] = vector.load %[[RESIDUAL]][
// AVX512-NEXT: %[[NEW:.+]] = arith.addf %[[GATED]], %[[OLD]]
// AVX512-NEXT: vector.store %[[NEW]], %[[RESULT]][
// V3: arith.divf %{{.+}} : vector<8xf32>
// V3-NEXT: %[[GATED:.+]] = arith.mulf
// V3-NEXT: %[[OLD:.+]] = vector.load %[[RESIDUAL]][
// V3-NEXT: %[[NEW:.+]] = arith.addf %[[GATED]], %[[OLD]] : vector<8xf32>
// V3-NEXT: vector.store %[[NEW]], %[[RESULT]][
graphc.kernel @gated(%x: tensor<?x64xbf16>, %w: tensor<2x32x32x2xbf16>, %f: tensor<?xf32>, %b: tensor<64xf32>, %r: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = graphc.fused_linear %x, %w row_factor(%f) bias(%b) gate(silu) residual(%r) : (tensor<?x64xbf16>, tensor<2x32x32x2xbf16>, tensor<?xf32>, tensor<64xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// A result in bf16 is rounded once, at the end: by the instruction where there is one, else with integers.
// CHECK-LABEL: func.func @rounded(
// BF16: %[[Y:.+]] = x86vector.avx512.cvt.packed.f32_to_bf16 %{{.+}} : vector<16xf32> -> vector<16xbf16>
// BF16-NEXT: vector.store %[[Y]]
// V3: arith.trunci %{{.+}} : vector<8xi32> to vector<8xi16>
// V4: arith.trunci %{{.+}} : vector<16xi32> to vector<16xi16>
graphc.kernel @rounded(%x: tensor<?x64xf32>, %w: tensor<1x64x32x1xf32>) -> tensor<?x32xbf16> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<1x64x32x1xf32>) -> tensor<?x32xbf16>
  graphc.yield %0 : tensor<?x32xbf16>
}

// Queries are rotated and stored; keys, too, and appended with the values to the page of their token.
// CHECK-LABEL: func.func @qkv(
// CHECK-SAME: %[[TABLE:[^:]+]]: memref<64x16xf32>, %[[POOL:[^:]+]]: memref<4294967296x2048xf32>, %[[Q:[^:]+]]: memref<4x512x16xf32>
// CHECK-DAG: %[[ANGLES:.+]] = memref.collapse_shape %[[TABLE]]
// CHECK-DAG: %[[QUERY:.+]] = memref.collapse_shape %[[Q]]
// CHECK-DAG: %[[CACHE:.+]] = memref.collapse_shape %[[POOL]]
// CHECK: vector.load %[[ANGLES]][
// CHECK: vector.store %{{.+}}, %[[QUERY]][
// CHECK: vector.store %{{.+}}, %[[CACHE]][
graphc.kernel @qkv(%x: tensor<?x64xf32>, %w: tensor<6x64x32x1xf32>, %t: tensor<64x16xf32>, %kv: !graphc.kv_cache<1x16xf32>, %step: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.fused_qkv %x, %w rope(%t) append(%kv, %step) : (tensor<?x64xf32>, tensor<6x64x32x1xf32>, tensor<64x16xf32>, !graphc.kv_cache<1x16xf32>, !graphc.step) -> tensor<4x?x16xf32>
  graphc.yield %0 : tensor<4x?x16xf32>
}
