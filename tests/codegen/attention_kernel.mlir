// Flash attention: products over pages of the cache, exp by graphc's own polynomial, nothing of a library.
//
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,V3 --implicit-check-not=avx512 --implicit-check-not='vector<16xf32>' \
// RUN:   --implicit-check-not='math.{{exp|tanh|erf|log|pow}}' --implicit-check-not=func.call --implicit-check-not=memref.alloc
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,V4 --implicit-check-not=x86vector \
// RUN:   --implicit-check-not='math.{{exp|tanh|erf|log|pow}}' --implicit-check-not=func.call --implicit-check-not=memref.alloc
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-bf16 | FileCheck %s --check-prefixes=CHECK,BF16 \
// RUN:   --implicit-check-not='math.{{exp|tanh|erf|log|pow}}' --implicit-check-not=func.call --implicit-check-not=memref.alloc

// Both products use the dot product where there is one.
// CHECK-LABEL: func.func @bf16(
// V3: math.fma %{{.+}} : vector<8xf32>
// V4: math.fma %{{.+}} : vector<16xf32>
// BF16: x86vector.avx512.dot %{{.+}} : vector<32xbf16> -> vector<16xf32>
// CHECK: math.roundeven
// BF16: x86vector.avx512.cvt.packed.f32_to_bf16
// BF16: x86vector.avx512.dot %{{.+}} : vector<32xbf16> -> vector<16xf32>
graphc.kernel @bf16(%q: tensor<4x?x80xbf16>, %kv: !graphc.kv_cache<2x80xbf16>, %step: !graphc.step) -> tensor<?x320xf32> {
  %0 = graphc.flash_attention %q, %kv, %step causal scale 0.125 : tensor<4x?x80xbf16>, !graphc.kv_cache<2x80xbf16> -> tensor<?x320xf32>
  graphc.yield %0 : tensor<?x320xf32>
}

// A window and a soft cap are arithmetic as well.
// CHECK-LABEL: func.func @window_and_cap(
// BF16-NOT: x86vector
// CHECK: math.roundeven
// BF16-NOT: x86vector
// CHECK: return
graphc.kernel @window_and_cap(%q: tensor<2x?x8xf32>, %kv: !graphc.kv_cache<2x8xf32>, %step: !graphc.step) -> tensor<?x16xf32> {
  %0 = graphc.flash_attention %q, %kv, %step causal window 100 scale 0.5 cap 30.0 : tensor<2x?x8xf32>, !graphc.kv_cache<2x8xf32> -> tensor<?x16xf32>
  graphc.yield %0 : tensor<?x16xf32>
}

// Integers of an int8 cache become what the products take in registers: nothing of the size of a page is stored.
// CHECK-LABEL: func.func @int8(
// V3: arith.sitofp %{{.+}} : vector<8xi32> to vector<8xf32>
// V4: arith.sitofp %{{.+}} : vector<16xi32> to vector<16xf32>
// BF16: llvm.call_intrinsic "llvm.x86.avx512bf16.cvtne2ps2bf16.512"
// BF16: x86vector.avx512.dot %{{.+}} : vector<32xbf16> -> vector<16xf32>
// CHECK: arith.extf %{{.+}} : vector<{{8|16}}xf16> to vector<{{8|16}}xf32>
// CHECK: math.roundeven
graphc.kernel @int8(%q: tensor<4x?x80xbf16>, %kv: !graphc.kv_cache<2x80xi8>, %step: !graphc.step) -> tensor<?x320xf32> {
  %0 = graphc.flash_attention %q, %kv, %step causal scale 0.125 : tensor<4x?x80xbf16>, !graphc.kv_cache<2x80xi8> -> tensor<?x320xf32>
  graphc.yield %0 : tensor<?x320xf32>
}
