// RUN: graphc-opt %s -split-input-file -verify-diagnostics

func.func @embedding_c1(%t: tensor<100xf32>, %s: !graphc.step) {
  // expected-error @below {{expected table to be a static matrix, natural or packed, but got 'tensor<100xf32>'}}
  %0 = graphc.embedding %t, %s : tensor<100xf32> -> tensor<?x64xf32>
  return
}

// -----

func.func @embedding_c2(%t: tensor<100x64xf32>, %s: !graphc.step) {
  // expected-error @below {{expected result of shape [?, 64] but got [?, 32]}}
  %0 = graphc.embedding %t, %s : tensor<100x64xf32> -> tensor<?x32xf32>
  return
}

// -----

func.func @embedding_c2_rows(%t: tensor<100x64xf32>, %s: !graphc.step) {
  // expected-error @below {{expected result of shape [?, 64] but got [8, 64]}}
  %0 = graphc.embedding %t, %s : tensor<100x64xf32> -> tensor<8x64xf32>
  return
}

// -----

func.func @embedding_c2_packed(%t: tensor<4x33x32x2xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected result of shape [?, 66] but got [?, 64]}}
  %0 = graphc.embedding %t, %s : tensor<4x33x32x2xbf16> -> tensor<?x64xf32>
  return
}

// -----

func.func @mean_c1(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.mean %x : tensor<?x4xf32> -> tensor<?x1xbf16>
  return
}

// -----

func.func @mean_c2(%x: tensor<f32>) {
  // expected-error @below {{expected an input of rank 1 or more but got 'tensor<f32>'}}
  %0 = graphc.mean %x : tensor<f32> -> tensor<f32>
  return
}

// -----

func.func @mean_c3(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected result of shape [?, 1] but got [?]}}
  %0 = graphc.mean %x : tensor<?x4xf32> -> tensor<?xf32>
  return
}

// -----

func.func @rms_norm_c1(%x: tensor<?x4xf32>, %g: tensor<4xf32>) {
  // expected-error @below {{all of {input, result} have same type}}
  %0 = "graphc.rms_norm"(%x, %g) {eps = 1.0 : f32} : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xbf16>
  return
}

// -----

func.func @rms_norm_c2(%x: tensor<?x4xf32>, %g: tensor<5xf32>) {
  // expected-error @below {{expected gamma of shape [4] but got [5]}}
  %0 = graphc.rms_norm %x, %g eps 1.0 : tensor<?x4xf32>, tensor<5xf32>
  return
}

// -----

func.func @rms_norm_c2_dynamic(%x: tensor<4x?xf32>, %g: tensor<5xf32>) {
  // expected-error @below {{expected a static extent at axis 1 but got ?}}
  %0 = graphc.rms_norm %x, %g eps 1.0 : tensor<4x?xf32>, tensor<5xf32>
  return
}

// -----

func.func @rms_norm_c3(%x: tensor<?x4xf32>, %g: tensor<4xf32>) {
  // expected-error @below {{expected an eps of at least 0 but got -1}}
  %0 = graphc.rms_norm %x, %g eps -1.0 : tensor<?x4xf32>, tensor<4xf32>
  return
}

// -----

func.func @layer_norm_c1(%x: tensor<?x4xf32>, %g: tensor<4xf32>) {
  // expected-error @below {{all of {input, result} have same type}}
  %0 = "graphc.layer_norm"(%x, %g) {eps = 1.0 : f32} : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xbf16>
  return
}

// -----

func.func @layer_norm_c2_gamma(%x: tensor<?x4xf32>, %g: tensor<1x4xf32>) {
  // expected-error @below {{expected gamma of shape [4] but got [1, 4]}}
  %0 = graphc.layer_norm %x, %g eps 1.0 : tensor<?x4xf32>, tensor<1x4xf32>
  return
}

// -----

