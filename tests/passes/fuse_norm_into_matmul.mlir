// RUN: graphc-opt %s --graphc-fuse-norm-into-matmul --split-input-file --verify-diagnostics | FileCheck %s
// RUN: graphc-opt %s --graphc-fuse-norm-into-matmul=gamma=weight --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=WEIGHT

// CHECK-LABEL: func.func @one_matmul
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[W:.+]]: tensor<32x64xf32>, %[[G:.+]]: tensor<64xf32>)
// CHECK-NEXT: %[[Y:.+]] = graphc.fused_linear %[[X]], %[[W]] rms(1.0e-05) gamma(%[[G]])
// CHECK-NEXT: return %[[Y]]
func.func @one_matmul(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %g: tensor<64xf32>) -> tensor<?x32xf32> {
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.linear %n, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// Several matmuls, one of them fused before; the rows converted to the weight's type.
// CHECK-LABEL: func.func @several_matmuls
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[W:.+]]: tensor<32x64xbf16>, %[[G:.+]]: tensor<64xf32>, %[[R:.+]]: tensor<?x32xf32>)
// CHECK-NEXT: graphc.fused_linear %[[X]], %[[W]] rms(1.0e-05) gamma(%[[G]])
// CHECK-SAME: : (tensor<?x64xf32>, tensor<32x64xbf16>, tensor<64xf32>) -> tensor<?x32xf32>
// CHECK-NEXT: graphc.fused_linear %[[X]], %[[W]] rms(1.0e-05) gamma(%[[G]]) residual(%[[R]])
// CHECK-NEXT: return
func.func @several_matmuls(%x: tensor<?x64xf32>, %w: tensor<32x64xbf16>, %g: tensor<64xf32>, %r: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %n16 = graphc.cast %n : tensor<?x64xf32> -> tensor<?x64xbf16>
  %y = graphc.linear %n16, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  %z = graphc.fused_linear %n16, %w residual(%r) : (tensor<?x64xbf16>, tensor<32x64xbf16>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// Without a norm, the conversion of the rows still becomes the matmul's.
// CHECK-LABEL: func.func @conversion_alone
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>
// CHECK-NEXT: graphc.fused_linear %[[X]], %{{.+}} : (tensor<?x64xf32>, tensor<32x64xbf16>) -> tensor<?x32xf32>
// CHECK-NEXT: return
func.func @conversion_alone(%x: tensor<?x64xf32>, %w: tensor<32x64xbf16>) -> tensor<?x32xf32> {
  %x16 = graphc.cast %x : tensor<?x64xf32> -> tensor<?x64xbf16>
  %y = graphc.linear %x16, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// The weight form multiplies the columns in f32, before they are rounded.
// WEIGHT: graphc.weight @w.scaled[%[[L:.+]] in 2] : tensor<32x64xbf16>
// WEIGHT-NEXT: %[[W:.+]] = graphc.checkpoint "w.{layer}"[%[[L]]] : tensor<32x64xf32>
// WEIGHT-NOT: graphc.yield
// WEIGHT: %[[G:.+]] = graphc.checkpoint "g.{layer}"[%[[L]]] : tensor<64xf32>
// WEIGHT-NEXT: %[[S:.+]] = graphc.mul %[[W]], %[[G]] : (tensor<32x64xf32>, tensor<64xf32>) -> tensor<32x64xf32>
// WEIGHT-NEXT: %[[R:.+]] = graphc.cast %[[S]] : tensor<32x64xf32> -> tensor<32x64xbf16>
// WEIGHT-NEXT: graphc.yield %[[R]]
// WEIGHT-LABEL: func.func @weight_form
// WEIGHT: %[[P:.+]] = graphc.param @w.scaled[%{{.+}}] : tensor<32x64xbf16>
// WEIGHT: graphc.fused_linear %{{.+}}, %[[P]] rms(1.0e-05) : (tensor<?x64xf32>, tensor<32x64xbf16>) -> tensor<?x32xf32>
// CHECK-LABEL: func.func @weight_form
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} rms(1.0e-05) gamma(
graphc.weight @w[%layer in 2] : tensor<32x64xbf16> {
  %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<32x64xf32>
  %1 = graphc.cast %0 : tensor<32x64xf32> -> tensor<32x64xbf16>
  graphc.yield %1 : tensor<32x64xbf16>
}
graphc.weight @g[%layer in 2] : tensor<64xf32> {
  %0 = graphc.checkpoint "g.{layer}"[%layer] : tensor<64xf32>
  graphc.yield %0 : tensor<64xf32>
}
func.func @weight_form(%x: tensor<?x64xf32>, %layer: index) -> tensor<?x32xf32> {
  %w = graphc.param @w[%layer] : tensor<32x64xbf16>
  %g = graphc.param @g[%layer] : tensor<64xf32>
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %n16 = graphc.cast %n : tensor<?x64xf32> -> tensor<?x64xbf16>
  %y = graphc.linear %n16, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// A LayerNorm is the prologue as a whole: its beta comes before the product.
// CHECK-LABEL: func.func @layer_norm
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[W:.+]]: tensor<32x64xbf16>, %[[G:.+]]: tensor<64xf32>, %[[B:.+]]: tensor<64xf32>)
// CHECK-NEXT: %[[Y:.+]] = graphc.fused_linear %[[X]], %[[W]] layer_norm(1.0e-05) gamma(%[[G]]) beta(%[[B]])
// CHECK-NEXT: %[[Z:.+]] = graphc.fused_linear %[[X]], %[[W]] layer_norm(1.0e-05) gamma(%[[G]]) beta(%[[B]])
// CHECK-NEXT: return %[[Y]], %[[Z]]
func.func @layer_norm(%x: tensor<?x64xf32>, %w: tensor<32x64xbf16>, %g: tensor<64xf32>, %b: tensor<64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %n = graphc.layer_norm %x, %g, %b eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>
  %0 = graphc.cast %n : tensor<?x64xf32> -> tensor<?x64xbf16>
  %y = graphc.linear %0, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  %z = graphc.linear %0, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @second_user
// CHECK-NOT: graphc.fused_linear
func.func @second_user(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  // expected-remark @below {{not fused: the norm has a user that is no matmul: graphc.add}}
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.linear %n, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %z = graphc.add %n, %y : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %z : tensor<?x64xf32>
}

// -----

// A residual is no row of the product.
// CHECK-LABEL: func.func @norm_is_residual
func.func @norm_is_residual(%x: tensor<?x64xf32>, %z: tensor<?x64xf32>, %w: tensor<64x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  // expected-remark @below {{not fused: the norm has a user that is no matmul: graphc.fused_linear}}
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.fused_linear %z, %w residual(%n) : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Of heads and with no matmul behind it: none of this pass's business.
// CHECK-LABEL: func.func @norm_of_keys
// CHECK-NEXT: graphc.rms_norm
func.func @norm_of_keys(%x: tensor<4x?x16xf32>, %g: tensor<16xf32>) -> tensor<4x?x16xf32> {
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<4x?x16xf32>, tensor<16xf32>
  return %n : tensor<4x?x16xf32>
}

// -----

// CHECK-LABEL: func.func @norm_of_heads
func.func @norm_of_heads(%x: tensor<4x?x16xf32>, %w: tensor<8x16xf32>, %g: tensor<16xf32>) -> tensor<4x?x8xf32> {
  // expected-remark @below {{not fused: the norm is not one of rows: expected [?, K]}}
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<4x?x16xf32>, tensor<16xf32>
  %y = graphc.linear %n, %w : (tensor<4x?x16xf32>, tensor<8x16xf32>) -> tensor<4x?x8xf32>
  return %y : tensor<4x?x8xf32>
}

// -----

// CHECK-LABEL: func.func @has_prologue
func.func @has_prologue(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %g: tensor<64xf32>) -> tensor<?x32xf32> {
  // expected-remark @below {{not fused: the matmul has a prologue already}}
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.fused_linear %n, %w gamma(%g) : (tensor<?x64xf32>, tensor<32x64xf32>, tensor<64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// A fused_linear that rounds rows of f32 itself: to fuse the norm is the same as with a cast between.
// CHECK-LABEL: func.func @converts_itself
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} rms(
func.func @converts_itself(%x: tensor<?x64xf32>, %w: tensor<32x64xbf16>, %g: tensor<64xf32>) -> tensor<?x32xf32> {
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.fused_linear %n, %w : (tensor<?x64xf32>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// Rounded to a type that is not the weight's on the way.
// CHECK-LABEL: func.func @mixed_types
func.func @mixed_types(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %g: tensor<64xf32>) -> tensor<?x32xf32> {
  // expected-remark @below {{not fused: mixed types: rows and weight differ}}
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %n16 = graphc.cast %n : tensor<?x64xf32> -> tensor<?x64xbf16>
  %y = graphc.fused_linear %n16, %w : (tensor<?x64xbf16>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// Rows of a narrower weight stay f32.
// CHECK-LABEL: func.func @wide_rows
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} rms({{.+}}) gamma(%{{.+}}) rows(f32) : (tensor<?x64xf32>, tensor<32x64xf16>, tensor<64xf32>)
// WEIGHT-LABEL: func.func @wide_rows
func.func @wide_rows(%x: tensor<?x64xf32>, %g: tensor<64xf32>, %w: tensor<32x64xf16>) -> tensor<?x32xf32> {
  %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.linear %n, %w : (tensor<?x64xf32>, tensor<32x64xf16>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
