// A whole network of the Llama family through all passes.
//
// RUN: graphc-opt %s --graphc-fuse-pipeline | FileCheck %s --check-prefix=FUSED --implicit-check-not=graphc.softmax
// RUN: graphc-opt %s --graphc-fuse-pipeline="dtype=bf16 kv-cache=bf16" | FileCheck %s --check-prefix=BF16
// RUN: graphc-opt %s --graphc-fuse-pipeline --graphc-plan-pipeline | FileCheck %s --check-prefix=PLAN
// RUN: graphc-opt %s --graphc-fuse-pipeline="optimize=false dtype=bf16 kv-cache=bf16" --graphc-plan-pipeline="optimize=false" | FileCheck %s --check-prefix=O0
//
// Any pass that may be left out can be left out.
// RUN: graphc-opt %s --graphc-fuse-pipeline=disable-pass=fuse-attention --graphc-plan-pipeline | FileCheck %s --check-prefix=NO-ATTENTION
// RUN: graphc-opt %s --graphc-fuse-pipeline=disable-pass=join-matmuls --graphc-plan-pipeline | FileCheck %s --check-prefix=NO-JOIN
// RUN: graphc-opt %s --graphc-fuse-pipeline=disable-pass=fuse-norm-into-matmul --graphc-plan-pipeline | FileCheck %s --check-prefix=NO-NORM
// RUN: graphc-opt %s --graphc-fuse-pipeline=disable-pass=fuse-epilogue --graphc-plan-pipeline | FileCheck %s --check-prefix=NO-EPILOGUE
// RUN: graphc-opt %s --graphc-fuse-pipeline=disable-pass=fuse-rope-and-append --graphc-plan-pipeline | FileCheck %s --check-prefix=NO-ROPE
// RUN: graphc-opt %s --graphc-fuse-pipeline=disable-pass=raise-rms-norm,canonicalize,cse --graphc-plan-pipeline=disable-pass=plan-memory | FileCheck %s --check-prefix=NO-OTHERS
// RUN: not graphc-opt %s --graphc-plan-pipeline=disable-pass=lower-to-plan 2>&1 | FileCheck %s --check-prefix=NEEDED
// RUN: not graphc-opt %s --graphc-fuse-pipeline=disable-pass=fuse-atention 2>&1 | FileCheck %s --check-prefix=UNKNOWN
//
// NEEDED: pass 'lower-to-plan' cannot be disabled: no plan without it
// UNKNOWN: no pass is named 'fuse-atention'; expected one of raise-rms-norm, fuse-attention,

// Five ops in a layer, one for the head.
// FUSED-LABEL: func.func private @decoder
// FUSED-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[STEP:.+]]: !graphc.step, %[[KV:.+]]: !graphc.kv_cache<2x16xf32>, %[[L:.+]]: index)
// FUSED: %[[QKV:.+]] = graphc.param @attn.qkv[%[[L]]] : tensor<128x64xf32>
// FUSED: %[[Q:.+]] = graphc.fused_qkv %[[X]], %[[QKV]] rms({{.+}}) gamma(%{{.+}}) rope(%{{.+}}) append(%[[KV]], %[[STEP]])
// FUSED: %[[A:.+]] = graphc.flash_attention %[[Q]], %[[KV]], %[[STEP]] causal scale 0.25
// FUSED: %[[H:.+]] = graphc.fused_linear %[[A]], %{{.+}} residual(%[[X]])
// FUSED: %[[GU:.+]] = graphc.param @mlp.gate_up[%[[L]]] : tensor<192x64xf32>
// FUSED: %[[M:.+]] = graphc.fused_linear %[[H]], %[[GU]] rms({{.+}}) gamma(%{{.+}}) gate({{ ?}}silu)
// FUSED: %[[Y:.+]] = graphc.fused_linear %[[M]], %{{.+}} residual(%[[H]])
// FUSED-NEXT: return %[[Y]]
// FUSED-LABEL: func.func @step
// FUSED: graphc.select_rows
// FUSED: graphc.fused_linear %{{.+}}, %{{.+}} rms({{.+}}) gamma(%{{.+}})
// FUSED-NEXT: return

// BF16-LABEL: func.func private @decoder
// BF16-NOT: graphc.cast
// BF16: graphc.fused_qkv {{.+}} -> tensor<4x?x16xbf16>
// BF16-NOT: graphc.cast
// BF16: return

