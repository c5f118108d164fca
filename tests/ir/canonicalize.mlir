// What folds, and beside it what must not.
// RUN: graphc-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @reshape_identity
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @reshape_identity(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = graphc.reshape %x : tensor<?x4xf32> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @reshape_of_reshape
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.reshape %[[X]] : tensor<?x4xf32> -> tensor<4x?xf32>
// CHECK-NEXT: return %[[Y]]
func.func @reshape_of_reshape(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  %0 = graphc.reshape %x : tensor<?x4xf32> -> tensor<?x2x2xf32>
  %1 = graphc.reshape %0 : tensor<?x2x2xf32> -> tensor<4x?xf32>
  return %1 : tensor<4x?xf32>
}

// CHECK-LABEL: func.func @reshape_there_and_back
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @reshape_there_and_back(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = graphc.reshape %x : tensor<?x4xf32> -> tensor<?x2x2xf32>
  %1 = graphc.reshape %0 : tensor<?x2x2xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @reshape_constant
// CHECK-NEXT: graphc.constant dense<{{\[}}[1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-NEXT: return
func.func @reshape_constant() -> tensor<2x2xf32> {
  %0 = graphc.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %1 = graphc.reshape %0 : tensor<4xf32> -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @transpose_identity
// CHECK-SAME: %[[X:.+]]: tensor<2x?x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @transpose_identity(%x: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {
  %0 = graphc.transpose %x [0, 1, 2] : tensor<2x?x4xf32> -> tensor<2x?x4xf32>
  return %0 : tensor<2x?x4xf32>
}

// Square, so that its type does not give the transpose away.
// CHECK-LABEL: func.func @transpose_of_equal_types
// CHECK-NEXT: graphc.transpose
func.func @transpose_of_equal_types(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = graphc.transpose %x [1, 0] : tensor<4x4xf32> -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// Dimension d of the result is dimension p[q[d]] of the input.
// CHECK-LABEL: func.func @transpose_of_transpose
// CHECK-SAME: %[[X:.+]]: tensor<2x?x4xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.transpose %[[X]] [2, 1, 0] : tensor<2x?x4xf32> -> tensor<4x?x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @transpose_of_transpose(%x: tensor<2x?x4xf32>) -> tensor<4x?x2xf32> {
  %0 = graphc.transpose %x [1, 2, 0] : tensor<2x?x4xf32> -> tensor<?x4x2xf32>
  %1 = graphc.transpose %0 [1, 0, 2] : tensor<?x4x2xf32> -> tensor<4x?x2xf32>
  return %1 : tensor<4x?x2xf32>
}

// CHECK-LABEL: func.func @transpose_there_and_back
// CHECK-SAME: %[[X:.+]]: tensor<2x?x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @transpose_there_and_back(%x: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {
  %0 = graphc.transpose %x [1, 2, 0] : tensor<2x?x4xf32> -> tensor<?x4x2xf32>
  %1 = graphc.transpose %0 [2, 0, 1] : tensor<?x4x2xf32> -> tensor<2x?x4xf32>
  return %1 : tensor<2x?x4xf32>
}

// CHECK-LABEL: func.func @slice_whole
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @slice_whole(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = graphc.slice %x axis 1 [0, 4] : tensor<?x4xf32> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @slice_of_slice
// CHECK-SAME: %[[X:.+]]: tensor<?x9xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.slice %[[X]] axis 1[3, 5] : tensor<?x9xf32> -> tensor<?x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @slice_of_slice(%x: tensor<?x9xf32>) -> tensor<?x2xf32> {
  %0 = graphc.slice %x axis 1 [2, 8] : tensor<?x9xf32> -> tensor<?x6xf32>
  %1 = graphc.slice %0 axis 1 [1, 3] : tensor<?x6xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @slice_along_another_axis
// CHECK-COUNT-2: graphc.slice
func.func @slice_along_another_axis(%x: tensor<9x9xf32>) -> tensor<6x2xf32> {
  %0 = graphc.slice %x axis 0 [2, 8] : tensor<9x9xf32> -> tensor<6x9xf32>
  %1 = graphc.slice %0 axis 1 [1, 3] : tensor<6x9xf32> -> tensor<6x2xf32>
  return %1 : tensor<6x2xf32>
}

// CHECK-LABEL: func.func @slice_of_one_part
// CHECK-SAME: %[[A:.+]]: tensor<?x4xf32>, %[[B:.+]]: tensor<?x6xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.slice %[[B]] axis 1[1, 3] : tensor<?x6xf32> -> tensor<?x2xf32>
// CHECK-NEXT: return %[[A]], %[[Y]]
func.func @slice_of_one_part(%a: tensor<?x4xf32>, %b: tensor<?x6xf32>) -> (tensor<?x4xf32>, tensor<?x2xf32>) {
  %0 = graphc.concat %a, %b axis 1 : (tensor<?x4xf32>, tensor<?x6xf32>) -> tensor<?x10xf32>
  %1 = graphc.slice %0 axis 1 [0, 4] : tensor<?x10xf32> -> tensor<?x4xf32>
  %2 = graphc.slice %0 axis 1 [5, 7] : tensor<?x10xf32> -> tensor<?x2xf32>
  return %1, %2 : tensor<?x4xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: func.func @slice_across_parts
// CHECK: graphc.concat
// CHECK: graphc.slice
func.func @slice_across_parts(%a: tensor<?x4xf32>, %b: tensor<?x6xf32>) -> tensor<?x2xf32> {
  %0 = graphc.concat %a, %b axis 1 : (tensor<?x4xf32>, tensor<?x6xf32>) -> tensor<?x10xf32>
  %1 = graphc.slice %0 axis 1 [3, 5] : tensor<?x10xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @concat_of_one
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @concat_of_one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = graphc.concat %x axis 1 : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @concat_of_concat
// CHECK-SAME: %[[A:.+]]: tensor<2x4xf32>, %[[B:.+]]: tensor<1x4xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.concat %[[A]], %[[B]], %[[B]] axis 0
// CHECK-NEXT: return %[[Y]]
func.func @concat_of_concat(%a: tensor<2x4xf32>, %b: tensor<1x4xf32>) -> tensor<4x4xf32> {
  %0 = graphc.concat %a, %b axis 0 : (tensor<2x4xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
  %1 = graphc.concat %0, %b axis 0 : (tensor<3x4xf32>, tensor<1x4xf32>) -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// CHECK-LABEL: func.func @concat_along_another_axis
// CHECK-COUNT-2: graphc.concat
func.func @concat_along_another_axis(%a: tensor<2x4xf32>) -> tensor<4x8xf32> {
  %0 = graphc.concat %a, %a axis 0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  %1 = graphc.concat %0, %0 axis 1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @repeat_once
// CHECK-SAME: %[[X:.+]]: tensor<2x?xf32>
// CHECK-NEXT: return %[[X]]
func.func @repeat_once(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %0 = graphc.repeat %x axis 0 times 1 : tensor<2x?xf32> -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}

// CHECK-LABEL: func.func @repeat_of_repeat
// CHECK-SAME: %[[X:.+]]: tensor<2x?xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.repeat %[[X]] axis 0 times 6 : tensor<2x?xf32> -> tensor<12x?xf32>
// CHECK-NEXT: return %[[Y]]
func.func @repeat_of_repeat(%x: tensor<2x?xf32>) -> tensor<12x?xf32> {
  %0 = graphc.repeat %x axis 0 times 2 : tensor<2x?xf32> -> tensor<4x?xf32>
  %1 = graphc.repeat %0 axis 0 times 3 : tensor<4x?xf32> -> tensor<12x?xf32>
  return %1 : tensor<12x?xf32>
}

// CHECK-LABEL: func.func @cast_to_same
// CHECK-SAME: %[[X:.+]]: tensor<?x4xbf16>
// CHECK-NEXT: return %[[X]]
func.func @cast_to_same(%x: tensor<?x4xbf16>) -> tensor<?x4xbf16> {
  %0 = graphc.cast %x : tensor<?x4xbf16> -> tensor<?x4xbf16>
  return %0 : tensor<?x4xbf16>
}

// CHECK-LABEL: func.func @cast_that_loses_nothing
// CHECK-SAME: %[[X:.+]]: tensor<?x4xbf16>
// CHECK-NEXT: %[[Y:.+]] = graphc.cast %[[X]] : tensor<?x4xbf16> -> tensor<?x4xf16>
// CHECK-NEXT: return %[[X]], %[[Y]]
func.func @cast_that_loses_nothing(%x: tensor<?x4xbf16>) -> (tensor<?x4xbf16>, tensor<?x4xf16>) {
  %0 = graphc.cast %x : tensor<?x4xbf16> -> tensor<?x4xf32>
  %1 = graphc.cast %0 : tensor<?x4xf32> -> tensor<?x4xbf16>
  %2 = graphc.cast %0 : tensor<?x4xf32> -> tensor<?x4xf16>
  return %1, %2 : tensor<?x4xbf16>, tensor<?x4xf16>
}

// CHECK-LABEL: func.func @cast_that_rounds
// CHECK: graphc.cast %{{.*}} : tensor<?x4xf32> -> tensor<?x4xbf16>
// CHECK: graphc.cast %{{.*}} : tensor<?x4xbf16> -> tensor<?x4xf32>
func.func @cast_that_rounds(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = graphc.cast %x : tensor<?x4xf32> -> tensor<?x4xbf16>
  %1 = graphc.cast %0 : tensor<?x4xbf16> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @cast_constant
// CHECK-NEXT: graphc.constant dense<[1.000000e+00, 1.007810e+00]> : tensor<2xbf16>
// CHECK-NEXT: return
func.func @cast_constant() -> tensor<2xbf16> {
  %0 = graphc.constant dense<[1.001, 1.007]> : tensor<2xf32>
  %1 = graphc.cast %0 : tensor<2xf32> -> tensor<2xbf16>
  return %1 : tensor<2xbf16>
}

// CHECK-LABEL: func.func @scale_by_one
// CHECK-SAME: %[[X:.+]]: tensor<?x4xf32>
// CHECK-NEXT: %[[Y:.+]] = graphc.scale %[[X]] by 0.5
// CHECK-NEXT: return %[[X]], %[[Y]]
func.func @scale_by_one(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = graphc.scale %x by 1.0 : tensor<?x4xf32>
  %1 = graphc.scale %x by 0.5 : tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}
