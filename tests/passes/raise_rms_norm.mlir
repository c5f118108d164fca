// RUN: graphc-opt %s --graphc-raise-rms-norm --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @gamma_last
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[G:.+]]: tensor<64xf32>)
// CHECK-NOT: graphc.rsqrt
// CHECK: %[[N:.+]] = graphc.rms_norm %[[X]], %[[G]] eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
// CHECK-NEXT: return %[[N]]
func.func @gamma_last(%x: tensor<?x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  %eps = graphc.constant dense<1.0e-05> : tensor<1xf32>
  %0 = graphc.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
  %2 = graphc.add %1, %eps : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  %3 = graphc.rsqrt %2 : tensor<?x1xf32>
  %4 = graphc.mul %x, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
  %5 = graphc.mul %4, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %5 : tensor<?x64xf32>
}

// -----

// Gamma before the reciprocal root, every commutative op the other way round.
// CHECK-LABEL: func.func @gamma_first
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[G:.+]]: tensor<64xf32>)
// CHECK: graphc.rms_norm %[[X]], %[[G]] eps 1.0e-06
// CHECK-NEXT: return
func.func @gamma_first(%x: tensor<?x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  %eps = graphc.constant dense<1.0e-06> : tensor<1x1xf32>
  %0 = graphc.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
  %2 = graphc.add %eps, %1 : (tensor<1x1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
  %3 = graphc.rsqrt %2 : tensor<?x1xf32>
  %4 = graphc.mul %g, %x : (tensor<64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %5 = graphc.mul %3, %4 : (tensor<?x1xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %5 : tensor<?x64xf32>
}

// -----

// Not what is looked for: no mean, no remark.
// CHECK-LABEL: func.func @other_rsqrt
// CHECK: graphc.rsqrt
func.func @other_rsqrt(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = graphc.rsqrt %x : tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// CHECK-LABEL: func.func @mean_of_a_product
func.func @mean_of_a_product(%x: tensor<?x64xf32>, %z: tensor<?x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  %eps = graphc.constant dense<1.0e-05> : tensor<1xf32>
  %0 = graphc.mul %x, %z : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
  %2 = graphc.add %1, %eps : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  // expected-remark @below {{not fused: the mean is not that of x * x}}
  %3 = graphc.rsqrt %2 : tensor<?x1xf32>
  %4 = graphc.mul %x, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
  %5 = graphc.mul %4, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %5 : tensor<?x64xf32>
}

// -----

func.func @mean_used_twice(%x: tensor<?x64xf32>, %g: tensor<64xf32>) -> (tensor<?x64xf32>, tensor<?x1xf32>) {
  %eps = graphc.constant dense<1.0e-05> : tensor<1xf32>
  %0 = graphc.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
  %2 = graphc.add %1, %eps : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  // expected-remark @below {{not fused: a second user of graphc.mean}}
  %3 = graphc.rsqrt %2 : tensor<?x1xf32>
  %4 = graphc.mul %x, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
  %5 = graphc.mul %4, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %5, %1 : tensor<?x64xf32>, tensor<?x1xf32>
}

// -----

func.func @no_gamma(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %eps = graphc.constant dense<1.0e-05> : tensor<1xf32>
  %0 = graphc.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
  %2 = graphc.add %1, %eps : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  // expected-remark @below {{not fused: no product with gamma follows, or the normalised rows have a second user}}
  %3 = graphc.rsqrt %2 : tensor<?x1xf32>
  %4 = graphc.mul %x, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
  return %4 : tensor<?x64xf32>
}

// -----

func.func @gamma_is_no_vector(%x: tensor<?x64xf32>, %g: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %eps = graphc.constant dense<1.0e-05> : tensor<1xf32>
  %0 = graphc.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
  %2 = graphc.add %1, %eps : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  // expected-remark @below {{not fused: gamma is not a vector as long as a row}}
  %3 = graphc.rsqrt %2 : tensor<?x1xf32>
  %4 = graphc.mul %x, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
  %5 = graphc.mul %4, %g : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %5 : tensor<?x64xf32>
}

// -----

func.func @normalises_another_value(%x: tensor<?x64xf32>, %z: tensor<?x64xf32>, %g: tensor<64xf32>) -> tensor<?x64xf32> {
  %eps = graphc.constant dense<1.0e-05> : tensor<1xf32>
  %0 = graphc.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
  %2 = graphc.add %1, %eps : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  // expected-remark @below {{not fused: the reciprocal root multiplies another value than the one squared}}
  %3 = graphc.rsqrt %2 : tensor<?x1xf32>
  %4 = graphc.mul %z, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
  %5 = graphc.mul %4, %g : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %5 : tensor<?x64xf32>
}