// PLAN-COUNT-10: graphc.kernel
// PLAN-NOT: graphc.kernel
// PLAN: graphc.plan @step
// PLAN-NEXT: "embed" @embedding_64_f32
// PLAN-NEXT: "layer 0 attn.qkv rows" @prepare_rows_64_f32_rms
// PLAN-NEXT: "layer 0 attn.qkv" @fused_qkv_64x128_f32 [#graphc.arena<{{.+}}>, #graphc.weight<@attn.qkv, 0>, #graphc.arena<{{.+}}>, #graphc.weight<@rope, 0>, #graphc.kv<0>, #graphc.step, #graphc.arena<{{.+}}>]
// PLAN-NEXT: "layer 0 flash_attention" @flash_attention_4x2x16_f32
// PLAN-NEXT: "layer 0 attn.o" @fused_linear_64x64_f32_add
// PLAN-NEXT: "layer 0 mlp.gate_up rows" @prepare_rows_64_f32_rms
// PLAN-NEXT: "layer 0 mlp.gate_up" @fused_linear_64x192_f32_silu
// PLAN-NEXT: "layer 0 mlp.down" @fused_linear_96x64_f32_add
// PLAN-NEXT: "layer 1 attn.qkv rows" @prepare_rows_64_f32_rms
// PLAN: "head" @fused_linear_64x100_f32 {{.+}} #graphc.result]

// O0: graphc.plan
// O0: "layer 0 rms_norm"
// O0-NEXT: "layer 0 attn.q rows" @prepare_rows_64_bf16
// O0-NEXT: "layer 0 attn.q" @fused_linear_64x64_bf16
// O0-NEXT: "layer 0 transpose"
// O0-NEXT: "layer 0 rope"
// O0: "layer 0 kv_append"
// O0-NEXT: "layer 0 kv_read"
// O0: "layer 0 softmax"

// NO-ATTENTION: graphc.dispatch "layer 0 attn.qkv" @fused_qkv
// NO-ATTENTION: graphc.dispatch "layer 0 softmax"
// NO-JOIN: graphc.dispatch "layer 0 attn.q rows"
// NO-JOIN-NEXT: graphc.dispatch "layer 0 attn.q"
// NO-JOIN: graphc.dispatch "layer 0 attn.k"
// NO-JOIN: graphc.dispatch "layer 0 flash_attention"
// NO-NORM: graphc.dispatch "layer 0 rms_norm"
// NO-NORM: graphc.dispatch "layer 0 attn.qkv" @fused_qkv
// NO-EPILOGUE: graphc.dispatch "layer 0 add"
// NO-EPILOGUE: graphc.dispatch "layer 0 silu"
// NO-ROPE: graphc.dispatch "layer 0 attn.qkv" @fused_linear
// NO-ROPE: graphc.dispatch "layer 0 rope"
// NO-ROPE: graphc.dispatch "layer 0 flash_attention"
// NO-OTHERS: graphc.dispatch "layer 0 attn.qkv" @fused_qkv
// NO-OTHERS: graphc.dispatch "layer 0 flash_attention"

