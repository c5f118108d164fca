// RUN: graphc-opt %s -split-input-file -verify-diagnostics

func.func @prepare_rows_c1(%x: tensor<2x?x4xf32>) {
  // expected-error @below {{expected an input of shape [?, K] but got [2, ?, 4]}}
  %0 = graphc.prepare_rows %x : (tensor<2x?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @prepare_rows_c2(%x: tensor<?x4xf32>, %g: tensor<5xf32>) {
  // expected-error @below {{expected gamma of shape [4] but got [5]}}
  %0 = graphc.prepare_rows %x gamma(%g) : (tensor<?x4xf32>, tensor<5xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @prepare_rows_c3(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected rows of shape [?, 4] but got [?, 3]}}
  %0 = graphc.prepare_rows %x : (tensor<?x4xf32>) -> tensor<?x3xf32>
  return
}

// -----

func.func @prepare_rows_c3_type(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected rows of f32 or 'bf16' but got 'f16'}}
  %0 = graphc.prepare_rows %x : (tensor<?x4xf32>) -> tensor<?x4xf16>
  return
}

// -----

func.func @prepare_rows_c4_without(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected a factor with rms and none without but got none}}
  %0 = graphc.prepare_rows %x rms(1.0) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @prepare_rows_c4_with(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected a factor with rms and none without but got one}}
  %0, %1 = graphc.prepare_rows %x : (tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?xf32>)
  return
}

// -----

func.func @prepare_rows_c4_shape(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected factor of shape [?] but got [?, 1]}}
  %0, %1 = graphc.prepare_rows %x rms(1.0) : (tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x1xf32>)
  return
}

// -----

func.func @prepare_rows_c4_type(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected factor of 'f32' but got 'bf16'}}
  %0, %1 = graphc.prepare_rows %x rms(1.0) : (tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?xbf16>)
  return
}

// -----

func.func @prepare_rows_c4_eps(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected an eps of at least 0 but got -1}}
  %0, %1 = graphc.prepare_rows %x rms(-1.0) : (tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?xf32>)
  return
}

// -----

