// RUN: graphc-opt %s -split-input-file -verify-diagnostics

func.func @rope_c1(%x: tensor<4x?x8xf32>, %t: tensor<9x8xf32>, %s: !graphc.step) {
  // expected-error @below {{all of {input, result} have same type}}
  %0 = "graphc.rope"(%x, %t, %s) : (tensor<4x?x8xf32>, tensor<9x8xf32>, !graphc.step) -> tensor<4x?x8xbf16>
  return
}

// -----

func.func @rope_c2_rows(%x: tensor<4x5x8xf32>, %t: tensor<9x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected last dimensions [?, D] with an even D but got [4, 5, 8]}}
  %0 = graphc.rope %x, %t, %s : tensor<4x5x8xf32>, tensor<9x8xf32>
  return
}

// -----

func.func @rope_c2_odd(%x: tensor<4x?x7xf32>, %t: tensor<9x7xf32>, %s: !graphc.step) {
  // expected-error @below {{expected last dimensions [?, D] with an even D but got [4, ?, 7]}}
  %0 = graphc.rope %x, %t, %s : tensor<4x?x7xf32>, tensor<9x7xf32>
  return
}

// -----

func.func @rope_c3_columns(%x: tensor<4x?x8xf32>, %t: tensor<9x4xf32>, %s: !graphc.step) {
  // expected-error @below {{expected a rope table of type tensor<Cx8xf32> but got 'tensor<9x4xf32>'}}
  %0 = graphc.rope %x, %t, %s : tensor<4x?x8xf32>, tensor<9x4xf32>
  return
}

// -----

func.func @rope_c3_type(%x: tensor<4x?x8xf32>, %t: tensor<9x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected a rope table of type tensor<Cx8xf32> but got 'tensor<9x8xbf16>'}}
  %0 = graphc.rope %x, %t, %s : tensor<4x?x8xf32>, tensor<9x8xbf16>
  return
}

// -----

func.func @soft_cap_c1(%x: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.soft_cap"(%x) {cap = 1.0 : f32} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @soft_cap_c2(%x: tensor<4xf32>) {
  // expected-error @below {{expected a cap of more than 0 but got 0}}
  %0 = graphc.soft_cap %x cap 0.0 : tensor<4xf32>
  return
}

// -----

func.func @mask_c1(%x: tensor<4x?x?xf32>, %s: !graphc.step) {
  // expected-error @below {{all of {input, result} have same type}}
  %0 = "graphc.mask"(%x, %s) : (tensor<4x?x?xf32>, !graphc.step) -> tensor<4x?x?xbf16>
  return
}

// -----

func.func @mask_c2(%x: tensor<4x?x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected last dimensions [?, ?] but got [4, ?, 8]}}
  %0 = graphc.mask causal %x, %s : tensor<4x?x8xf32>
  return
}

// -----

func.func @mask_c3(%x: tensor<4x?x?xf32>, %s: !graphc.step) {
  // expected-error @below {{expected window of at least 1 but got 0}}
  %0 = graphc.mask causal window 0 %x, %s : tensor<4x?x?xf32>
  return
}

// -----

func.func @softmax_c1(%x: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "graphc.softmax"(%x) {axis = 0 : i64} : (tensor<4xf32>) -> tensor<4xbf16>
  return
}

// -----

func.func @softmax_c2(%x: tensor<4xf32>) {
  // expected-error @below {{expected an axis in [0, 1) but got 1}}
  %0 = graphc.softmax %x axis 1 : tensor<4xf32>
  return
}

// -----

func.func @softmax_c2_negative(%x: tensor<4xf32>) {
  // expected-error @below {{expected an axis in [0, 1) but got -1}}
  %0 = graphc.softmax %x axis -1 : tensor<4xf32>
  return
}

// -----

func.func @kv_layer_c1() {
  // expected-error @below {{expected a layer of at least 0 but got -1}}
  %0 = graphc.kv_layer -1 : !graphc.kv_cache<2x8xf32>
  return
}

// -----

func.func @kv_append_c1(%kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step, %k: tensor<4x?x8xf32>, %v: tensor<2x?x8xf32>) {
  // expected-error @below {{expected key of shape [2, ?, 8] but got [4, ?, 8]}}
  graphc.kv_append %kv, %s, %k, %v : !graphc.kv_cache<2x8xbf16>, tensor<4x?x8xf32>, tensor<2x?x8xf32>
  return
}

// -----

func.func @kv_append_c2(%kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step, %k: tensor<2x?x8xf32>, %v: tensor<2x?x16xf32>) {
  // expected-error @below {{expected value of shape [2, ?, 8] but got [2, ?, 16]}}
  graphc.kv_append %kv, %s, %k, %v : !graphc.kv_cache<2x8xbf16>, tensor<2x?x8xf32>, tensor<2x?x16xf32>
  return
}

// -----

func.func @kv_read_c1(%kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected key of shape [2, ?, 8] but got [?, 2, 8]}}
  %0, %1 = graphc.kv_read %kv, %s : !graphc.kv_cache<2x8xbf16> -> tensor<?x2x8xf32>, tensor<2x?x8xf32>
  return
}

// -----

func.func @kv_read_c2(%kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected value of shape [2, ?, 8] but got [2, 8, 8]}}
  %0, %1 = graphc.kv_read %kv, %s : !graphc.kv_cache<2x8xbf16> -> tensor<2x?x8xf32>, tensor<2x8x8xf32>
  return
}

// -----

func.func @kv_read_c3_key(%kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected key of f32 or 'bf16' but got 'f16'}}
  %0, %1 = graphc.kv_read %kv, %s : !graphc.kv_cache<2x8xbf16> -> tensor<2x?x8xf16>, tensor<2x?x8xf32>
  return
}

// -----

func.func @kv_read_c3_value(%kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected value of f32 or 'bf16' but got 'f16'}}
  %0, %1 = graphc.kv_read %kv, %s : !graphc.kv_cache<2x8xbf16> -> tensor<2x?x8xf32>, tensor<2x?x8xf16>
  return
}

// -----

// The numbers of an i8 cache are read in f32: integers alone mean nothing.
func.func @kv_read_c3_i8(%kv: !graphc.kv_cache<2x8xi8>, %s: !graphc.step) {
  // expected-error @below {{expected key of f32 but got 'bf16'}}
  %0, %1 = graphc.kv_read %kv, %s : !graphc.kv_cache<2x8xi8> -> tensor<2x?x8xbf16>, tensor<2x?x8xf32>
  return
}
