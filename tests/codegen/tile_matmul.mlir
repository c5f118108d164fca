// Integers by integers in tile registers: 16 rows at once, fewer rows in the vector unit.
//
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-amx | FileCheck %s
// RUN: graphc-opt %s --graphc-emit-kernels=target=x86-64-v4-bf16 | FileCheck %s --check-prefix=VECTOR \
// RUN:   --implicit-check-not=amx.
//
// No tiles, nothing to prepare for them.
// VECTOR-LABEL: func.func @int8(
// VECTOR: llvm.x86.avx512.vpdpbusd.512
// VECTOR-LABEL: func.func @int4(

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
