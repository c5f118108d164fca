// Embedding, norms and products print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

// CHECK-LABEL: func.func @embedding
func.func @embedding(%table: tensor<100x64xbf16>, %packed: tensor<4x33x32x2xbf16>, %step: !graphc.step) {
  // CHECK: graphc.embedding %{{.*}}, %{{.*}} : tensor<100x64xbf16> -> tensor<?x64xf32>
  %0 = graphc.embedding %table, %step : tensor<100x64xbf16> -> tensor<?x64xf32>
  // CHECK: graphc.embedding %{{.*}}, %{{.*}} : tensor<4x33x32x2xbf16> -> tensor<?x65xf32>
  %1 = graphc.embedding %packed, %step : tensor<4x33x32x2xbf16> -> tensor<?x65xf32>
  return
}

// CHECK-LABEL: func.func @input_rows
func.func @input_rows(%step: !graphc.step) {
  // CHECK: graphc.input_rows %{{.*}} : tensor<?x64xf32>
  %0 = graphc.input_rows %step : tensor<?x64xf32>
  return
}

// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<?x64xf32>, %g: tensor<64xf32>) {
  // CHECK: graphc.mean %{{.*}} : tensor<?x64xf32> -> tensor<?x1xf32>
  %0 = graphc.mean %x : tensor<?x64xf32> -> tensor<?x1xf32>
  // CHECK: graphc.rms_norm %{{.*}}, %{{.*}} eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %1 = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  // CHECK: graphc.layer_norm %[[X:.*]], %[[G:.*]] eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %2 = graphc.layer_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  // CHECK: graphc.layer_norm %[[X]], %[[G]], %[[G]] eps 0.0 : tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>
  %3 = graphc.layer_norm %x, %g, %g eps 0.0 : tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>
  return
}

// CHECK-LABEL: func.func @linear
func.func @linear(%x: tensor<?x4x64xf32>, %w: tensor<8x64xf32>, %y: tensor<?x80xbf16>, %p: tensor<2x33x32x2xbf16>) {
  // CHECK: graphc.linear %{{.*}}, %{{.*}} : (tensor<?x4x64xf32>, tensor<8x64xf32>) -> tensor<?x4x8xf32>
  %0 = graphc.linear %x, %w : (tensor<?x4x64xf32>, tensor<8x64xf32>) -> tensor<?x4x8xf32>
  // CHECK: graphc.linear %{{.*}}, %{{.*}} : (tensor<?x80xbf16>, tensor<2x33x32x2xbf16>) -> tensor<?x40xf32>
  %1 = graphc.linear %y, %p : (tensor<?x80xbf16>, tensor<2x33x32x2xbf16>) -> tensor<?x40xf32>
  return
}

// CHECK-LABEL: func.func @matmul
func.func @matmul(%a: tensor<?x64xf32>, %b: tensor<64x8xf32>, %c: tensor<8x64xf32>) {
  // CHECK: graphc.matmul %{{.*}}, %{{.*}} : (tensor<?x64xf32>, tensor<64x8xf32>) -> tensor<?x8xf32>
  %0 = graphc.matmul %a, %b : (tensor<?x64xf32>, tensor<64x8xf32>) -> tensor<?x8xf32>
  // CHECK: graphc.matmul %{{.*}}, %{{.*}} transpose_b : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  %1 = graphc.matmul %a, %c transpose_b : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  return
}

// CHECK-LABEL: func.func @batch_matmul
func.func @batch_matmul(%a: tensor<4x8x?x16xbf16>, %b: tensor<4x1x?x16xbf16>, %c: tensor<2x?x?xf32>, %d: tensor<2x?x16xf32>) {
  // CHECK: graphc.batch_matmul %{{.*}}, %{{.*}} transpose_b : (tensor<4x8x?x16xbf16>, tensor<4x1x?x16xbf16>) -> tensor<4x8x?x?xf32>
  %0 = graphc.batch_matmul %a, %b transpose_b : (tensor<4x8x?x16xbf16>, tensor<4x1x?x16xbf16>) -> tensor<4x8x?x?xf32>
  // CHECK: graphc.batch_matmul %{{.*}}, %{{.*}} : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %1 = graphc.batch_matmul %c, %d : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  return
}
