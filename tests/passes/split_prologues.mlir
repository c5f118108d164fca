// RUN: graphc-opt %s --graphc-split-prologues --split-input-file | FileCheck %s

// Padded from 172 to 192 elements; of bf16 for a bf16 weight.
// CHECK-LABEL: func.func @norm
// CHECK-SAME: (%[[X:.+]]: tensor<?x172xf32>, %[[W:.+]]: tensor<3x86x32x2xbf16>, %[[G:.+]]: tensor<172xf32>, %[[R:.+]]: tensor<?x96xf32>)
// CHECK-NEXT: %[[ROWS:.+]], %[[F:.+]] = graphc.prepare_rows %[[X]] rms(1.0e-05) gamma(%[[G]]) : (tensor<?x172xf32>, tensor<172xf32>) -> (tensor<?x192xbf16>, tensor<?xf32>)
// CHECK-NEXT: %[[Y:.+]] = graphc.fused_linear %[[ROWS]], %[[W]] row_factor(%[[F]]) residual(%[[R]]) : (tensor<?x192xbf16>, tensor<3x86x32x2xbf16>, tensor<?xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
// CHECK-NEXT: return %[[Y]]
func.func @norm(%x: tensor<?x172xf32>, %w: tensor<3x86x32x2xbf16>, %g: tensor<172xf32>, %r: tensor<?x96xf32>) -> tensor<?x96xf32> {
  %y = graphc.fused_linear %x, %w rms(1.0e-05) gamma(%g) residual(%r) : (tensor<?x172xf32>, tensor<3x86x32x2xbf16>, tensor<172xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// -----

// A LayerNorm is done when the rows are ready: no factor. Both matmuls share it.
// CHECK-LABEL: func.func @layer_norm
// CHECK-NEXT: %[[ROWS:.+]] = graphc.prepare_rows %arg0 layer_norm(1.0e-05) gamma(%arg2) beta(%arg3) : (tensor<?x172xf32>, tensor<172xf32>, tensor<172xf32>) -> tensor<?x192xbf16>
// CHECK-NEXT: graphc.fused_linear %[[ROWS]], %arg1 act(gelu_tanh) : (tensor<?x192xbf16>, tensor<3x86x32x2xbf16>) -> tensor<?x96xf32>
// CHECK-NEXT: graphc.fused_linear %[[ROWS]], %arg1 : (tensor<?x192xbf16>, tensor<3x86x32x2xbf16>) -> tensor<?x96xf32>
func.func @layer_norm(%x: tensor<?x172xf32>, %w: tensor<3x86x32x2xbf16>, %g: tensor<172xf32>, %b: tensor<172xf32>) -> (tensor<?x96xf32>, tensor<?x96xf32>) {
  %y = graphc.fused_linear %x, %w layer_norm(1.0e-05) gamma(%g) beta(%b) act(gelu_tanh) : (tensor<?x172xf32>, tensor<3x86x32x2xbf16>, tensor<172xf32>, tensor<172xf32>) -> tensor<?x96xf32>
  %z = graphc.fused_linear %x, %w layer_norm(1.0e-05) gamma(%g) beta(%b) : (tensor<?x172xf32>, tensor<3x86x32x2xbf16>, tensor<172xf32>, tensor<172xf32>) -> tensor<?x96xf32>
  return %y, %z : tensor<?x96xf32>, tensor<?x96xf32>
}

// -----

// Without a norm there is no factor. Rows of whole kibibytes get another 32 elements.
// CHECK-LABEL: func.func @conversion
// CHECK-NEXT: %[[ROWS:.+]] = graphc.prepare_rows %arg0 : (tensor<?x256xf32>) -> tensor<?x288xf32>
// CHECK-NEXT: graphc.fused_linear %[[ROWS]], %arg1 : (tensor<?x288xf32>, tensor<1x256x32x1xf32>) -> tensor<?x32xf32>
func.func @conversion(%x: tensor<?x256xf32>, %w: tensor<1x256x32x1xf32>) -> tensor<?x32xf32> {
  %y = graphc.fused_linear %x, %w : (tensor<?x256xf32>, tensor<1x256x32x1xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// Two matmuls of the same prologue share it; one without gamma and one of another type do not. All
// rows of one input are prepared one after the other: nothing is between the matmuls then.
// CHECK-LABEL: func.func @shared
// CHECK: %[[A:.+]], %[[F:.+]] = graphc.prepare_rows %arg0 rms({{.+}}) gamma(%arg3)
// CHECK-NEXT: %[[B:.+]], %{{.+}} = graphc.prepare_rows %arg0 rms({{.+}}) :
// CHECK-NEXT: %[[C:.+]], %{{.+}} = graphc.prepare_rows %arg0 rms({{.+}}) gamma(%arg3) : (tensor<?x64xf32>, tensor<64xf32>) -> (tensor<?x64xbf16>
// CHECK-NEXT: graphc.fused_qkv %[[A]], %arg1 row_factor(%[[F]]) append
// CHECK-NEXT: graphc.fused_linear %[[A]], %arg2 row_factor(%[[F]])
// CHECK-NEXT: graphc.fused_linear %[[B]], %arg2
// CHECK-NEXT: graphc.fused_linear %[[C]], %arg6
// CHECK-NEXT: return
func.func @shared(%x: tensor<?x64xf32>, %w: tensor<4x64x32x1xf32>, %v: tensor<1x64x32x1xf32>, %g: tensor<64xf32>, %kv: !graphc.kv_cache<1x32xf32>, %step: !graphc.step, %w16: tensor<1x32x32x2xbf16>) -> (tensor<2x?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %q = graphc.fused_qkv %x, %w rms(1.0e-05) gamma(%g) append(%kv, %step) : (tensor<?x64xf32>, tensor<4x64x32x1xf32>, tensor<64xf32>, !graphc.kv_cache<1x32xf32>, !graphc.step) -> tensor<2x?x32xf32>
  %a = graphc.fused_linear %x, %v rms(1.0e-05) gamma(%g) : (tensor<?x64xf32>, tensor<1x64x32x1xf32>, tensor<64xf32>) -> tensor<?x32xf32>
  %b = graphc.fused_linear %x, %v rms(1.0e-05) : (tensor<?x64xf32>, tensor<1x64x32x1xf32>) -> tensor<?x32xf32>
  %c = graphc.fused_linear %x, %w16 rms(1.0e-05) gamma(%g) : (tensor<?x64xf32>, tensor<1x32x32x2xbf16>, tensor<64xf32>) -> tensor<?x32xf32>
  return %q, %a, %b, %c : tensor<2x?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @prepared_already
// CHECK-COUNT-1: graphc.prepare_rows
// CHECK-NOT: graphc.prepare_rows
func.func @prepared_already(%x: tensor<?x64xf32>, %w: tensor<1x64x32x1xf32>) -> tensor<?x32xf32> {
  %rows, %f = graphc.prepare_rows %x rms(1.0e-05) : (tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?xf32>)
  %y = graphc.fused_linear %rows, %w row_factor(%f) : (tensor<?x64xf32>, tensor<1x64x32x1xf32>, tensor<?xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// Nothing to do: no norm, no gamma, the weight's type, a width that is a prepared row's.
// CHECK-LABEL: func.func @nothing_to_prepare
// CHECK-NEXT: graphc.fused_linear %arg0, %arg1
func.func @nothing_to_prepare(%x: tensor<?x64xf32>, %w: tensor<1x64x32x1xf32>) -> tensor<?x32xf32> {
  %y = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<1x64x32x1xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// The same, but gamma is to be multiplied.
// CHECK-LABEL: func.func @gamma_alone
// CHECK-NEXT: %[[ROWS:.+]] = graphc.prepare_rows %arg0 gamma(%arg2)
// CHECK-NEXT: graphc.fused_linear %[[ROWS]], %arg1 :
func.func @gamma_alone(%x: tensor<?x64xf32>, %w: tensor<1x64x32x1xf32>, %g: tensor<64xf32>) -> tensor<?x32xf32> {
  %y = graphc.fused_linear %x, %w gamma(%g) : (tensor<?x64xf32>, tensor<1x64x32x1xf32>, tensor<64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// Rows of f32 for a narrower weight: the matmul goes on saying so, or it would round them.
// CHECK-LABEL: func.func @wide_rows
// CHECK: %[[R:.+]], %[[F:.+]] = graphc.prepare_rows %{{.+}} rms({{.+}}) : (tensor<?x172xf32>) -> (tensor<?x192xf32>, tensor<?xf32>)
// CHECK: graphc.fused_linear %[[R]], %{{.+}} rows(f32) row_factor(%[[F]]) : (tensor<?x192xf32>, tensor<3x172x32x1xf16>, tensor<?xf32>)
func.func @wide_rows(%x: tensor<?x172xf32>, %w: tensor<3x172x32x1xf16>) -> tensor<?x96xf32> {
  %y = graphc.fused_linear %x, %w rms(1.0e-05) rows(f32) : (tensor<?x172xf32>, tensor<3x172x32x1xf16>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// -----

// Not where the second needs what comes between them.
// CHECK-LABEL: func.func @gamma_between
// CHECK-NEXT: graphc.prepare_rows %arg0 rms
// CHECK-NEXT: graphc.fused_linear
// CHECK-NEXT: %[[GAMMA:.+]] = graphc.relu
// CHECK-NEXT: graphc.prepare_rows %arg0 gamma(%[[GAMMA]])
func.func @gamma_between(%x: tensor<?x64xf32>, %w: tensor<1x64x32x1xf32>, %g: tensor<64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %y = graphc.fused_linear %x, %w rms(1.0e-05) : (tensor<?x64xf32>, tensor<1x64x32x1xf32>) -> tensor<?x32xf32>
  %gamma = graphc.relu %g : tensor<64xf32>
  %z = graphc.fused_linear %x, %w gamma(%gamma) : (tensor<?x64xf32>, tensor<1x64x32x1xf32>, tensor<64xf32>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x32xf32>, tensor<?x32xf32>
}
