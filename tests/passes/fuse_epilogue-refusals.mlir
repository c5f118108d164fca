// What fuse-epilogue refuses, and why.
// RUN: graphc-opt %s --graphc-fuse-epilogue --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @product_used_twice
// CHECK-NOT: fused_linear
func.func @product_used_twice(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %b: tensor<32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the product has a second user}}
  %1 = graphc.add %0, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @residual_used_twice
// CHECK-NOT: fused_linear
func.func @residual_used_twice(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the product has a second user}}
  %1 = graphc.add %r, %0 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @bias_behind_residual
// CHECK: fused_linear {{.*}} residual(
// CHECK-NEXT: graphc.add
func.func @bias_behind_residual(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %b: tensor<32xf32>, %r: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %1 = graphc.add %0, %r : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the bias comes after another epilogue}}
  %2 = graphc.add %1, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @two_residuals
// CHECK: fused_linear {{.*}} residual(
// CHECK-NEXT: graphc.add
func.func @two_residuals(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xf32>, %s: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %1 = graphc.add %0, %r : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the matmul has a residual already}}
  %2 = graphc.add %1, %s : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}

// -----

// A column, broadcast: neither bias nor residual.
// CHECK-LABEL: func.func @broadcast_residual
// CHECK-NOT: fused_linear
func.func @broadcast_residual(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x1xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: residual and product differ in shape or type}}
  %1 = graphc.add %0, %r : (tensor<?x32xf32>, tensor<?x1xf32>) -> tensor<?x32xf32>
  return %1 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @residual_of_rounded_product
// CHECK-NOT: residual
func.func @residual_of_rounded_product(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xbf16>) -> tensor<?x32xbf16> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xbf16>
  // expected-remark @below {{not fused: mixed types: the product is rounded before its epilogue}}
  %1 = graphc.add %0, %r : (tensor<?x32xbf16>, tensor<?x32xbf16>) -> tensor<?x32xbf16>
  return %1 : tensor<?x32xbf16>
}

// -----

// CHECK-LABEL: func.func @bias_of_rounded_product
// CHECK-NOT: bias(
func.func @bias_of_rounded_product(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %b: tensor<32xbf16>) -> tensor<?x32xbf16> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xbf16>
  // expected-remark @below {{not fused: mixed types: the product is rounded before its epilogue}}
  %1 = graphc.add %0, %b : (tensor<?x32xbf16>, tensor<32xbf16>) -> tensor<?x32xbf16>
  return %1 : tensor<?x32xbf16>
}

// -----

// CHECK-LABEL: func.func @rounded_twice
// CHECK: graphc.cast
func.func @rounded_twice(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xbf16>
  // expected-remark @below {{not fused: the product is rounded already}}
  %1 = graphc.cast %0 : tensor<?x32xbf16> -> tensor<?x32xf32>
  return %1 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @activation_of_used_product
// CHECK: graphc.linear
// CHECK-NEXT: graphc.gelu
func.func @activation_of_used_product(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the product has a second user}}
  %1 = graphc.gelu erf %0 : tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @activation_of_sum
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} residual
// CHECK-NEXT: graphc.relu
func.func @activation_of_sum(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %1 = graphc.add %0, %r : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the function comes after another epilogue}}
  %2 = graphc.relu %1 : tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @cap_of_rounded_product
// CHECK: graphc.soft_cap
func.func @cap_of_rounded_product(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xbf16> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xbf16>
  // expected-remark @below {{not fused: mixed types: the product is rounded before its epilogue}}
  %1 = graphc.soft_cap %0 cap 30.0 : tensor<?x32xbf16>
  return %1 : tensor<?x32xbf16>
}

// -----

