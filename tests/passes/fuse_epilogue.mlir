// RUN: graphc-opt %s --graphc-fuse-epilogue --split-input-file --verify-diagnostics | FileCheck %s

// Bias, then residual (whichever operand it is), then the result's type: one op.
// CHECK-LABEL: func.func @bias_residual_cast
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[W:.+]]: tensor<32x64xf32>, %[[B:.+]]: tensor<32xf32>, %[[R:.+]]: tensor<?x32xf32>)
// CHECK-NEXT: %[[Y:.+]] = graphc.fused_linear %[[X]], %[[W]] bias(%[[B]]) residual(%[[R]])
// CHECK-SAME: -> tensor<?x32xbf16>
// CHECK-NEXT: return %[[Y]]
func.func @bias_residual_cast(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %b: tensor<32xf32>, %r: tensor<?x32xf32>) -> tensor<?x32xbf16> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %1 = graphc.add %0, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %2 = graphc.add %r, %1 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %3 = graphc.cast %2 : tensor<?x32xf32> -> tensor<?x32xbf16>
  return %3 : tensor<?x32xbf16>
}

// -----

// The sum of two products: the later one takes the earlier as residual.
// CHECK-LABEL: func.func @sum_of_products
// CHECK-NEXT: %[[A:.+]] = graphc.linear %arg0, %arg1
// CHECK-NEXT: %[[Y:.+]] = graphc.fused_linear %arg0, %arg2 residual(%[[A]])
// CHECK-NEXT: return %[[Y]]
func.func @sum_of_products(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %w2: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %1 = graphc.linear %x, %w2 : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %2 = graphc.add %0, %1 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}

// -----