module attributes {graphc.max_tokens = 16 : i64, graphc.context = 128 : i64} {
graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "model.embed_tokens.weight"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.weight @attn.norm[%layer in 2] : tensor<64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.input_layernorm.weight"[%layer] : tensor<64xf32>
  graphc.yield %0 : tensor<64xf32>
}
graphc.weight @attn.q[%layer in 2] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.self_attn.q_proj.weight"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @attn.k[%layer in 2] : tensor<32x64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.self_attn.k_proj.weight"[%layer] : tensor<32x64xf32>
  graphc.yield %0 : tensor<32x64xf32>
}
graphc.weight @attn.v[%layer in 2] : tensor<32x64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.self_attn.v_proj.weight"[%layer] : tensor<32x64xf32>
  graphc.yield %0 : tensor<32x64xf32>
}
graphc.weight @attn.o[%layer in 2] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.self_attn.o_proj.weight"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @mlp.norm[%layer in 2] : tensor<64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.post_attention_layernorm.weight"[%layer] : tensor<64xf32>
  graphc.yield %0 : tensor<64xf32>
}
graphc.weight @mlp.gate[%layer in 2] : tensor<96x64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.mlp.gate_proj.weight"[%layer] : tensor<96x64xf32>
  graphc.yield %0 : tensor<96x64xf32>
}
graphc.weight @mlp.up[%layer in 2] : tensor<96x64xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.mlp.up_proj.weight"[%layer] : tensor<96x64xf32>
  graphc.yield %0 : tensor<96x64xf32>
}
graphc.weight @mlp.down[%layer in 2] : tensor<64x96xf32> {
  %0 = graphc.checkpoint "model.layers.{layer}.mlp.down_proj.weight"[%layer] : tensor<64x96xf32>
  graphc.yield %0 : tensor<64x96xf32>
}
graphc.weight @norm[%layer in 1] : tensor<64xf32> {
  %0 = graphc.checkpoint "model.norm.weight"[%layer] : tensor<64xf32>
  graphc.yield %0 : tensor<64xf32>
}
graphc.weight @head[%layer in 1] : tensor<100x64xf32> {
  %0 = graphc.checkpoint "lm_head.weight"[%layer] : tensor<100x64xf32>
  graphc.yield %0 : tensor<100x64xf32>
}
graphc.weight @rope[%layer in 1] : tensor<128x16xf32> {
  %0 = graphc.rope_table [1.000000000, 0.316227766, 0.100000000, 0.031622777, 0.010000000, 0.003162278, 0.001000000, 0.000316228] : tensor<128x16xf32>
  graphc.yield %0 : tensor<128x16xf32>
}
func.func private @decoder(%x: tensor<?x64xf32>, %step: !graphc.step, %kv: !graphc.kv_cache<2x16xf32>, %layer: index) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %table = graphc.param @rope[%c0] : tensor<128x16xf32>
  %an = graphc.param @attn.norm[%layer] : tensor<64xf32>
  %n = graphc.rms_norm %x, %an eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %wq = graphc.param @attn.q[%layer] : tensor<64x64xf32>
  %q0 = graphc.linear %n, %wq : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32> loc("q0")
  %q1 = graphc.reshape %q0 : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q2 = graphc.transpose %q1 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %q3 = graphc.rope %q2, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
  %wk = graphc.param @attn.k[%layer] : tensor<32x64xf32>
  %k0 = graphc.linear %n, %wk : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32> loc("k0")
  %k1 = graphc.reshape %k0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %k2 = graphc.transpose %k1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  %k3 = graphc.rope %k2, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
  %wv = graphc.param @attn.v[%layer] : tensor<32x64xf32>
  %v0 = graphc.linear %n, %wv : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32> loc("v0")
  %v1 = graphc.reshape %v0 : tensor<?x32xf32> -> tensor<?x2x16xf32>
  %v2 = graphc.transpose %v1 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %k3, %v2 : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %kk, %vv = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %kr = graphc.repeat %kk axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
  %vr = graphc.repeat %vv axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
  %s0 = graphc.batch_matmul %q3, %kr transpose_b : (tensor<4x?x16xf32>, tensor<4x?x16xf32>) -> tensor<4x?x?xf32>
  %s1 = graphc.scale %s0 by 0.25 : tensor<4x?x?xf32>
  %s2 = graphc.mask causal %s1, %step : tensor<4x?x?xf32>
  %pr = graphc.softmax %s2 axis 2 : tensor<4x?x?xf32>
  %o0 = graphc.batch_matmul %pr, %vr : (tensor<4x?x?xf32>, tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %o1 = graphc.transpose %o0 [1, 0, 2] : tensor<4x?x16xf32> -> tensor<?x4x16xf32>
  %o2 = graphc.reshape %o1 : tensor<?x4x16xf32> -> tensor<?x64xf32>
  %wo = graphc.param @attn.o[%layer] : tensor<64x64xf32>
  %o3 = graphc.linear %o2, %wo : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32> loc("o3")
  %h = graphc.add %x, %o3 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %mn = graphc.param @mlp.norm[%layer] : tensor<64xf32>
  %m = graphc.rms_norm %h, %mn eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %wg = graphc.param @mlp.gate[%layer] : tensor<96x64xf32>
  %wu = graphc.param @mlp.up[%layer] : tensor<96x64xf32>
  %wd = graphc.param @mlp.down[%layer] : tensor<64x96xf32>
  %g = graphc.linear %m, %wg : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32> loc("g")
  %u = graphc.linear %m, %wu : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32> loc("u")
  %ga = graphc.silu %g : tensor<?x96xf32>
  %a = graphc.mul %ga, %u : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %d = graphc.linear %a, %wd : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32> loc("d")
  %y = graphc.add %h, %d : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
func.func @step(%step: !graphc.step) -> tensor<?x100xf32> {
  %c0 = arith.constant 0 : index
  %e = graphc.param @embed[%c0] : tensor<100x64xf32>
  %x0 = graphc.embedding %e, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  %l0 = arith.constant 0 : index
  %kv0 = graphc.kv_layer 0 : !graphc.kv_cache<2x16xf32>
  %x1 = func.call @decoder(%x0, %step, %kv0, %l0) : (tensor<?x64xf32>, !graphc.step, !graphc.kv_cache<2x16xf32>, index) -> tensor<?x64xf32>
  %l1 = arith.constant 1 : index
  %kv1 = graphc.kv_layer 1 : !graphc.kv_cache<2x16xf32>
  %x2 = func.call @decoder(%x1, %step, %kv1, %l1) : (tensor<?x64xf32>, !graphc.step, !graphc.kv_cache<2x16xf32>, index) -> tensor<?x64xf32>
  %r = graphc.select_rows %x2, %step : tensor<?x64xf32> -> tensor<?x64xf32>
  %nw = graphc.param @norm[%c0] : tensor<64xf32>
  %n = graphc.rms_norm %r, %nw eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
  %hw = graphc.param @head[%c0] : tensor<100x64xf32>
  %logits = graphc.linear %n, %hw : (tensor<?x64xf32>, tensor<100x64xf32>) -> tensor<?x100xf32>
  return %logits : tensor<?x100xf32>
}
}