func.func @layer_norm_c2_beta(%x: tensor<?x4xf32>, %g: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected-error @below {{expected beta of shape [4] but got [5]}}
  %0 = graphc.layer_norm %x, %g, %b eps 1.0 : tensor<?x4xf32>, tensor<4xf32>, tensor<5xf32>
  return
}

// -----

func.func @layer_norm_c3(%x: tensor<?x4xf32>, %g: tensor<4xf32>) {
  // expected-error @below {{expected an eps of at least 0 but got -1}}
  %0 = graphc.layer_norm %x, %g eps -1.0 : tensor<?x4xf32>, tensor<4xf32>
  return
}

// -----

func.func @linear_c1(%x: tensor<?x4xbf16>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected weight of 'bf16' but got 'f32'}}
  %0 = graphc.linear %x, %w : (tensor<?x4xbf16>, tensor<8x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @linear_c1_halves(%x: tensor<?x4xbf16>, %w: tensor<8x4xf16>) {
  // expected-error @below {{expected weight of 'bf16' but got 'f16'}}
  %0 = graphc.linear %x, %w : (tensor<?x4xbf16>, tensor<8x4xf16>) -> tensor<?x8xf32>
  return
}

// -----

func.func @linear_c2(%x: tensor<?x4xf32>, %w: tensor<?x4xf32>) {
  // expected-error @below {{expected weight to be a static matrix, natural or packed, but got 'tensor<?x4xf32>'}}
  %0 = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @linear_c2_packed(%x: tensor<?x4xf32>, %w: tensor<1x4x32x2xf32>) {
  // expected-error @below {{expected weight to be a static matrix, natural or packed}}
  %0 = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<1x4x32x2xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @linear_c3(%x: tensor<?x5xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected an input of 4 columns, as the weight has, but got [?, 5]}}
  %0 = graphc.linear %x, %w : (tensor<?x5xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @linear_c3_packed(%x: tensor<?x6xbf16>, %w: tensor<1x4x32x2xbf16>) {
  // expected-error @below {{expected an input of at least 7 columns, as the packed weight has, but got [?, 6]}}
  %0 = graphc.linear %x, %w : (tensor<?x6xbf16>, tensor<1x4x32x2xbf16>) -> tensor<?x8xf32>
  return
}

// -----

func.func @linear_c4(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected result of shape [?, 8] but got [?, 9]}}
  %0 = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x9xf32>
  return
}

// -----

func.func @linear_c4_packed(%x: tensor<?x8xbf16>, %w: tensor<1x4x32x2xbf16>) {
  // expected-error @below {{expected a packed weight of 2 panels, for 33 rows in 0 groups, but got 1}}
  %0 = graphc.linear %x, %w : (tensor<?x8xbf16>, tensor<1x4x32x2xbf16>) -> tensor<?x33xf32>
  return
}

// -----

func.func @linear_c5(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected result of f32 but got 'bf16'}}
  %0 = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xbf16>
  return
}

// -----

func.func @linear_c5_bf16(%x: tensor<?x4xbf16>, %w: tensor<8x4xbf16>) {
  // expected-error @below {{expected result of f32 or 'bf16' but got 'f16'}}
  %0 = graphc.linear %x, %w : (tensor<?x4xbf16>, tensor<8x4xbf16>) -> tensor<?x8xf16>
  return
}

// -----

func.func @matmul_c1(%a: tensor<?x4xf32>, %b: tensor<4x8xbf16>) {
  // expected-error @below {{expected rhs of 'f32' but got 'bf16'}}
  %0 = graphc.matmul %a, %b : (tensor<?x4xf32>, tensor<4x8xbf16>) -> tensor<?x8xf32>
  return
}

// -----

func.func @matmul_c1_result(%a: tensor<?x4xf32>, %b: tensor<4x8xf32>) {
  // expected-error @below {{expected result of f32 but got 'bf16'}}
  %0 = graphc.matmul %a, %b : (tensor<?x4xf32>, tensor<4x8xf32>) -> tensor<?x8xbf16>
  return
}

