// Products in tile registers. Integers by integers: 16 rows at once, fewer rows in the vector unit.
// bf16 by bf16: any rows, as long as k comes by 32.
//
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-amx | FileCheck %s
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-bf16 | FileCheck %s --check-prefix=VECTOR \
// RUN:   --implicit-check-not=amx.
//
// No tiles, nothing to prepare for them.
// VECTOR-LABEL: func.func @int8(
// VECTOR: llvm.x86.avx512.vpdpbusd.512
// VECTOR-LABEL: func.func @int4(
// VECTOR-LABEL: func.func @bf16(
// VECTOR: x86vector.avx512.dot

// int8 weights are read where they are: what the tile is made of comes from the weight's memory.
// CHECK-LABEL: func.func @int8(
// CHECK: %[[WEIGHT:.+]] = memref.collapse_shape %arg{{.+}} into memref<2176xi8>
// CHECK: amx.tile_load %{{.+}} into !amx.tile<16x32xi8>
// CHECK: amx.tile_load %[[WEIGHT]]{{.+}} into !amx.tile<8x64xi8>
// CHECK: amx.tile_zero : !amx.tile<16x16xi32>
// CHECK: amx.tile_muli %{{.+}} : !amx.tile<16x32xi8>, !amx.tile<8x64xi8>, !amx.tile<16x16xi32>
// CHECK: amx.tile_store
//
// The next block is begun before the sums of this one are scaled and added.
// CHECK: scf.for
// CHECK: amx.tile_store
// CHECK: arith.sitofp %{{.+}} : vector<16xi32> to vector<16xf32>
// CHECK: math.fma
// CHECK: amx.tile_store
// CHECK: arith.sitofp
//
// CHECK: llvm.x86.avx512.vpdpbusd.512
graphc.kernel @int8(%x: tensor<?x64x!graphc.quant<i8:f32, 32>>, %w: tensor<1x2x32x32x!graphc.quant<i8:f16, 32>>) -> tensor<?x32xf32> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64x!graphc.quant<i8:f32, 32>>, tensor<1x2x32x32x!graphc.quant<i8:f16, 32>>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// int4 weights are unpacked to scratch first, if there are 16 rows at all.
// CHECK-LABEL: func.func @int4(
// CHECK: scf.if
// CHECK: scf.for
// CHECK: arith.shrui %{{.+}} : vector<32xi16>
// CHECK: arith.subi %{{.+}} : vector<64xi8>
// CHECK: amx.tile_muli
graphc.kernel @int4(%x: tensor<?x64x!graphc.quant<i8:f32, 32>>, %w: tensor<1x2x32x32x!graphc.quant<i4:f16, 32>>) -> tensor<?x32xf32> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64x!graphc.quant<i8:f32, 32>>, tensor<1x2x32x32x!graphc.quant<i4:f16, 32>>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// 32 rows make four tiles of sums of two tiles of rows and two of weights, which are read where they
// are; sums go through memory every eight blocks of k.
// CHECK-LABEL: func.func @bf16(
// CHECK: %[[WEIGHT:.+]] = memref.collapse_shape %arg{{.+}} into memref<16384xbf16>
// CHECK: vector.store %{{.+}} : memref<16384xbf16>, vector<32xbf16>
// CHECK-COUNT-4: amx.tile_load %{{.+}} into !amx.tile<16x16xf32>
// CHECK-COUNT-2: amx.tile_load %[[WEIGHT]]{{.+}} into !amx.tile<16x32xbf16>
// CHECK: amx.tile_load
// CHECK-COUNT-2: amx.tile_mulf
// CHECK: amx.tile_load
// CHECK-COUNT-2: amx.tile_mulf
// CHECK-COUNT-4: amx.tile_store
//
// What is left, however few rows: 16 at once, and weights are fetched ahead.
// CHECK: arith.minui
// CHECK-COUNT-2: amx.tile_load %{{.+}} into !amx.tile<16x16xf32>
// CHECK: amx.tile_mulf
// CHECK: memref.prefetch
// CHECK-NOT: math.fma
// CHECK: return
graphc.kernel @bf16(%x: tensor<?x512xbf16>, %w: tensor<1x256x32x2xbf16>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x512xbf16>, tensor<1x256x32x2xbf16>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// Another k is left to the vector unit.
// CHECK-LABEL: func.func @not_by_32(
// CHECK-NOT: amx
// CHECK: x86vector.avx512.dot
graphc.kernel @not_by_32(%x: tensor<?x48xbf16>, %w: tensor<1x24x32x2xbf16>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x48xbf16>, tensor<1x24x32x2xbf16>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}