func.func @fused_linear_c1(%x: tensor<2x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected an input of shape [?, K] but got [2, 4]}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<2x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c2(%x: tensor<?x4xf32>, %w: tensor<8xf32>) {
  // expected-error @below {{expected weight to be a static matrix, natural or packed, but got 'tensor<8xf32>'}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<?x4xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c2_type(%x: tensor<?x4xf32>, %w: tensor<8x4xf16>) {
  // expected-error @below {{expected rows that a weight of 'f16' is multiplied with but got 'f16'}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<?x4xf32>, tensor<8x4xf16>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c3(%x: tensor<?x4xf32>, %w: tensor<8x5xf32>) {
  // expected-error @below {{expected an input of 5 columns, as the weight has, but got [?, 4]}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<?x4xf32>, tensor<8x5xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c3_packed(%x: tensor<?x4xf32>, %w: tensor<1x5x32x1xf32>) {
  // expected-error @below {{expected an input of at least 5 columns, as the packed weight has, but got [?, 4]}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<?x4xf32>, tensor<1x5x32x1xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c4(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>, %gamma: tensor<8xf32>) {
  // expected-error @below {{expected gamma of shape [4] but got [8]}}
  %0 = graphc.fused_linear %x, %w gamma(%gamma)
       : (tensor<?x4xf32>, tensor<8x4xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c5_both(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>, %row_factor: tensor<?xf32>) {
  // expected-error @below {{expected a norm or row_factor but got both}}
  %0 = graphc.fused_linear %x, %w rms(1.0) row_factor(%row_factor)
       : (tensor<?x4xf32>, tensor<8x4xf32>, tensor<?xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c5_eps(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected an eps of at least 0 but got -1}}
  %0 = graphc.fused_linear %x, %w rms(-1.0)
       : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c5_shape(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>, %row_factor: tensor<?x1xf32>) {
  // expected-error @below {{expected row_factor of shape [?] but got [?, 1]}}
  %0 = graphc.fused_linear %x, %w row_factor(%row_factor)
       : (tensor<?x4xf32>, tensor<8x4xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c5_type(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>, %row_factor: tensor<?xbf16>) {
  // expected-error @below {{expected row_factor of 'f32' but got 'bf16'}}
  %0 = graphc.fused_linear %x, %w row_factor(%row_factor)
       : (tensor<?x4xf32>, tensor<8x4xf32>, tensor<?xbf16>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c6_shape(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected a result of shape [?, F] but got [8, 8]}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func @fused_linear_c6_type(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected result of f32 or 'bf16' but got 'f16'}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf16>
  return
}

// -----

func.func @fused_linear_c6_rows(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected a weight of 4 rows but got 8}}
  %0 = graphc.fused_linear %x, %w
       : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @fused_linear_c6_gate(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>) {
  // expected-error @below {{expected a weight of 16 rows but got 8}}
  %0 = graphc.fused_linear %x, %w gate(relu)
       : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c6_panels(%x: tensor<?x4xf32>, %w: tensor<3x4x32x1xf32>) {
  // expected-error @below {{expected a packed weight of 2 panels, for 64 rows in 1 groups, but got 3}}
  %0 = graphc.fused_linear %x, %w gate(relu)
       : (tensor<?x4xf32>, tensor<3x4x32x1xf32>) -> tensor<?x32xf32>
  return
}

// -----

func.func @fused_linear_c7(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>, %bias: tensor<4xf32>) {
  // expected-error @below {{expected bias of shape [8] but got [4]}}
  %0 = graphc.fused_linear %x, %w bias(%bias)
       : (tensor<?x4xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c7_padded(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>, %bias: tensor<32xf32>) {
  // expected-error @below {{expected bias of shape [8] but got [32]}}
  %0 = graphc.fused_linear %x, %w bias(%bias)
       : (tensor<?x4xf32>, tensor<8x4xf32>, tensor<32xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c7_packed(%x: tensor<?x4xf32>, %w: tensor<1x4x32x1xf32>, %bias: tensor<8xf32>) {
  // expected-error @below {{expected bias of shape [32] but got [8]}}
  %0 = graphc.fused_linear %x, %w bias(%bias)
       : (tensor<?x4xf32>, tensor<1x4x32x1xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_linear_c8(%x: tensor<?x4xf32>, %w: tensor<8x4xf32>, %residual: tensor<?x4xf32>) {
  // expected-error @below {{expected residual of shape [?, 8] but got [?, 4]}}
  %0 = graphc.fused_linear %x, %w residual(%residual)
       : (tensor<?x4xf32>, tensor<8x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @fused_qkv_c1(%x: tensor<?xf32>, %w: tensor<64x4xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected an input of shape [?, K] but got [?]}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?xf32>, tensor<64x4xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c2(%x: tensor<?x4xf32>, %w: tensor<64x4x1xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected weight to be a static matrix}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4x1xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c3(%x: tensor<?x4xf32>, %w: tensor<64x5xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected an input of 5 columns, as the weight has, but got [?, 4]}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x5xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c4(%x: tensor<?x4xf32>, %w: tensor<64x4xf32>, %gamma: tensor<8xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected gamma of shape [4] but got [8]}}
  %0 = graphc.fused_qkv %x, %w gamma(%gamma) append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4xf32>, tensor<8xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c5(%x: tensor<?x4xf32>, %w: tensor<64x4xf32>, %row_factor: tensor<?xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected a norm or row_factor but got both}}
  %0 = graphc.fused_qkv %x, %w rms(1.0) row_factor(%row_factor) append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4xf32>, tensor<?xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c6_shape(%x: tensor<?x4xf32>, %w: tensor<64x4xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected queries of shape [H, ?, 8] with a multiple of 2 for H but got [?, 4, 8]}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<?x4x8xf32>
  return
}

// -----

func.func @fused_qkv_c6_heads(%x: tensor<?x4xf32>, %w: tensor<64x4xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected queries of shape [H, ?, 8] with a multiple of 2 for H but got [3, ?, 8]}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<3x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c6_type(%x: tensor<?x4xf32>, %w: tensor<64x4xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected query of f32 or 'bf16' but got 'f16'}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf16>
  return
}

// -----

func.func @fused_qkv_c6_odd(%x: tensor<?x4xf32>, %w: tensor<56x4xf32>, %kv: !graphc.kv_cache<2x7xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected heads of an even number of channels but got 7}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<56x4xf32>, !graphc.kv_cache<2x7xbf16>, !graphc.step) -> tensor<4x?x7xf32>
  return
}

// -----

func.func @fused_qkv_c7(%x: tensor<?x4xf32>, %w: tensor<32x4xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected a weight of 64 rows but got 32}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<32x4xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c7_panels(%x: tensor<?x4xf32>, %w: tensor<2x4x32x1xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected a packed weight of 8 panels, for 64 rows in 8 groups, but got 2}}
  %0 = graphc.fused_qkv %x, %w append(%kv, %s)
       : (tensor<?x4xf32>, tensor<2x4x32x1xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c8(%x: tensor<?x4xf32>, %w: tensor<64x4xf32>, %bias: tensor<32xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected bias of shape [64] but got [32]}}
  %0 = graphc.fused_qkv %x, %w bias(%bias) append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4xf32>, tensor<32xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @fused_qkv_c9(%x: tensor<?x4xf32>, %w: tensor<64x4xf32>, %rope: tensor<9x4xf32>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected a rope table of type tensor<Cx8xf32> but got 'tensor<9x4xf32>'}}
  %0 = graphc.fused_qkv %x, %w rope(%rope) append(%kv, %s)
       : (tensor<?x4xf32>, tensor<64x4xf32>, tensor<9x4xf32>, !graphc.kv_cache<2x8xbf16>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @flash_attention_c1_heads(%q: tensor<3x?x8xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected queries of shape [H, ?, 8] with a multiple of 2 for H but got [3, ?, 8]}}
  %0 = graphc.flash_attention %q, %kv, %s causal scale 1.0 : tensor<3x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf32>
  return
}

// -----

func.func @flash_attention_c1_head_dim(%q: tensor<4x?x16xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected queries of shape [H, ?, 8] with a multiple of 2 for H but got [4, ?, 16]}}
  %0 = graphc.flash_attention %q, %kv, %s causal scale 1.0 : tensor<4x?x16xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf32>
  return
}

// -----

func.func @flash_attention_c1_type(%q: tensor<4x?x8xf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected query of f32 or 'bf16' but got 'f16'}}
  %0 = graphc.flash_attention %q, %kv, %s causal scale 1.0 : tensor<4x?x8xf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf32>
  return
}

// -----

func.func @flash_attention_c2_shape(%q: tensor<4x?x8xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected result of shape [?, 32] but got [?, 16]}}
  %0 = graphc.flash_attention %q, %kv, %s causal scale 1.0 : tensor<4x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x16xf32>
  return
}

