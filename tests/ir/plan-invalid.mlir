// RUN: graphc-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expected a body but got none}}
graphc.kernel @kernel_c1_body(%x: tensor<?xf32>) -> tensor<?xf32>

// -----

// expected-error @below {{expected one graphc op and graphc.yield but got 3 ops}}
graphc.kernel @kernel_c1_two(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = graphc.relu %x : tensor<?xf32>
  %1 = graphc.relu %0 : tensor<?xf32>
  graphc.yield %1 : tensor<?xf32>
}

// -----

// expected-error @below {{expected one graphc op and graphc.yield but got 2 ops}}
graphc.kernel @kernel_c1_dialect(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.negf %x : tensor<4xf32>
  graphc.yield %0 : tensor<4xf32>
}

// -----

// expected-error @below {{expected every argument to be used but argument 1 is not}}
graphc.kernel @kernel_c2(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = graphc.relu %x : tensor<?xf32>
  graphc.yield %0 : tensor<?xf32>
}

// -----

graphc.kernel @kernel_c3(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = graphc.relu %x : tensor<?xf32>
  // expected-error @below {{expected all results of the kernel's op, in order, but got others}}
  graphc.yield %x : tensor<?xf32>
}

// -----

graphc.kernel @kernel_c3_types(%x: tensor<?xf32>) -> tensor<4xf32> {
  %0 = graphc.relu %x : tensor<?xf32>
  // expected-error @below {{expected values of types ('tensor<4xf32>') but got ('tensor<?xf32>')}}
  graphc.yield %0 : tensor<?xf32>
}

// -----

// expected-error @below {{expected arena of at least 0 but got -64}}
graphc.plan @plan_c1_arena arena -64 max_tokens 1 context 1 {}

// -----

// expected-error @below {{expected max_tokens of at least 1 but got 0}}
graphc.plan @plan_c1_tokens arena 0 max_tokens 0 context 1 {}

// -----

// expected-error @below {{expected context of at least 1 but got 0}}
graphc.plan @plan_c1_context arena 0 max_tokens 1 context 0 {}

// -----

graphc.plan @plan_c2 arena 0 max_tokens 1 context 1 {
  // expected-error @below {{expected graphc.dispatch in a plan but got this}}
  %0 = graphc.constant dense<0.0> : tensor<4xf32>
}

// -----

