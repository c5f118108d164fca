// RUN: graphc-opt %s -split-input-file -verify-diagnostics

func.func @constant_c1() {
  // expected-error @below {{all of {value, result} have same type}}
  %0 = "graphc.constant"() {value = dense<1.0> : tensor<2xf32>} : () -> tensor<3xf32>
  return
}

// -----

func.func @constant_of_integers() {
  // expected-error @below {{must be ranked tensor of 32-bit float or bfloat16 type or 16-bit float values}}
  %0 = graphc.constant dense<1> : tensor<2xi32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.reshape %x : tensor<4xf32> -> tensor<4xbf16>
  return
}

// -----

func.func @reshape_c2(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected a result with 1 dynamic dimensions but got 2}}
  %0 = graphc.reshape %x : tensor<?x4xf32> -> tensor<?x?x4xf32>
  return
}

// -----

func.func @reshape_c3(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected static extents with a product of 4 but got 6}}
  %0 = graphc.reshape %x : tensor<?x4xf32> -> tensor<?x2x3xf32>
  return
}

// -----

func.func @transpose_c1(%x: tensor<2x4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'f16'}}
  %0 = graphc.transpose %x [1, 0] : tensor<2x4xf32> -> tensor<4x2xf16>
  return
}

// -----

func.func @transpose_c2_twice(%x: tensor<2x4xf32>) {
  // expected-error @below {{expected a permutation of 2 dimensions but got [1, 1]}}
  %0 = graphc.transpose %x [1, 1] : tensor<2x4xf32> -> tensor<4x2xf32>
  return
}

// -----

func.func @transpose_c2_count(%x: tensor<2x4xf32>) {
  // expected-error @below {{expected a permutation of 2 dimensions but got [0]}}
  %0 = graphc.transpose %x [0] : tensor<2x4xf32> -> tensor<4x2xf32>
  return
}

// -----

func.func @transpose_c3(%x: tensor<2x?xf32>) {
  // expected-error @below {{expected result of shape [?, 2] but got [2, ?]}}
  %0 = graphc.transpose %x [1, 0] : tensor<2x?xf32> -> tensor<2x?xf32>
  return
}

// -----

func.func @slice_c1(%x: tensor<4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.slice %x axis 0 [0, 2] : tensor<4xf32> -> tensor<2xbf16>
  return
}

// -----

func.func @slice_c2_range(%x: tensor<4xf32>) {
  // expected-error @below {{expected an axis in [0, 1) but got 1}}
  %0 = graphc.slice %x axis 1 [0, 2] : tensor<4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @slice_c2_dynamic(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected a static extent at axis 0 but got ?}}
  %0 = graphc.slice %x axis 0 [0, 2] : tensor<?x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_c3_end(%x: tensor<4xf32>) {
  // expected-error @below {{expected a range in [0, 4] but got [2, 5]}}
  %0 = graphc.slice %x axis 0 [2, 5] : tensor<4xf32> -> tensor<3xf32>
  return
}

// -----

func.func @slice_c3_empty(%x: tensor<4xf32>) {
  // expected-error @below {{expected a range in [0, 4] but got [2, 2]}}
  %0 = graphc.slice %x axis 0 [2, 2] : tensor<4xf32> -> tensor<0xf32>
  return
}

// -----

func.func @slice_c4(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected result of shape [?, 3] but got [?, 2]}}
  %0 = graphc.slice %x axis 1 [0, 3] : tensor<?x4xf32> -> tensor<?x2xf32>
  return
}

// -----

func.func @concat_c1() {
  // expected-error @below {{expected at least one input but got none}}
  %0 = "graphc.concat"() {axis = 0 : i64} : () -> tensor<2xf32>
  return
}

// -----

func.func @concat_c2_type(%x: tensor<2xf32>, %y: tensor<2xbf16>) {
  // expected-error @below {{expected input of 'f32' but got 'bf16'}}
  %0 = graphc.concat %x, %y axis 0 : (tensor<2xf32>, tensor<2xbf16>) -> tensor<4xf32>
  return
}

// -----

func.func @concat_c2_rank(%x: tensor<2xf32>, %y: tensor<2x1xf32>) {
  // expected-error @below {{expected inputs of rank 1 but got [2, 1]}}
  %0 = graphc.concat %x, %y axis 0 : (tensor<2xf32>, tensor<2x1xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @concat_c3(%x: tensor<?x2xf32>) {
  // expected-error @below {{expected a static extent at axis 0 but got ?}}
  %0 = graphc.concat %x, %x axis 0 : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  return
}

// -----

func.func @concat_c4(%x: tensor<2x2xf32>, %y: tensor<2x3xf32>) {
  // expected-error @below {{expected input of shape [2, 2] but got [2, 3]}}
  %0 = graphc.concat %x, %y axis 0 : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @concat_c5(%x: tensor<2x2xf32>) {
  // expected-error @below {{expected result of shape [4, 2] but got [5, 2]}}
  %0 = graphc.concat %x, %x axis 0 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @repeat_c1(%x: tensor<2xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.repeat %x axis 0 times 2 : tensor<2xf32> -> tensor<4xbf16>
  return
}

// -----

func.func @repeat_c2(%x: tensor<?xf32>) {
  // expected-error @below {{expected a static extent at axis 0 but got ?}}
  %0 = graphc.repeat %x axis 0 times 2 : tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @repeat_c3(%x: tensor<2xf32>) {
  // expected-error @below {{expected times of at least 1 but got 0}}
  %0 = graphc.repeat %x axis 0 times 0 : tensor<2xf32> -> tensor<0xf32>
  return
}

// -----

func.func @repeat_c4(%x: tensor<2x?xf32>) {
  // expected-error @below {{expected result of shape [6, ?] but got [4, ?]}}
  %0 = graphc.repeat %x axis 0 times 3 : tensor<2x?xf32> -> tensor<4x?xf32>
  return
}

// -----

func.func @cast_c1(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected result of shape [?, 4] but got [?, 5]}}
  %0 = graphc.cast %x : tensor<?x4xf32> -> tensor<?x5xbf16>
  return
}

// -----

func.func @select_rows_c1(%x: tensor<?x4xf32>, %step: !graphc.step) {
  // expected-error @below {{expected a result of type 'tensor<?x4xf32>' but got 'tensor<?x4xbf16>'}}
  %0 = graphc.select_rows %x, %step : tensor<?x4xf32> -> tensor<?x4xbf16>
  return
}

// -----

func.func @select_rows_c2(%x: tensor<8x4xf32>, %step: !graphc.step) {
  // expected-error @below {{expected a dynamic first dimension but got [8, 4]}}
  %0 = graphc.select_rows %x, %step : tensor<8x4xf32> -> tensor<8x4xf32>
  return
}
