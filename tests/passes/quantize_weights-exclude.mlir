// RUN: graphc-opt %s --graphc-quantize-weights="bits=4 rows=i8 dtype=bf16 exclude=*.up*,v.*,w.*" --verify-diagnostics | FileCheck %s

// expected-warning @unknown {{the pattern 'w.*' excludes nothing: no weight has such a name}}

// Refused by name: the weight stays in dtype.
// CHECK: graphc.weight @mlp.up[%{{.+}} in 1] : tensor<64x32xbf16>
// expected-remark @below {{not quantized: excluded by its name}}
graphc.weight @mlp.up[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "u"[%layer] : tensor<64x32xf32>
  graphc.yield %0 : tensor<64x32xf32>
}
// By the name of a tensor that it is made of.
// CHECK: graphc.weight @other[%{{.+}} in 1] : tensor<64x32xbf16>
// expected-remark @below {{not quantized: excluded by its name}}
graphc.weight @other[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "v.0"[%layer] : tensor<64x32xf32>
  graphc.yield %0 : tensor<64x32xf32>
}
func.func private @layer(%x: tensor<?x32xf32>, %layer: index) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %u = graphc.param @mlp.up[%layer] : tensor<64x32xf32>
  %v = graphc.param @other[%layer] : tensor<64x32xf32>
  %y = graphc.linear %x, %u : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  %z = graphc.linear %x, %v : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  return %y, %z : tensor<?x64xf32>, tensor<?x64xf32>
}