// A function of the whole product: behind the bias, before the residual.
// CHECK-LABEL: func.func @functions
// CHECK-SAME: (%[[X:.+]]: tensor<?x64xf32>, %[[W:.+]]: tensor<32x64xf32>, %[[B:.+]]: tensor<32xf32>, %[[R:.+]]: tensor<?x32xf32>)
// CHECK-NEXT: %[[Y:.+]] = graphc.fused_linear %[[X]], %[[W]] bias(%[[B]]) act(gelu_tanh) residual(%[[R]])
// CHECK-NEXT: %[[Z:.+]] = graphc.fused_linear %[[X]], %[[W]] cap(30.0)
// CHECK-NEXT: return %[[Y]], %[[Z]]
func.func @functions(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %b: tensor<32xf32>, %r: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %1 = graphc.add %0, %b : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %2 = graphc.gelu tanh %1 : tensor<?x32xf32>
  %y = graphc.add %r, %2 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %3 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %z = graphc.soft_cap %3 cap 30.0 : tensor<?x32xf32>
  return %y, %z : tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// CHECK-LABEL: func.func @gates
// CHECK-NEXT: graphc.fused_linear %arg0, %arg1 gate({{ ?}}silu) : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x32xf32>
// CHECK-NEXT: graphc.fused_linear %arg0, %arg1 gate({{ ?}}gelu_tanh)
// CHECK-NEXT: graphc.fused_linear %arg0, %arg1 gate({{ ?}}gelu_erf)
// CHECK-NEXT: graphc.fused_linear %arg0, %arg1 gate({{ ?}}relu)
// CHECK-NEXT: return
func.func @gates(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %a = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %a0 = graphc.slice %a axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %a1 = graphc.slice %a axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %a2 = graphc.silu %a0 : tensor<?x32xf32>
  %a3 = graphc.mul %a2, %a1 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %b = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %b0 = graphc.slice %b axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %b1 = graphc.slice %b axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %b2 = graphc.gelu tanh %b0 : tensor<?x32xf32>
  %b3 = graphc.mul %b1, %b2 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %c = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %c0 = graphc.slice %c axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %c1 = graphc.slice %c axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %c2 = graphc.gelu erf %c0 : tensor<?x32xf32>
  %c3 = graphc.mul %c2, %c1 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %d = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %d0 = graphc.slice %d axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %d1 = graphc.slice %d axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %d2 = graphc.relu %d0 : tensor<?x32xf32>
  %d3 = graphc.mul %d2, %d1 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %a3, %b3, %c3, %d3 : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// -----

// Biases behind the slices of a joined product are joined as the weights were, zeros for a slice
// without; then the gate matches.
// CHECK: graphc.weight @mlp.gate_up.bias[%[[L:.+]] in 2] : tensor<64xf32>
// CHECK-NEXT: %[[G:.+]] = graphc.checkpoint "g.{layer}"
// CHECK-NEXT: %[[U:.+]] = graphc.checkpoint "u.{layer}"
// CHECK-NEXT: %[[B:.+]] = graphc.concat %[[G]], %[[U]] axis 0
// CHECK: graphc.weight @bias_0[%{{.+}} in 2] : tensor<64xf32>
// CHECK: %[[C:.+]] = graphc.checkpoint "b.{layer}"
// CHECK: %[[Z:.+]] = graphc.constant dense<0.000000e+00> : tensor<32xf32>
// CHECK: graphc.concat %[[Z]], %[[C]] axis 0
// CHECK-LABEL: func.func @joined_biases
// CHECK: %[[GU:.+]] = graphc.param @mlp.gate_up.bias[%arg1]
// CHECK-NEXT: graphc.fused_linear %arg0, %{{.+}} bias(%[[GU]]) gate({{ ?}}silu)
// CHECK: %[[B0:.+]] = graphc.param @bias_0[%arg1]
// CHECK-NEXT: %[[Y:.+]] = graphc.fused_linear %arg0, %{{.+}} bias(%[[B0]])
// CHECK-NEXT: graphc.slice %[[Y]] axis 1[0, 32]
// CHECK-NEXT: graphc.slice %[[Y]] axis 1[32, 64]
// CHECK-NEXT: return
graphc.weight @w[%layer in 2] : tensor<64x64xf32> {
  %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<64x64xf32>
  graphc.yield %0 : tensor<64x64xf32>
}
graphc.weight @mlp.gate.bias[%layer in 2] : tensor<32xf32> {
  %0 = graphc.checkpoint "g.{layer}"[%layer] : tensor<32xf32>
  graphc.yield %0 : tensor<32xf32>
}
graphc.weight @mlp.up.bias[%layer in 2] : tensor<32xf32> {
  %0 = graphc.checkpoint "u.{layer}"[%layer] : tensor<32xf32>
  graphc.yield %0 : tensor<32xf32>
}
graphc.weight @bias[%layer in 2] : tensor<32xf32> {
  %0 = graphc.checkpoint "b.{layer}"[%layer] : tensor<32xf32>
  graphc.yield %0 : tensor<32xf32>
}
func.func @joined_biases(%x: tensor<?x64xf32>, %layer: index) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %w = graphc.param @w[%layer] : tensor<64x64xf32>
  %0 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %g = graphc.slice %0 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %bg = graphc.param @mlp.gate.bias[%layer] : tensor<32xf32>
  %g1 = graphc.add %g, %bg : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %u = graphc.slice %0 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %bu = graphc.param @mlp.up.bias[%layer] : tensor<32xf32>
  %u1 = graphc.add %u, %bu : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %g2 = graphc.silu %g1 : tensor<?x32xf32>
  %a = graphc.mul %g2, %u1 : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %1 = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %s = graphc.slice %1 axis 1 [0, 32] : tensor<?x64xf32> -> tensor<?x32xf32>
  %t = graphc.slice %1 axis 1 [32, 64] : tensor<?x64xf32> -> tensor<?x32xf32>
  %b = graphc.param @bias[%layer] : tensor<32xf32>
  %t1 = graphc.add %b, %t : (tensor<32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %a, %s, %t1 : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}
