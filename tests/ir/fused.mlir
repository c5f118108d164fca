// Fused ops print as they are read.
// RUN: graphc-opt %s | graphc-opt | FileCheck %s

// CHECK-LABEL: func.func @prepare_rows
func.func @prepare_rows(%x: tensor<?x63xf32>, %g: tensor<63xf32>) {
  // CHECK: graphc.prepare_rows %{{.*}} : (tensor<?x63xf32>) -> tensor<?x64xbf16>
  %0 = graphc.prepare_rows %x : (tensor<?x63xf32>) -> tensor<?x64xbf16>
  // CHECK: graphc.prepare_rows %{{.*}} rms(1.0) gamma(%{{.*}}) : (tensor<?x63xf32>, tensor<63xf32>) -> (tensor<?x64xbf16>, tensor<?xf32>)
  %1, %2 = graphc.prepare_rows %x rms(1.0) gamma(%g) : (tensor<?x63xf32>, tensor<63xf32>) -> (tensor<?x64xbf16>, tensor<?xf32>)
  return
}

// CHECK-LABEL: func.func @fused_linear
func.func @fused_linear(%x: tensor<?x64xf32>, %w: tensor<80x64xbf16>, %g: tensor<64xf32>, %r: tensor<?xf32>,
                        %b: tensor<80xf32>, %p: tensor<4x32x32x2xbf16>, %bp: tensor<128xbf16>, %y: tensor<?x40xf32>) {
  // CHECK: graphc.fused_linear %{{.*}}, %{{.*}} : (tensor<?x64xf32>, tensor<80x64xbf16>) -> tensor<?x80xbf16>
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<80x64xbf16>) -> tensor<?x80xbf16>
  // CHECK: graphc.fused_linear %{{.*}}, %{{.*}} rms(1.0) gamma(%{{.*}}) bias(%{{.*}}) gate(silu) residual(%{{.*}}) :
  %1 = graphc.fused_linear %x, %w rms(1.0) gamma(%g) bias(%b) gate(silu) residual(%y)
       : (tensor<?x64xf32>, tensor<80x64xbf16>, tensor<64xf32>, tensor<80xf32>, tensor<?x40xf32>) -> tensor<?x40xf32>
  // 2 * 40 rows in halves of 40, padded to 48: 3 panels; packed without a gate 80 rows are 3 panels too.
  // CHECK: graphc.fused_linear %{{.*}}, %{{.*}} row_factor(%{{.*}}) bias(%{{.*}}) gate(gelu_tanh) :
  %2 = graphc.fused_linear %x, %p row_factor(%r) bias(%bp) gate(gelu_tanh)
       : (tensor<?x64xf32>, tensor<4x32x32x2xbf16>, tensor<?xf32>, tensor<128xbf16>) -> tensor<?x50xf32>
  return
}

