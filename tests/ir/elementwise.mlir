// Elementwise ops print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

// CHECK-LABEL: func.func @binary
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<?x4xf32>, %[[B:[a-z0-9]+]]: tensor<4xf32>, %[[C:[a-z0-9]+]]: tensor<?x1xf32>
func.func @binary(%a: tensor<?x4xf32>, %b: tensor<4xf32>, %c: tensor<?x1xf32>) {
  // CHECK: graphc.add %[[A]], %[[A]] : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %0 = graphc.add %a, %a : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  // CHECK: graphc.sub %[[A]], %[[C]] : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %1 = graphc.sub %a, %c : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  // CHECK: graphc.mul %[[C]], %[[B]] : (tensor<?x1xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %2 = graphc.mul %c, %b : (tensor<?x1xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  // CHECK: graphc.div %[[A]], %[[B]] : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %3 = graphc.div %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return
}

// CHECK-LABEL: func.func @unary
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>
func.func @unary(%x: tensor<?x4xf32>) {
  // CHECK: graphc.scale %[[X]] by 0.125 : tensor<?x4xf32>
  %0 = graphc.scale %x by 0.125 : tensor<?x4xf32>
  // Numbers are printed as short as they are exact: each is read back to the bit.
  // CHECK-NEXT: graphc.scale %[[X]] by 0.1 :
  %s1 = graphc.scale %x by 0.1 : tensor<?x4xf32>
  // CHECK-NEXT: graphc.scale %[[X]] by -0.0 :
  %s2 = graphc.scale %x by -0.0 : tensor<?x4xf32>
  // CHECK-NEXT: graphc.scale %[[X]] by 0.33333334 :
  %s3 = graphc.scale %x by 3.33333343E-1 : tensor<?x4xf32>
  // CHECK-NEXT: graphc.scale %[[X]] by 3.4028235e+38 :
  %s4 = graphc.scale %x by 3.40282347E+38 : tensor<?x4xf32>
  // CHECK-NEXT: graphc.scale %[[X]] by 1.0e-45 :
  %s5 = graphc.scale %x by 1.40129846E-45 : tensor<?x4xf32>
  // CHECK-NEXT: graphc.scale %[[X]] by 16777216.0 :
  %s6 = graphc.scale %x by 16777216.0 : tensor<?x4xf32>
  // CHECK-NEXT: graphc.scale %[[X]] by 0x7F800000 :
  %s7 = graphc.scale %x by 0x7F800000 : tensor<?x4xf32>
  // CHECK: graphc.rsqrt %[[X]] : tensor<?x4xf32>
  %1 = graphc.rsqrt %x : tensor<?x4xf32>
  // CHECK: graphc.silu %[[X]] : tensor<?x4xf32>
  %2 = graphc.silu %x : tensor<?x4xf32>
  // CHECK: graphc.relu %[[X]] : tensor<?x4xf32>
  %3 = graphc.relu %x : tensor<?x4xf32>
  // CHECK: graphc.tanh %[[X]] : tensor<?x4xf32>
  %4 = graphc.tanh %x : tensor<?x4xf32>
  // CHECK: graphc.gelu erf %[[X]] : tensor<?x4xf32>
  %5 = graphc.gelu erf %x : tensor<?x4xf32>
  // CHECK: graphc.gelu tanh %[[X]] : tensor<?x4xf32>
  %6 = graphc.gelu tanh %x : tensor<?x4xf32>
  return
}