// -----

func.func @flash_attention_c2_type(%q: tensor<4x?x8xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected result of f32 or 'bf16' but got 'f16'}}
  %0 = graphc.flash_attention %q, %kv, %s causal scale 1.0 : tensor<4x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf16>
  return
}

// -----

func.func @flash_attention_c3(%q: tensor<4x?x8xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected window of at least 1 but got 0}}
  %0 = graphc.flash_attention %q, %kv, %s causal window 0 scale 1.0 : tensor<4x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf32>
  return
}

// -----

func.func @flash_attention_c4(%q: tensor<4x?x8xbf16>, %kv: !graphc.kv_cache<2x8xbf16>, %s: !graphc.step) {
  // expected-error @below {{expected a cap of more than 0 but got -1}}
  %0 = graphc.flash_attention %q, %kv, %s causal scale 1.0 cap -1.0 : tensor<4x?x8xbf16>, !graphc.kv_cache<2x8xbf16> -> tensor<?x32xf32>
  return
}

// -----

func.func @fused_linear_c2_float_weight(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) {
  // expected-error @below {{expected rows that a weight of 'f32' is multiplied with but got 'bf16'}}
  %0 = graphc.fused_linear %x, %w rows(bf16) : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return
}

// -----

func.func @fused_linear_c2_quant_weight(%x: tensor<?x64xf32>, %w: tensor<32x64x!graphc.quant<i8:f16, 32>>) {
  // expected-error @below {{is multiplied with but got 'f16'}}
  %0 = graphc.fused_linear %x, %w rows(f16) : (tensor<?x64xf32>, tensor<32x64x!graphc.quant<i8:f16, 32>>) -> tensor<?x32xf32>
  return
}

// -----