// CHECK-LABEL: func.func @fused_qkv
func.func @fused_qkv(%x: tensor<?x64xf32>, %w: tensor<64x64xbf16>, %g: tensor<64xf32>, %b: tensor<64xf32>, %r: tensor<?xf32>,
                     %t: tensor<99x8xf32>, %p: tensor<8x32x32x2xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // CHECK: graphc.fused_qkv %{{.*}}, %{{.*}} rms(1.0) gamma(%{{.*}}) bias(%{{.*}}) rope(%{{.*}}) append(%{{.*}}, %{{.*}}) :
  %0 = graphc.fused_qkv %x, %w rms(1.0) gamma(%g) bias(%b) rope(%t) append(%kv, %s)
       : (tensor<?x64xf32>, tensor<64x64xbf16>, tensor<64xf32>, tensor<64xf32>, tensor<99x8xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step)
       -> tensor<4x?x8xbf16>
  // CHECK: graphc.fused_qkv %{{.*}}, %{{.*}} row_factor(%{{.*}}) append(%{{.*}}, %{{.*}}) :
  %1 = graphc.fused_qkv %x, %p row_factor(%r) append(%kv, %s)
       : (tensor<?x64xf32>, tensor<8x32x32x2xbf16>, tensor<?xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// CHECK-LABEL: func.func @layer_norm_and_functions
func.func @layer_norm_and_functions(%x: tensor<?x64xf32>, %w: tensor<40x64xbf16>, %g: tensor<64xf32>, %b: tensor<64xf32>, %y: tensor<?x40xf32>) {
  // CHECK: graphc.prepare_rows %{{.*}} layer_norm(1.0) gamma(%{{.*}}) beta(%{{.*}}) : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xbf16>
  %0 = graphc.prepare_rows %x layer_norm(1.0) gamma(%g) beta(%b) : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xbf16>
  // CHECK: graphc.prepare_rows %{{.*}} layer_norm(1.0) : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = graphc.prepare_rows %x layer_norm(1.0) : (tensor<?x64xf32>) -> tensor<?x64xf32>
  // CHECK: graphc.fused_linear %{{.*}}, %{{.*}} layer_norm(1.0) gamma(%{{.*}}) beta(%{{.*}}) act(relu) residual(%{{.*}}) :
  %2 = graphc.fused_linear %x, %w layer_norm(1.0) gamma(%g) beta(%b) act(relu) residual(%y)
       : (tensor<?x64xf32>, tensor<40x64xbf16>, tensor<64xf32>, tensor<64xf32>, tensor<?x40xf32>) -> tensor<?x40xf32>
  // CHECK: graphc.fused_linear %{{.*}}, %{{.*}} cap(30.0) :
  %3 = graphc.fused_linear %x, %w cap(30.0) : (tensor<?x64xf32>, tensor<40x64xbf16>) -> tensor<?x40xf32>
  return
}

// CHECK-LABEL: func.func @append_qkv
func.func @append_qkv(%z: tensor<?x96xf32>, %v: tensor<?x40xbf16>, %g: tensor<8xf32>, %t: tensor<99x4xf32>, %kv: !graphc.kv_cache<2x8xi8>, %s: !graphc.step) {
  // CHECK: graphc.append_qkv %[[Z:.*]][0], %[[Z]][80], %[[V:.*]][24] head_norm(1.0e-06, %{{.*}}, %{{.*}}) rope(%{{.*}}) append(%{{.*}}, %{{.*}}) :
  %0 = graphc.append_qkv %z[0], %z[80], %v[24] head_norm(1.0e-06, %g, %g) rope(%t) append(%kv, %s)
       : (tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x40xbf16>, tensor<8xf32>, tensor<8xf32>, tensor<99x4xf32>, !graphc.kv_cache<2x8xi8>, !graphc.step)
       -> tensor<4x?x8xbf16>
  // CHECK: graphc.append_qkv %[[Z]][0], %[[Z]][32], %[[Z]][48] append(%{{.*}}, %{{.*}}) :
  %1 = graphc.append_qkv %z[0], %z[32], %z[48] append(%kv, %s)
       : (tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>, !graphc.kv_cache<2x8xi8>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// CHECK-LABEL: func.func @norm_add
func.func @norm_add(%x: tensor<?x64xf32>, %g: tensor<64xf32>, %h: tensor<?x64xf32>) {
  // CHECK: graphc.norm_add %[[X:.*]], %[[G:.*]] eps 1.0e-06 residual(%[[H:.*]]) : tensor<?x64xf32>, tensor<64xf32>
  %0 = graphc.norm_add %x, %g eps 1.0e-06 residual(%h) : tensor<?x64xf32>, tensor<64xf32>
  return
}

// CHECK-LABEL: func.func @flash_attention
func.func @flash_attention(%q: tensor<4x?x8xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // CHECK: graphc.flash_attention %[[Q:.*]], %[[KV:.*]], %[[S:.*]] causal scale 0.25 : tensor<4x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf32>
  %0 = graphc.flash_attention %q, %kv, %s causal scale 0.25 : tensor<4x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf32>
  // CHECK: graphc.flash_attention %[[Q]], %[[KV]], %[[S]] causal window 7 scale 0.25 cap 50.0 :
  %1 = graphc.flash_attention %q, %kv, %s causal window 7 scale 0.25 cap 50.0 : tensor<4x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xbf16>
  return
}
