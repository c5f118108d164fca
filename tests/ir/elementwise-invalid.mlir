// RUN: graphc-opt %s -split-input-file -verify-diagnostics

func.func @add_c1(%a: tensor<4xf32>, %b: tensor<4xbf16>) {
  // expected-error @below {{expected rhs of 'f32' but got 'bf16'}}
  %0 = graphc.add %a, %b : (tensor<4xf32>, tensor<4xbf16>) -> tensor<4xf32>
  return
}

// -----

func.func @add_c1_result(%a: tensor<4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.add %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @add_c2(%a: tensor<?x4xf32>, %b: tensor<?x3xf32>) {
  // expected-error @below {{expected shapes that broadcast but got [?, 4] and [?, 3]}}
  %0 = graphc.add %a, %b : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @add_c3(%a: tensor<?x1xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{expected result of shape [?, 3] but got [?, 1]}}
  %0 = graphc.add %a, %b : (tensor<?x1xf32>, tensor<3xf32>) -> tensor<?x1xf32>
  return
}

// -----

func.func @sub_c1(%a: tensor<4xf32>, %b: tensor<4xbf16>) {
  // expected-error @below {{expected rhs of 'f32' but got 'bf16'}}
  %0 = graphc.sub %a, %b : (tensor<4xf32>, tensor<4xbf16>) -> tensor<4xf32>
  return
}

// -----

func.func @sub_c1_result(%a: tensor<4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.sub %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @sub_c2(%a: tensor<?x4xf32>, %b: tensor<?x3xf32>) {
  // expected-error @below {{expected shapes that broadcast but got [?, 4] and [?, 3]}}
  %0 = graphc.sub %a, %b : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @sub_c3(%a: tensor<?x1xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{expected result of shape [?, 3] but got [?, 1]}}
  %0 = graphc.sub %a, %b : (tensor<?x1xf32>, tensor<3xf32>) -> tensor<?x1xf32>
  return
}

// -----

func.func @mul_c1(%a: tensor<4xf32>, %b: tensor<4xbf16>) {
  // expected-error @below {{expected rhs of 'f32' but got 'bf16'}}
  %0 = graphc.mul %a, %b : (tensor<4xf32>, tensor<4xbf16>) -> tensor<4xf32>
  return
}

// -----

func.func @mul_c1_result(%a: tensor<4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.mul %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @mul_c2(%a: tensor<?x4xf32>, %b: tensor<?x3xf32>) {
  // expected-error @below {{expected shapes that broadcast but got [?, 4] and [?, 3]}}
  %0 = graphc.mul %a, %b : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @mul_c3(%a: tensor<?x1xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{expected result of shape [?, 3] but got [?, 1]}}
  %0 = graphc.mul %a, %b : (tensor<?x1xf32>, tensor<3xf32>) -> tensor<?x1xf32>
  return
}

// -----

func.func @div_c1(%a: tensor<4xf32>, %b: tensor<4xbf16>) {
  // expected-error @below {{expected rhs of 'f32' but got 'bf16'}}
  %0 = graphc.div %a, %b : (tensor<4xf32>, tensor<4xbf16>) -> tensor<4xf32>
  return
}

// -----

func.func @div_c1_result(%a: tensor<4xf32>) {
  // expected-error @below {{expected result of 'f32' but got 'bf16'}}
  %0 = graphc.div %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @div_c2(%a: tensor<?x4xf32>, %b: tensor<?x3xf32>) {
  // expected-error @below {{expected shapes that broadcast but got [?, 4] and [?, 3]}}
  %0 = graphc.div %a, %b : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @div_c3(%a: tensor<?x1xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{expected result of shape [?, 3] but got [?, 1]}}
  %0 = graphc.div %a, %b : (tensor<?x1xf32>, tensor<3xf32>) -> tensor<?x1xf32>
  return
}

// -----

func.func @scale_c1(%a: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.scale"(%a) {factor = 2.0 : f32} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @rsqrt_c1(%a: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.rsqrt"(%a) {} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @silu_c1(%a: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.silu"(%a) {} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @relu_c1(%a: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.relu"(%a) {} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @tanh_c1(%a: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.tanh"(%a) {} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @gelu_c1(%a: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.gelu"(%a) {form = #graphc.gelu_form<erf>} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}