// -----

func.func @matmul_c2(%a: tensor<2x?x4xf32>, %b: tensor<4x8xf32>) {
  // expected-error @below {{expected operands of rank 2 but got [2, ?, 4] and [4, 8]}}
  %0 = graphc.matmul %a, %b : (tensor<2x?x4xf32>, tensor<4x8xf32>) -> tensor<2x?x8xf32>
  return
}

// -----

func.func @matmul_c3(%a: tensor<?x4xf32>, %b: tensor<8x4xf32>) {
  // expected-error @below {{expected equal inner extents but got [?, 4] and [8, 4]}}
  %0 = graphc.matmul %a, %b : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @matmul_c3_transposed(%a: tensor<?x4xf32>, %b: tensor<4x8xf32>) {
  // expected-error @below {{expected equal inner extents but got [?, 4] and [4, 8] transposed}}
  %0 = graphc.matmul %a, %b transpose_b : (tensor<?x4xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @matmul_c4(%a: tensor<?x4xf32>, %b: tensor<8x4xf32>) {
  // expected-error @below {{expected result of shape [?, 8] but got [?, 4]}}
  %0 = graphc.matmul %a, %b transpose_b : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @batch_matmul_c1(%a: tensor<2x?x4xf32>, %b: tensor<2x4x8xbf16>) {
  // expected-error @below {{expected rhs of 'f32' but got 'bf16'}}
  %0 = graphc.batch_matmul %a, %b : (tensor<2x?x4xf32>, tensor<2x4x8xbf16>) -> tensor<2x?x8xf32>
  return
}

// -----

func.func @batch_matmul_c2(%a: tensor<?x4xf32>, %b: tensor<4x8xf32>) {
  // expected-error @below {{expected operands of one rank, 3 or more, but got [?, 4] and [4, 8]}}
  %0 = graphc.batch_matmul %a, %b : (tensor<?x4xf32>, tensor<4x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @batch_matmul_c2_ranks(%a: tensor<2x?x4xf32>, %b: tensor<4x8xf32>) {
  // expected-error @below {{expected operands of one rank, 3 or more, but got [2, ?, 4] and [4, 8]}}
  %0 = graphc.batch_matmul %a, %b : (tensor<2x?x4xf32>, tensor<4x8xf32>) -> tensor<2x?x8xf32>
  return
}

// -----

func.func @batch_matmul_c3(%a: tensor<2x?x4xf32>, %b: tensor<2x8x4xf32>) {
  // expected-error @below {{expected equal inner extents but got [2, ?, 4] and [2, 8, 4]}}
  %0 = graphc.batch_matmul %a, %b : (tensor<2x?x4xf32>, tensor<2x8x4xf32>) -> tensor<2x?x8xf32>
  return
}

// -----

func.func @batch_matmul_c4(%a: tensor<4x?x4xf32>, %b: tensor<2x4x8xf32>) {
  // expected-error @below {{expected stacks that broadcast but got [4, ?, 4] and [2, 4, 8]}}
  %0 = graphc.batch_matmul %a, %b : (tensor<4x?x4xf32>, tensor<2x4x8xf32>) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @batch_matmul_c5(%a: tensor<4x?x4xf32>, %b: tensor<1x4x8xf32>) {
  // expected-error @below {{expected result of shape [4, ?, 8] but got [1, ?, 8]}}
  %0 = graphc.batch_matmul %a, %b : (tensor<4x?x4xf32>, tensor<1x4x8xf32>) -> tensor<1x?x8xf32>
  return
}

// -----

func.func @input_rows_c1(%s: !graphc.step) {
  // expected-error @below {{expected a result of shape [?, K] but got [8, 64]}}
  %0 = graphc.input_rows %s : tensor<8x64xf32>
  return
}
