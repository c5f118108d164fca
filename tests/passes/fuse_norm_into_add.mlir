// RUN: graphc-opt %s --graphc-fuse-norm-into-add --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @either_side
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[G:.+]]: tensor<64xf32>, %[[H:.+]]: tensor<?x64xf32>)
// CHECK-NEXT: %[[Y:.+]] = graphc.norm_add %[[X]], %[[G]] eps 1.0e-06 residual(%[[H]])
// CHECK-NEXT: %[[Z:.+]] = graphc.norm_add %[[X]], %[[G]] eps 1.0e-06 residual(%[[Y]])
// CHECK-NEXT: return %[[Z]]
func.func @either_side(%x: tensor<?x64xf32>, %g: tensor<64xf32>, %h: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.rms_norm %x, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.add %h, %0 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.rms_norm %x, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
  %z = graphc.add %1, %y : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %z : tensor<?x64xf32>
}

// -----

// The sum of two norms: the first takes the second as residual.
// CHECK-LABEL: func.func @two_norms
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %{{.+}}: tensor<64xf32>, %[[H:.+]]: tensor<?x64xf32>)
// CHECK-NEXT: %[[R:.+]] = graphc.rms_norm %[[X]]
// CHECK-NEXT: graphc.norm_add %[[H]], %{{.+}} eps 1.0e-06 residual(%[[R]])
func.func @two_norms(%x: tensor<?x64xf32>, %g: tensor<64xf32>, %h: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.rms_norm %h, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
  %1 = graphc.rms_norm %x, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.add %1, %0 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Twice the same norm has no residual.
// CHECK-LABEL: func.func @norm_twice
// CHECK-NEXT: graphc.rms_norm
// CHECK-NEXT: graphc.add
func.func @norm_twice(%x: tensor<?x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.rms_norm %x, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.add %0, %0 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// CHECK-LABEL: func.func @broadcast
// CHECK: graphc.rms_norm
// CHECK-NEXT: graphc.add
func.func @broadcast(%x: tensor<?x64xf32>, %g: tensor<64xf32>, %h: tensor<64xf32>) -> tensor<?x64xf32> {
  // expected-remark @below {{not fused: residual and norm differ in shape or type}}
  %0 = graphc.rms_norm %x, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
  %y = graphc.add %0, %h : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Other norms are no anchors: of heads, with a second user, before a matmul.
// CHECK-LABEL: func.func @left_alone
// CHECK-COUNT-2: graphc.rms_norm
// CHECK-NOT: graphc.norm_add
func.func @left_alone(%x: tensor<?x64xf32>, %g: tensor<64xf32>, %w: tensor<64x64xf32>, %k: tensor<2x?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<2x?x64xf32>) {
  %0 = graphc.rms_norm %x, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
  %1 = graphc.linear %0, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %y = graphc.add %0, %1 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %2 = graphc.rms_norm %k, %g eps 1.0e-06 : tensor<2x?x64xf32>, tensor<64xf32>
  %z = graphc.add %2, %k : (tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<2x?x64xf32>
  return %y, %1, %z : tensor<?x64xf32>, tensor<?x64xf32>, tensor<2x?x64xf32>
}
