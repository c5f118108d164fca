// What fuse-attention refuses, and why. Every attention here is whole but for one thing.
// RUN: graphc-opt %s --graphc-fuse-attention --split-input-file --verify-diagnostics | FileCheck %s
// CHECK-NOT: graphc.flash_attention

func.func @scores_used_twice(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> (tensor<?x32xf32>, tensor<2x?x?xf32>) {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores have a second user}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r, %s : tensor<?x32xf32>, tensor<2x?x?xf32>
}

// -----

func.func @masked_scores_used_twice(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> (tensor<?x32xf32>, tensor<2x?x?xf32>) {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores have a second user}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r, %m : tensor<?x32xf32>, tensor<2x?x?xf32>
}

// -----

func.func @probabilities_used_twice(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> (tensor<?x32xf32>, tensor<2x?x?xf32>) {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the probabilities have a second user}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r, %p : tensor<?x32xf32>, tensor<2x?x?xf32>
}

// -----

func.func @other_softmax_axis(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: softmax runs along axis 1 and not along the last}}
  %p = graphc.softmax %m axis 1 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @no_mask(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores have no mask; flash_attention is always causal}}
  %p = graphc.softmax %s axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

// A mask tensor, [T, S] for all heads.
func.func @mask_of_another_shape(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %mask: tensor<?x?xf32> {graphc.dims = ["T", "S"]}) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.add %s, %mask : (tensor<2x?x?xf32>, tensor<?x?xf32>) -> tensor<2x?x?xf32>
  // expected-remark @below {{not fused: a tensor is added to the scores; of masks only graphc.mask is understood}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @masked_twice(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m0 = graphc.mask causal window 8 %s, %step : tensor<2x?x?xf32>
  %m = graphc.mask causal %m0, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores are masked twice}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

// A cap makes hidden scores finite.
func.func @cap_behind_mask(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m0 = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  %m = graphc.soft_cap %m0 cap 30.0 : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores are capped after the mask}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @capped_twice(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %c0 = graphc.soft_cap %s cap 30.0 : tensor<2x?x?xf32>
  %c1 = graphc.soft_cap %c0 cap 30.0 : tensor<2x?x?xf32>
  %m = graphc.mask causal %c1, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores are capped twice}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @scale_behind_cap(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %c = graphc.soft_cap %s cap 30.0 : tensor<2x?x?xf32>
  %c1 = graphc.scale %c by 0.5 : tensor<2x?x?xf32>
  %m = graphc.mask causal %c1, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores are scaled after the soft cap}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @negative_scale(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %c = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  %m = graphc.scale %c by -0.5 : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores are scaled by a number that is not positive}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @other_op_on_scores(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %c = graphc.tanh %s : tensor<2x?x?xf32>
  %m = graphc.mask causal %c, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the scores come from graphc.tanh}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

