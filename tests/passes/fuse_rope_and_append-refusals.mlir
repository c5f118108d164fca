// What fuse-rope-and-append refuses, and why. Every projection here is whole but for one thing.
// RUN: graphc-opt %s --graphc-fuse-rope-and-append --split-input-file --verify-diagnostics | FileCheck %s
// CHECK-NOT: graphc.fused_qkv
// CHECK-NOT: graphc.append_qkv

func.func @keys_of_heads_normalised(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %g: tensor<16xf32>) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %kn = graphc.rms_norm %k2, %g eps 1.0e-05 : tensor<2x?x16xf32>, tensor<16xf32>
  %k = graphc.rope %kn, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: only one of queries and keys is normalised}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @queries_of_heads_normalised(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %g: tensor<16xf32>) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %qn = graphc.rms_norm %q2, %g eps 1.0e-05 : tensor<4x?x16xf32>, tensor<16xf32>
  %q = graphc.rope %qn, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: only one of queries and keys is normalised}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @values_not_split(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %v: tensor<2x?x16xf32>) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  // expected-remark @below {{not fused: values come from a function argument and not from rows split into heads}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @not_joined(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %wk: tensor<32x64xf32>) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.linear %x, %wk : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: the projection is not split into queries, keys and values}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @two_projections(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %5 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %5 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: the projection is not split into queries, keys and values}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @rows_used_twice(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> (tensor<4x?x16xf32>, tensor<?x32xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: keys are not split into heads, or their rows have a second user}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q, %k0 : tensor<4x?x16xf32>, tensor<?x32xf32>
}

// -----

func.func @keys_used_twice(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> (tensor<4x?x16xf32>, tensor<2x?x16xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: keys have a second user}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q, %k : tensor<4x?x16xf32>, tensor<2x?x16xf32>
}

// -----

func.func @projection_used(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> (tensor<4x?x16xf32>, tensor<?x128xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: the projection is not split into queries, keys and values}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q, %0 : tensor<4x?x16xf32>, tensor<?x128xf32>
}

// -----

func.func @queries_not_split(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: queries are not split into heads, or their rows have a second user}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q0 : tensor<?x64xf32>
}

// -----

func.func @rounded_before_rope(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<4x?x16xbf16> {
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xbf16>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xbf16> -> tensor<?x64xbf16>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xbf16> -> tensor<?x32xbf16>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xbf16> -> tensor<?x32xbf16>
  %q1 = graphc.reshape %q0 : tensor<?x64xbf16> -> tensor<?x4x16xbf16>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xbf16> -> tensor<4x?x16xbf16>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xbf16>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xbf16> -> tensor<?x2x16xbf16>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xbf16> -> tensor<2x?x16xbf16>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xbf16>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xbf16> -> tensor<?x2x16xbf16>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xbf16> -> tensor<2x?x16xbf16>
  // expected-remark @below {{not fused: the projection is rounded before rope}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xbf16>, tensor<2x?x16xbf16>
  return %q : tensor<4x?x16xbf16>
}

// -----

func.func @values_rotated(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v2 = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %v = graphc.rope %v2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  // expected-remark @below {{not fused: the values are rotated}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @only_keys_rotated(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: only one of queries and keys is rotated}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q2 : tensor<4x?x16xf32>
}

// -----

func.func @two_tables(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %other: tensor<128x16xf32>) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %other, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: queries and keys are rotated by different tables or steps}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @two_steps(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %other: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %other : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: queries and keys are rotated by different tables or steps}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @mixed_types(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<4x?x16xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k16 = graphc.cast %k : tensor<2x?x16xf32> -> tensor<2x?x16xbf16>
  // expected-remark @below {{not fused: mixed types: what is appended is rounded to another type than the cache's}}
  graphc.kv_append %kv, %step, %k16, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xbf16>, tensor<2x?x16xf32>
  return %q : tensor<4x?x16xf32>
}

// -----

func.func @used_before_append(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %o = graphc.flash_attention %q, %kv, %step causal scale 0.25 : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
  // expected-remark @below {{not fused: the queries are used before keys and values are appended}}
  graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %o : tensor<?x64xf32>
}

// -----

// Queries in heads of 32, keys in heads of 16.
func.func @other_head_size(%x: tensor<?x64xf32>, %w: tensor<128x64xf32>, %table: tensor<128x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<2x?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %q0 = graphc.slice %0 axis 1 [0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
  %k0 = graphc.slice %0 axis 1 [64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
  %v0 = graphc.slice %0 axis 1 [96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x2x32xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x2x32xf32> -> tensor<2x?x32xf32>
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  // expected-remark @below {{not fused: expected heads of 16 numbers but got 32}}
  graphc.kv_append %kv, %step, %k2, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  return %q2 : tensor<2x?x32xf32>
}