// The activation is fused, the product with what it gates is not.
// CHECK-LABEL: func.func @gate_not_joined
// CHECK: %[[G:.+]] = graphc.fused_linear %{{.+}}, %{{.+}} act(silu)
// CHECK: graphc.mul %[[G]]
func.func @gate_not_joined(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %w2: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %1 = graphc.linear %x, %w2 : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %2 = graphc.silu %0 : tensor<?x32xf32>
  // expected-remark @below {{not fused: gate and up are not one matmul}}
  %3 = graphc.mul %2, %1 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %3 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @up_first
// CHECK-NOT: fused_linear
func.func @up_first(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %u = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %g = graphc.slice %0 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %1 = graphc.silu %g : tensor<?x32xf32>
  // expected-remark @below {{not fused: the gate is the second half of the product}}
  %2 = graphc.mul %1, %u : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @gate_of_itself
// CHECK-NOT: fused_linear
func.func @gate_of_itself(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %g = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %1 = graphc.silu %g : tensor<?x32xf32>
  // expected-remark @below {{not fused: gate and up are not the two halves of the product}}
  %2 = graphc.mul %1, %g : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @gates_of_two_products
// CHECK-NOT: fused_linear
func.func @gates_of_two_products(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>, %w2: tensor<64x64xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.linear %x, %w2 : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %g = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %u = graphc.slice %1 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %2 = graphc.silu %g : tensor<?x32xf32>
  // expected-remark @below {{not fused: gate and up are of different matmuls}}
  %3 = graphc.mul %2, %u : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %3 : tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @gate_used_twice
// CHECK-NOT: fused_linear
func.func @gate_used_twice(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %g = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %u = graphc.slice %0 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %1 = graphc.silu %g : tensor<?x32xf32>
  // expected-remark @below {{not fused: gate or up has a second user}}
  %2 = graphc.mul %1, %u : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %2, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @gate_behind_residual
// CHECK: fused_linear {{.*}} residual(
// CHECK: graphc.mul
func.func @gate_behind_residual(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>, %r: tensor<?x64xf32>) -> tensor<?x32xf32> {
  %0 = graphc.fused_linear %x, %w residual(%r) : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %g = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %u = graphc.slice %0 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %1 = graphc.silu %g : tensor<?x32xf32>
  // expected-remark @below {{not fused: the gate comes after another epilogue}}
  %2 = graphc.mul %1, %u : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}

// -----

// A bias behind a slice, but the product has another user that is no slice.
// CHECK-LABEL: func.func @joined_product_used
// CHECK-NOT: bias(
graphc.weight @w[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @b[%layer in 1] : tensor<32xf32> {
  %0 = graphc.checkpoint "b"[%layer] : tensor<32xf32>
  graphc.yield %0 : tensor<32xf32>
}
func.func @joined_product_used(%x: tensor<?x64xf32>, %layer: index) -> (tensor<?x32xf32>, tensor<?x64xf32>) {
  %w = graphc.param @w[%layer] : tensor<64x64xf32>
  %b = graphc.param @b[%layer] : tensor<32xf32>
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %s = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the joined product is not split into disjoint slices}}
  %1 = graphc.add %s, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  return %1, %0 : tensor<?x32xf32>, tensor<?x64xf32>
}

// -----

// CHECK-LABEL: func.func @bias_of_another_layer
// CHECK-NOT: bias(
graphc.weight @w[%layer in 2] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @b[%layer in 2] : tensor<32xf32> {
  %0 = graphc.checkpoint "b.{layer}"[%layer] : tensor<32xf32>
  graphc.yield %0 : tensor<32xf32>
}
func.func @bias_of_another_layer(%x: tensor<?x64xf32>, %layer: index) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %c0 = arith.constant 0 : index
  %w = graphc.param @w[%layer] : tensor<64x64xf32>
  %b = graphc.param @b[%c0] : tensor<32xf32>
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %s = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %t = graphc.slice %0 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  // expected-remark @below {{not fused: a bias is no param of the weight's layer}}
  %1 = graphc.add %s, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  return %1, %t : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @slice_used_twice
// CHECK-NOT: bias(
graphc.weight @w[%layer in 1] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @b[%layer in 1] : tensor<32xf32> {
  %0 = graphc.checkpoint "b"[%layer] : tensor<32xf32>
  graphc.yield %0 : tensor<32xf32>
}
func.func @slice_used_twice(%x: tensor<?x64xf32>, %layer: index) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %w = graphc.param @w[%layer] : tensor<64x64xf32>
  %b = graphc.param @b[%layer] : tensor<32xf32>
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %s = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %t = graphc.slice %0 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  // expected-remark @below {{not fused: the slice has a second user}}
  %1 = graphc.add %s, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  return %1, %s, %t : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}