func.func @fused_linear_c2_weight_of_rows(%x: tensor<?x64xf32>, %w: tensor<32x64x!graphc.quant<i8:f32, 32>>) {
  // expected-error @below {{expected rows that a weight of}}
  %0 = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<32x64x!graphc.quant<i8:f32, 32>>) -> tensor<?x32xf32>
  return
}

// -----

func.func @fused_linear_c2_groups_of_rows(%x: tensor<?x256x!graphc.quant<i8:f32, 32>>, %w: tensor<32x256x!graphc.quant<i8:f16, 16, 256>>) {
  // expected-error @below {{expected rows that a weight of '!graphc.quant<i8 : f16, 16, 256>' is multiplied with but got '!graphc.quant<i8 : f32, 32>'}}
  %0 = graphc.fused_linear %x, %w : (tensor<?x256x!graphc.quant<i8:f32, 32>>, tensor<32x256x!graphc.quant<i8:f16, 16, 256>>) -> tensor<?x32xf32>
  return
}

// -----

func.func @fused_linear_c2_rows_that_a_group_cuts(%x: tensor<?x192xf32>, %w: tensor<32x192x!graphc.quant<i8:f16, 32>>) {
  // expected-error @below {{expected rows that a weight of '!graphc.quant<i8 : f16, 32>' is multiplied with but got '!graphc.quant<i8 : f32, 32, 128>'}}
  %0 = graphc.fused_linear %x, %w rows(!graphc.quant<i8:f32, 32, 128>) : (tensor<?x192xf32>, tensor<32x192x!graphc.quant<i8:f16, 32>>) -> tensor<?x32xf32>
  return
}

// -----

func.func @fused_linear_c2_prologue(%x: tensor<?x64x!graphc.quant<i8:f32, 32>>, %w: tensor<32x64x!graphc.quant<i8:f16, 32>>, %g: tensor<64xf32>) {
  // expected-error @below {{expected no norm and no gamma with rows that are quantized already}}
  %0 = graphc.fused_linear %x, %w gamma(%g) : (tensor<?x64x!graphc.quant<i8:f32, 32>>, tensor<32x64x!graphc.quant<i8:f16, 32>>, tensor<64xf32>) -> tensor<?x32xf32>
  return
}

// -----

func.func @prepare_rows_c3_groups(%x: tensor<?x72xf32>) {
  // expected-error @below {{expected quantized rows of a multiple of 32 numbers but got}}
  %0 = graphc.prepare_rows %x : (tensor<?x72xf32>) -> tensor<?x72x!graphc.quant<i8:f32, 32>>
  return
}

// -----

func.func @prepare_rows_c3_groups_of_scales(%x: tensor<?x192xf32>) {
  // expected-error @below {{expected quantized rows of a multiple of 128 numbers but got}}
  %0 = graphc.prepare_rows %x : (tensor<?x192xf32>) -> tensor<?x192x!graphc.quant<i8:f32, 32, 128>>
  return
}

// -----

func.func @prepare_rows_c2_beta(%x: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{expected layer_norm with a beta but got none}}
  %0 = graphc.prepare_rows %x beta(%b) : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @prepare_rows_c2_beta_shape(%x: tensor<?x4xf32>, %b: tensor<5xf32>) {
  // expected-error @below {{expected beta of shape [4] but got [5]}}
  %0 = graphc.prepare_rows %x layer_norm(1.0) beta(%b) : (tensor<?x4xf32>, tensor<5xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @prepare_rows_c4_both(%x: tensor<?x4xf32>) {
  // expected-error @below {{expected rms or layer_norm but got both}}
  %0, %1 = graphc.prepare_rows %x rms(1.0) layer_norm(1.0) : (tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?xf32>)
  return
}

// -----

func.func @fused_linear_c5_layer_norm(%x: tensor<?x4xf32>, %w: tensor<6x4xf32>, %r: tensor<?xf32>) {
  // expected-error @below {{expected a norm or row_factor but got both}}
  %0 = graphc.fused_linear %x, %w layer_norm(1.0) row_factor(%r) : (tensor<?x4xf32>, tensor<6x4xf32>, tensor<?xf32>) -> tensor<?x6xf32>
  return
}

// -----

func.func @fused_linear_c9(%x: tensor<?x4xf32>, %w: tensor<6x4xf32>) {
  // expected-error @below {{expected at most one of gate, act and cap}}
  %0 = graphc.fused_linear %x, %w act(relu) cap(1.0) : (tensor<?x4xf32>, tensor<6x4xf32>) -> tensor<?x6xf32>
  return
}

// -----

func.func @fused_linear_c9_cap(%x: tensor<?x4xf32>, %w: tensor<6x4xf32>) {
  // expected-error @below {{expected a cap of more than 0 but got -1}}
  %0 = graphc.fused_linear %x, %w cap(-1.0) : (tensor<?x4xf32>, tensor<6x4xf32>) -> tensor<?x6xf32>
  return
}

// -----

func.func @append_qkv_c1(%z: tensor<2x?x64xf32>, %kv: !graphc.kv_cache<2x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected query_rows of shape [?, N] but got [2, ?, 64]}}
  %0 = graphc.append_qkv %z[0], %z[32], %z[48] append(%kv, %s)
       : (tensor<2x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @append_qkv_c2(%z: tensor<?x64xf32>, %kv: !graphc.kv_cache<2x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected queries of shape [H, ?, 8] with a multiple of 2 for H but got [3, ?, 8]}}
  %0 = graphc.append_qkv %z[0], %z[32], %z[48] append(%kv, %s)
       : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<3x?x8xf32>
  return
}

