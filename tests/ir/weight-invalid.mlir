// RUN: graphc-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expected layers of at least 1 but got 0}}
graphc.weight @weight_c1[%l in 0] : tensor<4xf32> {
  %0 = graphc.checkpoint "a"[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----
// expected-error @below {{expected at most 65536 layers but got 65537}}
graphc.weight @weight_c1[%l in 65537] : tensor<4xf32> {
  %0 = graphc.checkpoint "a"[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

// expected-error @below {{expected a static type but got 'tensor<?xf32>'}}
graphc.weight @weight_c2[%l in 1] : tensor<?xf32> {
  %0 = graphc.checkpoint "a"[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

// expected-error @below {{expected one argument of type index but got ('i32')}}
"graphc.weight"() ({
^bb0(%l: i32):
  %0 = graphc.constant dense<0.0> : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}) {sym_name = "weight_c3", layers = 1 : i64, type = tensor<4xf32>} : () -> ()

// -----

graphc.weight @weight_c4_dialect[%l in 1] : tensor<4xf32> {
  // expected-error @below {{expected an op that computes tensors from tensors alone in the expression of weight @weight_c4_dialect but got this}}
  %0 = arith.constant dense<0.0> : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

graphc.weight @weight_c4_cache[%l in 1] : tensor<4xf32> {
  // expected-error @below {{expected an op that computes tensors from tensors alone}}
  %kv = graphc.kv_layer 0 : !graphc.kv_cache<2x8xf32>
  %0 = graphc.constant dense<0.0> : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

// expected-error @below {{expected graphc.yield of one value of type 'tensor<4xf32>' but got graphc.yield of ('tensor<5xf32>')}}
graphc.weight @weight_c5[%l in 1] : tensor<4xf32> {
  %0 = graphc.constant dense<0.0> : tensor<5xf32>
  graphc.yield %0 : tensor<5xf32>
}

// -----

func.func @yield_c1() {
  // expected-error @below {{expects parent op to be one of 'graphc.weight, graphc.kernel'}}
  graphc.yield
}

// -----

func.func @param_c1(%l: index) {
  // expected-error @below {{expected a graphc.weight named @w but got none}}
  %0 = graphc.param @w[%l] : tensor<4xf32>
  return
}

// -----

func.func @param_c1_function(%l: index) {
  // expected-error @below {{expected a graphc.weight named @param_c1_function but got none}}
  %0 = graphc.param @param_c1_function[%l] : tensor<4xf32>
  return
}

// -----

graphc.weight @w[%l in 2] : tensor<4xf32> {
  %0 = graphc.checkpoint "a"[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}
func.func @param_c2(%l: index) {
  // expected-error @below {{expected the weight's type 'tensor<4xf32>' but got 'tensor<4xbf16>'}}
  %0 = graphc.param @w[%l] : tensor<4xbf16>
  return
}

// -----

graphc.weight @w[%l in 2] : tensor<4xf32> {
  %0 = graphc.checkpoint "a"[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}
func.func @param_c3() {
  %two = arith.constant 2 : index
  // expected-error @below {{expected a layer in [0, 2) but got 2}}
  %0 = graphc.param @w[%two] : tensor<4xf32>
  return
}

// -----

graphc.weight @param_c4[%l in 2] : tensor<4xf32> {
  // expected-error @below {{expected weights that do not refer to each other in a circle but @param_c4 needs @param_c4}}
  %0 = graphc.param @param_c4[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

// One of the two is reported.
graphc.weight @param_c4_a[%l in 2] : tensor<4xf32> {
  %0 = graphc.param @param_c4_b[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}
graphc.weight @param_c4_b[%l in 2] : tensor<4xf32> {
  // expected-error @below {{expected weights that do not refer to each other in a circle but @param_c4_a needs @param_c4_b}}
  %0 = graphc.param @param_c4_a[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

func.func @checkpoint_c1(%l: index) {
  // expected-error @below {{expects parent op 'graphc.weight'}}
  %0 = graphc.checkpoint "a"[%l] : tensor<4xf32>
  return
}

// -----

graphc.weight @checkpoint_c2_empty[%l in 1] : tensor<4xf32> {
  // expected-error @below {{expected a tensor name with no braces but {layer} but got ""}}
  %0 = graphc.checkpoint ""[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

graphc.weight @checkpoint_c2_braces[%l in 1] : tensor<4xf32> {
  // expected-error @below {{expected a tensor name with no braces but {layer} but got "model.{expert}.w"}}
  %0 = graphc.checkpoint "model.{expert}.w"[%l] : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

graphc.weight @checkpoint_c3[%l in 1] : tensor<4xf32> {
  // expected-error @below {{expected a static type but got 'tensor<?xf32>'}}
  %0 = graphc.checkpoint "a"[%l] : tensor<?xf32>
  graphc.yield %0 : tensor<?xf32>
}

// -----

func.func @rope_table_c1() {
  // expected-error @below {{expected a static matrix of f32 but got 'tensor<8x4xbf16>'}}
  %0 = graphc.rope_table [1.0, 0.1] : tensor<8x4xbf16>
  return
}

// -----

func.func @rope_table_c2() {
  // expected-error @below {{expected a result of 4 columns for 2 inverse frequencies but got 2}}
  %0 = graphc.rope_table [1.0, 0.1] : tensor<8x2xf32>
  return
}

// -----

func.func @pack_c1_rank(%x: tensor<2x8x4xf32>) {
  // expected-error @below {{expected a static matrix or vector of f32, bf16 or f16, or a matrix of quantized numbers, but got 'tensor<2x8x4xf32>'}}
  %0 = graphc.pack %x : tensor<2x8x4xf32> -> tensor<1x4x32x1xf32>
  return
}

// -----

func.func @pack_c2(%x: tensor<10x4xf32>) {
  // expected-error @below {{expected rows that are a multiple of 2 groups but got 10 rows and 2 groups}}
  %0 = graphc.pack %x groups 2 : tensor<10x4xf32> -> tensor<2x4x32x1xf32>
  return
}

// -----

func.func @pack_c2_negative(%x: tensor<10x4xf32>) {
  // expected-error @below {{expected rows that are a multiple of 2 groups but got 10 rows and -1 groups}}
  %0 = graphc.pack %x groups -1 : tensor<10x4xf32> -> tensor<1x4x32x1xf32>
  return
}

// -----

func.func @pack_c3(%x: tensor<8x5xbf16>) {
  // expected-error @below {{expected a result of type 'tensor<1x3x32x2xbf16>' but got 'tensor<1x5x32x1xbf16>'}}
  %0 = graphc.pack %x : tensor<8x5xbf16> -> tensor<1x5x32x1xbf16>
  return
}

// -----

func.func @pack_c3_vector(%x: tensor<33xf32>) {
  // expected-error @below {{expected a result of type 'tensor<64xf32>' but got 'tensor<33xf32>'}}
  %0 = graphc.pack %x : tensor<33xf32> -> tensor<33xf32>
  return
}

// -----

func.func @quantize_c1(%w: tensor<64xf32>) {
  // expected-error @below {{expected a static matrix but got 'tensor<64xf32>'}}
  %0 = graphc.quantize search %w : tensor<64xf32> -> tensor<64x!graphc.quant<i8:f16, 32>>
  return
}

// -----

func.func @quantize_c2_shape(%w: tensor<4x64xf32>) {
  // expected-error @below {{expected a result of shape [4, 64] of a quant type of weights but got}}
  %0 = graphc.quantize search %w : tensor<4x64xf32> -> tensor<4x32x!graphc.quant<i8:f16, 32>>
  return
}

// -----

func.func @quantize_c2_type(%w: tensor<4x64xf32>) {
  // expected-error @below {{of a quant type of weights but got}}
  %0 = graphc.quantize search %w : tensor<4x64xf32> -> tensor<4x64x!graphc.quant<i8:f32, 32>>
  return
}

// -----

func.func @quantize_c2_levels(%w: tensor<4x64xf32>) {
  // expected-error @below {{of a quant type of weights but got}}
  %0 = graphc.quantize search %w : tensor<4x64xf32> -> tensor<4x64x!graphc.quant<i8:f16, 32, 64>>
  return
}

// -----

func.func @quantize_c2_minimum(%w: tensor<4x64xf32>) {
  // expected-error @below {{of a quant type of weights but got}}
  %0 = graphc.quantize search %w : tensor<4x64xf32> -> tensor<4x64x!graphc.quant<ui8:f16, 32>>
  return
}

// -----

func.func @quantize_c2_bits(%w: tensor<4x64xf32>) {
  // expected-error @below {{of a quant type of weights but got}}
  %0 = graphc.quantize search %w : tensor<4x64xf32> -> tensor<4x64x!graphc.quant<i6:f16, 32>>
  return
}

// -----

func.func @quantize_c2_nonlinear(%w: tensor<4x64xf32>) {
  // expected-error @below {{of a quant type of weights but got}}
  %0 = graphc.quantize search %w : tensor<4x64xf32> -> tensor<4x64x!graphc.quant<i4 of nonlinear:f16, 32>>
  return
}

// -----

func.func @pack_c1_quant(%w: tensor<64x!graphc.quant<i8:f16, 32>>) {
  // expected-error @below {{expected a static matrix or vector of f32, bf16 or f16, or a matrix of quantized numbers, but got}}
  %0 = graphc.pack %w : tensor<64x!graphc.quant<i8:f16, 32>> -> tensor<64x!graphc.quant<i8:f16, 32>>
  return
}

// -----

func.func @cast_c2_rows(%x: tensor<?x64x!graphc.quant<i8:f32, 32>>) {
  // expected-error @below {{expected f32 of a weight's quantized numbers but got}}
  %0 = graphc.cast %x : tensor<?x64x!graphc.quant<i8:f32, 32>> -> tensor<?x64xf32>
  return
}

// -----

func.func @cast_c2_result(%w: tensor<32x64x!graphc.quant<i8:f16, 32>>) {
  // expected-error @below {{expected f32 of a weight's quantized numbers but got}}
  %0 = graphc.cast %w : tensor<32x64x!graphc.quant<i8:f16, 32>> -> tensor<32x64xbf16>
  return
}