// Products in f32 and in bf16.
func.func @mixed_types(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: mixed types: probabilities, values and queries differ}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %p16 = graphc.cast %p : tensor<2x?x?xf32> -> tensor<2x?x?xbf16>
  %v16 = graphc.cast %v : tensor<2x?x16xf32> -> tensor<2x?x16xbf16>
  %o = graphc.batch_matmul %p16, %v16 : (tensor<2x?x?xbf16>, tensor<2x?x16xbf16>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

// Keys that came as [H, D, S].
func.func @keys_not_transposed(%q: tensor<2x?x16xf32>, %kt: tensor<2x16x?xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %kt : (tensor<2x?x16xf32>, tensor<2x16x?xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the keys are not transposed}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @keys_not_cached(%q: tensor<2x?x16xf32>, %key: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %key transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: keys do not come from kv_read}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @values_not_cached(%q: tensor<2x?x16xf32>, %value: tensor<2x?x16xf32> {graphc.dims = ["S"]}, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: values do not come from kv_read}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %value : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @keys_and_values_exchanged(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %v transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: keys are the cache's values}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @values_are_keys(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: values are the cache's keys}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %k : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @two_caches(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %other: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %k2, %v2 = graphc.kv_read %other, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: keys and values come from different caches}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v2 : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @two_steps(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step, %other: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %other : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: cache and mask are of different steps}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @values_scaled(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the values are scaled}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %vs = graphc.scale %v by 2.0 : tensor<2x?x16xf32>
  %o = graphc.batch_matmul %p, %vs : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

// Query head h meets key head h mod 2: not groups of neighbours.
func.func @heads_in_another_order(%q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %qg = graphc.reshape %q : tensor<4x?x16xf32> -> tensor<2x2x?x16xf32>
  %kg = graphc.reshape %k : tensor<2x?x16xf32> -> tensor<1x2x?x16xf32>
  %vg = graphc.reshape %v : tensor<2x?x16xf32> -> tensor<1x2x?x16xf32>
  %s = graphc.batch_matmul %qg, %kg transpose_b : (tensor<2x2x?x16xf32>, tensor<1x2x?x16xf32>) -> tensor<2x2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x2x?x?xf32>
  // expected-remark @below {{not fused: the heads of the keys are broadcast in another order than in groups}}
  %p = graphc.softmax %m axis 3 : tensor<2x2x?x?xf32>
  %o = graphc.batch_matmul %p, %vg : (tensor<2x2x?x?xf32>, tensor<1x2x?x16xf32>) -> tensor<2x2x?x16xf32>
  %t = graphc.transpose %o [2, 0, 1, 3] : tensor<2x2x?x16xf32> -> tensor<?x2x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x2x16xf32> -> tensor<?x64xf32>
  return %r : tensor<?x64xf32>
}

// -----

// The copies are 2 apart: [1, 2] becomes [2, 2].
func.func @repeated_along_the_front(%q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %k1 = graphc.reshape %k : tensor<2x?x16xf32> -> tensor<1x2x?x16xf32>
  %k2 = graphc.repeat %k1 axis 0 times 2 : tensor<1x2x?x16xf32> -> tensor<2x2x?x16xf32>
  %k3 = graphc.reshape %k2 : tensor<2x2x?x16xf32> -> tensor<4x?x16xf32>
  %vr = graphc.repeat %v axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
  %s = graphc.batch_matmul %q, %k3 transpose_b : (tensor<4x?x16xf32>, tensor<4x?x16xf32>) -> tensor<4x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<4x?x?xf32>
  // expected-remark @below {{not fused: keys are repeated along another dimension than the heads}}
  %p = graphc.softmax %m axis 2 : tensor<4x?x?xf32>
  %o = graphc.batch_matmul %p, %vr : (tensor<4x?x?xf32>, tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<4x?x16xf32> -> tensor<?x4x16xf32>
  %r = graphc.reshape %t : tensor<?x4x16xf32> -> tensor<?x64xf32>
  return %r : tensor<?x64xf32>
}

// -----

func.func @written_between(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  graphc.kv_append %kv, %step, %q, %q : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the cache is written between its read and the attention}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @no_merge(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<2x?x16xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the heads are not merged to rows: expected a transpose and a reshape to [T, H*D]}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  return %o : tensor<2x?x16xf32>
}

// -----

// Dimensions before heads.
func.func @merged_in_another_order(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> tensor<?x32xf32> {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the heads are not merged to rows: expected a transpose and a reshape to [T, H*D]}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 2, 0] : tensor<2x?x16xf32> -> tensor<?x16x2xf32>
  %r = graphc.reshape %t : tensor<?x16x2xf32> -> tensor<?x32xf32>
  return %r : tensor<?x32xf32>
}

// -----

func.func @heads_used_twice(%q: tensor<2x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step) -> (tensor<?x32xf32>, tensor<2x?x16xf32>) {
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %s = graphc.batch_matmul %q, %k transpose_b : (tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x?xf32>
  %m = graphc.mask causal %s, %step : tensor<2x?x?xf32>
  // expected-remark @below {{not fused: the heads' result has a second user}}
  %p = graphc.softmax %m axis 2 : tensor<2x?x?xf32>
  %o = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  %t = graphc.transpose %o [1, 0, 2] : tensor<2x?x16xf32> -> tensor<?x2x16xf32>
  %r = graphc.reshape %t : tensor<?x2x16xf32> -> tensor<?x32xf32>
  return %r, %o : tensor<?x32xf32>, tensor<2x?x16xf32>
}