// -----

func.func @append_qkv_c3(%z: tensor<?x64xf32>, %kv: !graphc.kv_cache<2x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected value_rows of 16 channels behind an offset of at least 0 but got offset 49 of 64}}
  %0 = graphc.append_qkv %z[0], %z[32], %z[49] append(%kv, %s)
       : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @append_qkv_c3_negative(%z: tensor<?x64xf32>, %kv: !graphc.kv_cache<2x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected key_rows of 16 channels behind an offset of at least 0 but got offset -1 of 64}}
  %0 = graphc.append_qkv %z[0], %z[-1], %z[48] append(%kv, %s)
       : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @append_qkv_c4(%z: tensor<?x64xf32>, %g: tensor<8xf32>, %h: tensor<9xf32>, %kv: !graphc.kv_cache<2x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected key_gamma of shape [8] but got [9]}}
  %0 = graphc.append_qkv %z[0], %z[32], %z[48] head_norm(1.0, %g, %h) append(%kv, %s)
       : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<8xf32>, tensor<9xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @append_qkv_c4_gammas(%z: tensor<?x64xf32>, %g: tensor<8xf32>, %kv: !graphc.kv_cache<2x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected head_norm with both gammas, or none of them}}
  %0 = "graphc.append_qkv"(%z, %z, %z, %g, %kv, %s) {query_offset = 0, key_offset = 32, value_offset = 48, eps = 1.0 : f32, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 1, 1>}
       : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<8xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @append_qkv_c5(%z: tensor<?x64xf32>, %t: tensor<9x10xf32>, %kv: !graphc.kv_cache<2x8xf32>, %s: !graphc.step) {
  // expected-error @below {{expected a rope table of at most 8 columns but got 10}}
  %0 = graphc.append_qkv %z[0], %z[32], %z[48] rope(%t) append(%kv, %s)
       : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<9x10xf32>, !graphc.kv_cache<2x8xf32>, !graphc.step) -> tensor<4x?x8xf32>
  return
}

// -----

func.func @norm_add_c2(%x: tensor<2x?x4xf32>, %g: tensor<4xf32>, %h: tensor<2x?x4xf32>) {
  // expected-error @below {{expected an input of shape [?, K] but got [2, ?, 4]}}
  %0 = graphc.norm_add %x, %g eps 1.0 residual(%h) : tensor<2x?x4xf32>, tensor<4xf32>
  return
}

// -----

func.func @norm_add_c3(%x: tensor<?x4xf32>, %g: tensor<5xf32>, %h: tensor<?x4xf32>) {
  // expected-error @below {{expected gamma of shape [4] but got [5]}}
  %0 = graphc.norm_add %x, %g eps 1.0 residual(%h) : tensor<?x4xf32>, tensor<5xf32>
  return
}

// -----

func.func @norm_add_c4(%x: tensor<?x4xf32>, %g: tensor<4xf32>, %h: tensor<?x4xf32>) {
  // expected-error @below {{expected an eps of at least 0 but got -1}}
  %0 = graphc.norm_add %x, %g eps -1.0 residual(%h) : tensor<?x4xf32>, tensor<4xf32>
  return
}
