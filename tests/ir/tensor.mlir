// Constants and ops that change shapes print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

// CHECK-LABEL: func.func @constant
func.func @constant() -> (tensor<2xf32>, tensor<3x2xbf16>) {
  // CHECK: graphc.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %0 = graphc.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // CHECK: graphc.constant dense<5.000000e-01> : tensor<3x2xbf16>
  %1 = graphc.constant dense<0.5> : tensor<3x2xbf16>
  return %0, %1 : tensor<2xf32>, tensor<3x2xbf16>
}

// CHECK-LABEL: func.func @shapes
// CHECK-SAME: %[[X:.+]]: tensor<?x64xf32>
func.func @shapes(%x: tensor<?x64xf32>) -> tensor<8x?x16xf32> {
  // CHECK: %[[A:.+]] = graphc.reshape %[[X]] : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %a = graphc.reshape %x : tensor<?x64xf32> -> tensor<?x4x16xf32>
  // CHECK: %[[B:.+]] = graphc.transpose %[[A]] [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %b = graphc.transpose %a [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  // CHECK: %[[C:.+]] = graphc.repeat %[[B]] axis 0 times 2 : tensor<4x?x16xf32> -> tensor<8x?x16xf32>
  %c = graphc.repeat %b axis 0 times 2 : tensor<4x?x16xf32> -> tensor<8x?x16xf32>
  return %c : tensor<8x?x16xf32>
}

// CHECK-LABEL: func.func @parts
// CHECK-SAME: %[[X:.+]]: tensor<?x64xf32>
func.func @parts(%x: tensor<?x64xf32>) -> tensor<?x80xf32> {
  // CHECK: %[[A:.+]] = graphc.slice %[[X]] axis 1[8, 24] : tensor<?x64xf32> -> tensor<?x16xf32>
  %a = graphc.slice %x axis 1 [8, 24] : tensor<?x64xf32> -> tensor<?x16xf32>
  // CHECK: graphc.concat %[[X]], %[[A]] axis 1 : (tensor<?x64xf32>, tensor<?x16xf32>) -> tensor<?x80xf32>
  %b = graphc.concat %x, %a axis 1 : (tensor<?x64xf32>, tensor<?x16xf32>) -> tensor<?x80xf32>
  return %b : tensor<?x80xf32>
}

// CHECK-LABEL: func.func @cast
func.func @cast(%x: tensor<?x64xf32>) -> tensor<?x64xbf16> {
  // CHECK: graphc.cast %{{.*}} : tensor<?x64xf32> -> tensor<?x64xbf16>
  %y = graphc.cast %x : tensor<?x64xf32> -> tensor<?x64xbf16>
  return %y : tensor<?x64xbf16>
}

// CHECK-LABEL: func.func @select_rows
func.func @select_rows(%x: tensor<?x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  // CHECK: graphc.select_rows %{{.*}}, %{{.*}} : tensor<?x64xf32> -> tensor<?x64xf32>
  %y = graphc.select_rows %x, %step : tensor<?x64xf32> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
