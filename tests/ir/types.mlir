// Types and attributes print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

// CHECK-LABEL: func.func private @types
// CHECK-SAME: (!graphc.step, !graphc.kv_cache<4x64xbf16>, !graphc.kv_cache<1x80xf32>, !graphc.kv_cache<2x7xi8>)
func.func private @types(!graphc.step, !graphc.kv_cache<4x64xbf16>, !graphc.kv_cache<1x80xf32>, !graphc.kv_cache<2x7xi8>)

// CHECK-LABEL: func.func private @quantized
// CHECK-SAME: (tensor<8x64x!graphc.quant<i4 : f16, 64>>, tensor<?x64x!graphc.quant<i8 : f32, 32>>)
func.func private @quantized(tensor<8x64x!graphc.quant<i4:f16, 64>>, tensor<?x64x!graphc.quant<i8:f32, 32>>)

// CHECK-LABEL: func.func private @quantized_with_minimum
// CHECK-SAME: (tensor<8x64x!graphc.quant<ui4 : f16, 32>>, tensor<8x256x!graphc.quant<ui8 : f16, 32, 256>>)
func.func private @quantized_with_minimum(tensor<8x64x!graphc.quant<ui4:f16, 32>>, tensor<8x256x!graphc.quant<ui8:f16, 32, 256>>)

// CHECK-LABEL: func.func private @quantized_to_five_and_six_bits
// CHECK-SAME: (tensor<8x64x!graphc.quant<ui5 : f16, 32>>, tensor<8x256x!graphc.quant<i6 : f16, 16, 256>>)
func.func private @quantized_to_five_and_six_bits(tensor<8x64x!graphc.quant<ui5:f16, 32>>, tensor<8x256x!graphc.quant<i6:f16, 16, 256>>)

// CHECK-LABEL: func.func private @quantized_to_nonlinear_integers
// CHECK-SAME: (tensor<8x64x!graphc.quant<i4 of nonlinear : f16, 32>>, tensor<8x256x!graphc.quant<i4 of nonlinear : f16, 32, 256>>)
func.func private @quantized_to_nonlinear_integers(tensor<8x64x!graphc.quant<i4 of nonlinear:f16, 32>>, tensor<8x256x!graphc.quant<i4 of nonlinear:f16, 32, 256>>)

// CHECK-LABEL: func.func private @quantized_in_two_levels
// CHECK-SAME: (tensor<8x256x!graphc.quant<i8 : f16, 16, 256>>, tensor<?x256x!graphc.quant<i8 : f32, 16>>, tensor<?x256x!graphc.quant<i8 : f32, 32, 128>>)
func.func private @quantized_in_two_levels(tensor<8x256x!graphc.quant<i8:f16, 16, 256>>, tensor<?x256x!graphc.quant<i8:f32, 16>>, tensor<?x256x!graphc.quant<i8:f32, 32, 128>>)

// CHECK-LABEL: func.func private @bindings
// CHECK-SAME: arena = #graphc.arena<4096>
// CHECK-SAME: kv = #graphc.kv<3>
// CHECK-SAME: result = #graphc.result
// CHECK-SAME: step = #graphc.step
// CHECK-SAME: weight = #graphc.weight<@attn.qkv, 3>
func.func private @bindings() attributes {
  arena = #graphc.arena<4096>, kv = #graphc.kv<3>, result = #graphc.result, step = #graphc.step,
  weight = #graphc.weight<@attn.qkv, 3>}

// CHECK-LABEL: func.func private @enums
// CHECK-SAME: activations = [#graphc.activation<silu>, #graphc.activation<gelu_tanh>, #graphc.activation<gelu_erf>, #graphc.activation<relu>]
// CHECK-SAME: forms = [#graphc.gelu_form<erf>, #graphc.gelu_form<tanh>]
func.func private @enums() attributes {
  activations = [#graphc.activation<silu>, #graphc.activation<gelu_tanh>, #graphc.activation<gelu_erf>, #graphc.activation<relu>],
  forms = [#graphc.gelu_form<erf>, #graphc.gelu_form<tanh>]}

// CHECK-LABEL: func.func @dims
// CHECK-SAME: %{{.*}}: tensor<?x4xf32> {graphc.dims = ["R"]}
// CHECK-SAME: %{{.*}}: tensor<2x?x?xf32> {graphc.dims = ["T", "S"]}
func.func @dims(%a: tensor<?x4xf32> {graphc.dims = ["R"]},
                %b: tensor<2x?x?xf32> {graphc.dims = ["T", "S"]}) {
  return
}