// expected-error @below {{expects parent op 'graphc.plan'}}
graphc.dispatch "dispatch_c1" @k []

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a graphc.kernel named @none but got none}}
  graphc.dispatch "dispatch_c2" @none []
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected 3 bindings for the arguments and results of @linear but got 2}}
  graphc.dispatch "dispatch_c3" @linear [#graphc.arena<0>, #graphc.arena<1024>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a place of an argument of type 'tensor<?x4xf32>' but got #graphc.kv<0>}}
  graphc.dispatch "dispatch_c4_kv" @linear [#graphc.kv<0>, #graphc.weight<@w, 0>, #graphc.arena<1024>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a place of a result of type 'tensor<?x8xf32>' but got #graphc.weight<@w, 0>}}
  graphc.dispatch "dispatch_c4_result" @linear [#graphc.arena<0>, #graphc.weight<@w, 0>, #graphc.weight<@w, 0>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a place of an argument of type '!graphc.kv_cache<1x4xf32>' but got #graphc.arena<0>}}
  graphc.dispatch "dispatch_c4_cache" @append [#graphc.arena<0>, #graphc.step, #graphc.arena<0>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a place of an argument of type '!graphc.step' but got #graphc.arena<0>}}
  graphc.dispatch "dispatch_c4_step" @append [#graphc.kv<0>, #graphc.arena<0>, #graphc.arena<0>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a multiple of 64 in [0, 4096) as an offset in the arena but got 32}}
  graphc.dispatch "dispatch_c5_aligned" @linear [#graphc.arena<32>, #graphc.weight<@w, 0>, #graphc.arena<1024>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a multiple of 64 in [0, 4096) as an offset in the arena but got 4096}}
  graphc.dispatch "dispatch_c5_end" @linear [#graphc.arena<0>, #graphc.weight<@w, 0>, #graphc.arena<4096>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a graphc.weight named @v but got none}}
  graphc.dispatch "dispatch_c6_name" @linear [#graphc.arena<0>, #graphc.weight<@v, 0>, #graphc.arena<1024>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a weight of type 'tensor<?x4xf32>' but @w has type 'tensor<8x4xf32>'}}
  graphc.dispatch "dispatch_c6_type" @linear [#graphc.weight<@w, 0>, #graphc.weight<@w, 0>, #graphc.arena<1024>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a layer of @w in [0, 2) but got 2}}
  graphc.dispatch "dispatch_c6_layer" @linear [#graphc.arena<0>, #graphc.weight<@w, 2>, #graphc.arena<1024>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.kernel @append(%kv: !graphc.kv_cache<1x4xf32>, %step: !graphc.step, %k: tensor<1x?x4xf32>) {
  graphc.kv_append %kv, %step, %k, %k : !graphc.kv_cache<1x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>
  graphc.yield
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a layer of at least 0 but got -1}}
  graphc.dispatch "dispatch_c7" @append [#graphc.kv<-1>, #graphc.step, #graphc.arena<0>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // 16 rows of 8 numbers are 512 bytes: these end with the arena, ...
  graphc.dispatch "dispatch_c8_fits" @linear [#graphc.arena<0>, #graphc.weight<@w, 0>, #graphc.arena<3584>]
  // ... and these do not.
  // expected-error @below {{expected 512 bytes at offset 3648 of the arena but it ends at 4096}}
  graphc.dispatch "dispatch_c8_result" @linear [#graphc.arena<0>, #graphc.weight<@w, 0>, #graphc.arena<3648>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected 256 bytes at offset 4032 of the arena but it ends at 4096}}
  graphc.dispatch "dispatch_c8_argument" @linear [#graphc.arena<4032>, #graphc.weight<@w, 0>, #graphc.arena<0>]
}

// -----

graphc.weight @w[%l in 2] : tensor<8x4xf32> {
  %0 = graphc.checkpoint "w"[%l] : tensor<8x4xf32>
  graphc.yield %0 : tensor<8x4xf32>
}
graphc.kernel @linear(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
  %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  graphc.yield %y : tensor<?x8xf32>
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a result apart from bytes 0 to 256 of the arena but got one at 192 to 704}}
  graphc.dispatch "dispatch_c9_argument" @linear [#graphc.arena<0>, #graphc.weight<@w, 0>, #graphc.arena<192>]
}

// -----

graphc.kernel @prepare(%x: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?xf32>) {
  %r, %f = graphc.prepare_rows %x rms(1.0e-05) : (tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?xf32>)
  graphc.yield %r, %f : tensor<?x32xf32>, tensor<?xf32>
}
graphc.plan @step arena 8192 max_tokens 16 context 128 {
  // expected-error @below {{expected a result apart from bytes 2048 to 4096 of the arena but got one at 4032 to 4096}}
  graphc.dispatch "dispatch_c9_results" @prepare [#graphc.arena<0>, #graphc.arena<2048>, #graphc.arena<4032>]
}

// -----

// expected-error @below {{expected graphc.dims with a symbol for each ? of argument 0}}
graphc.kernel @dispatch_c8_dims(%q: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = graphc.relu %q : tensor<?x?xf32>
  graphc.yield %0 : tensor<?x?xf32>
}
graphc.plan @step arena 8192 max_tokens 16 context 128 {
  graphc.dispatch "dispatch_c8_dims" @dispatch_c8_dims [#graphc.arena<0>, #graphc.arena<4096>]
}

// -----

graphc.kernel @relu(%x: tensor<?x4xf32> {graphc.dims = ["T"]}) -> tensor<?x4xf32> {
  %y = graphc.relu %x : tensor<?x4xf32>
  graphc.yield %y : tensor<?x4xf32>
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  // expected-error @below {{expected a dispatch before one that runs together with it}}
  graphc.dispatch "dispatch_c10_first" @relu [#graphc.arena<0>, #graphc.arena<1024>] together
}

// -----

graphc.kernel @relu(%x: tensor<?x4xf32> {graphc.dims = ["T"]}) -> tensor<?x4xf32> {
  %y = graphc.relu %x : tensor<?x4xf32>
  graphc.yield %y : tensor<?x4xf32>
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  graphc.dispatch "a" @relu [#graphc.arena<0>, #graphc.arena<1024>]
  graphc.dispatch "b" @relu [#graphc.arena<0>, #graphc.arena<2048>] together
  // expected-error @below {{expected to be independent of "a", which it runs together with}}
  graphc.dispatch "dispatch_c10_reads" @relu [#graphc.arena<1216>, #graphc.arena<3072>] together
}

// -----

graphc.kernel @relu(%x: tensor<?x4xf32> {graphc.dims = ["T"]}) -> tensor<?x4xf32> {
  %y = graphc.relu %x : tensor<?x4xf32>
  graphc.yield %y : tensor<?x4xf32>
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  graphc.dispatch "a" @relu [#graphc.arena<0>, #graphc.arena<1024>]
  // expected-error @below {{expected to be independent of "a", which it runs together with}}
  graphc.dispatch "dispatch_c10_writes" @relu [#graphc.arena<2048>, #graphc.arena<0>] together
}

// -----

graphc.kernel @relu(%x: tensor<?x4xf32> {graphc.dims = ["T"]}) -> tensor<?x4xf32> {
  %y = graphc.relu %x : tensor<?x4xf32>
  graphc.yield %y : tensor<?x4xf32>
}
graphc.plan @step arena 4096 max_tokens 16 context 128 {
  graphc.dispatch "a" @relu [#graphc.arena<0>, #graphc.result]
  // expected-error @below {{expected to be independent of "a", which it runs together with}}
  graphc.dispatch "dispatch_c10_result" @relu [#graphc.result, #graphc.arena<0>] together
}
