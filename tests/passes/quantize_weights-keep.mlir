// RUN: graphc-opt %s --graphc-quantize-weights="keep rows=i8 dtype=bf16" --split-input-file --verify-diagnostics | FileCheck %s
// RUN: graphc-opt %s --graphc-quantize-weights="keep rows=f32" --split-input-file | FileCheck %s --check-prefix=F32

// Rows of one form are put together and stay what they are; the matmul's rows have sums of groups as small.
// CHECK: graphc.weight @joined[%{{.+}} in 2] : tensor<64x256x!graphc.quant<i8 : f16, 16, 256>>
// CHECK: %[[C:.+]] = graphc.concat
// CHECK-NEXT: %[[Q:.+]] = graphc.quantize keep %[[C]] : tensor<64x256xf32> -> tensor<64x256x!graphc.quant<i8 : f16, 16, 256>>
// CHECK-NEXT: graphc.yield %[[Q]]
graphc.weight @joined[%layer in 2] : tensor<64x256xf32> {
  %0 = graphc.checkpoint "q.{layer}"[%layer] : tensor<48x256x!graphc.quant<i8:f16, 16, 256>>
  %1 = graphc.cast %0 : tensor<48x256x!graphc.quant<i8:f16, 16, 256>> -> tensor<48x256xf32>
  %2 = graphc.slice %1 axis 0[8, 40] : tensor<48x256xf32> -> tensor<32x256xf32>
  %3 = graphc.checkpoint "k.{layer}"[%layer] : tensor<32x256x!graphc.quant<i8:f16, 16, 256>>
  %4 = graphc.cast %3 : tensor<32x256x!graphc.quant<i8:f16, 16, 256>> -> tensor<32x256xf32>
  %5 = graphc.concat %2, %4 axis 0 : (tensor<32x256xf32>, tensor<32x256xf32>) -> tensor<64x256xf32>
  graphc.yield %5 : tensor<64x256xf32>
}
// CHECK-LABEL: func.func private @layer
// CHECK: graphc.fused_linear %{{.+}}, %{{.+}} rows(!graphc.quant<i8 : f32, 16, 128>) : (tensor<?x256xf32>, tensor<64x256x!graphc.quant<i8 : f16, 16, 256>>)
// F32: graphc.fused_linear %{{.+}}, %{{.+}} rows(f32) : (tensor<?x256xf32>, tensor<64x256x!graphc.quant<i8 : f16, 16, 256>>)
func.func private @layer(%x: tensor<?x256xf32>, %layer: index) -> tensor<?x64xf32> {
  %w = graphc.param @joined[%layer] : tensor<64x256xf32>
  %y = graphc.linear %x, %w : (tensor<?x256xf32>, tensor<64x256xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// A table that no rows are multiplied with.
// CHECK: graphc.weight @embed[%{{.+}} in 1] : tensor<64x32x!graphc.quant<ui4 : f16, 32>>
// CHECK: graphc.quantize keep
graphc.weight @embed[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "embed"[%layer] : tensor<64x32x!graphc.quant<ui4:f16, 32>>
  %1 = graphc.cast %0 : tensor<64x32x!graphc.quant<ui4:f16, 32>> -> tensor<64x32xf32>
  graphc.yield %1 : tensor<64x32xf32>
}
// CHECK-LABEL: func.func @step
// CHECK: graphc.embedding %{{.+}}, %{{.+}} : tensor<64x32x!graphc.quant<ui4 : f16, 32>> -> tensor<?x32xf32>
func.func @step(%step: !graphc.step) -> tensor<?x32xf32> {
  %c0 = arith.constant 0 : index
  %w = graphc.param @embed[%c0] : tensor<64x32xf32>
  %x = graphc.embedding %w, %step : tensor<64x32xf32> -> tensor<?x32xf32>
  return %x : tensor<?x32xf32>
}

// -----

// Refused: numbers that were computed are not those of the file.
// CHECK: graphc.weight @scaled[%{{.+}} in 1] : tensor<64x32xbf16>
// expected-remark @below {{not quantized: its checkpoint tensors are not quantized, or not alike}}
graphc.weight @scaled[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "w"[%layer] : tensor<64x32x!graphc.quant<i8:f16, 32>>
  %1 = graphc.cast %0 : tensor<64x32x!graphc.quant<i8:f16, 32>> -> tensor<64x32xf32>
  %2 = graphc.scale %1 by 2.0 : tensor<64x32xf32>
  graphc.yield %2 : tensor<64x32xf32>
}
// Refused: columns would leave their groups.
// CHECK: graphc.weight @turned[%{{.+}} in 1] : tensor<64x32xbf16>
// expected-remark @below {{not quantized: its checkpoint tensors are not quantized, or not alike}}
graphc.weight @turned[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "t"[%layer] : tensor<32x64x!graphc.quant<i8:f16, 32>>
  %1 = graphc.cast %0 : tensor<32x64x!graphc.quant<i8:f16, 32>> -> tensor<32x64xf32>
  %2 = graphc.transpose %1 [1, 0] : tensor<32x64xf32> -> tensor<64x32xf32>
  graphc.yield %2 : tensor<64x32xf32>
}
// Refused: two forms in one.
// CHECK: graphc.weight @mixed[%{{.+}} in 1] : tensor<64x32xbf16>
// expected-remark @below {{not quantized: its checkpoint tensors are not quantized, or not alike}}
graphc.weight @mixed[%layer in 1] : tensor<64x32xf32> {
  %0 = graphc.checkpoint "a"[%layer] : tensor<32x32x!graphc.quant<i8:f16, 32>>
  %1 = graphc.cast %0 : tensor<32x32x!graphc.quant<i8:f16, 32>> -> tensor<32x32xf32>
  %2 = graphc.checkpoint "b"[%layer] : tensor<32x32x!graphc.quant<i4:f16, 32>>
  %3 = graphc.cast %2 : tensor<32x32x!graphc.quant<i4:f16, 32>> -> tensor<32x32xf32>
  %4 = graphc.concat %1, %3 axis 0 : (tensor<32x32xf32>, tensor<32x32xf32>) -> tensor<64x32xf32>
  graphc.yield %4 : tensor<64x32xf32>
}
func.func private @refused(%x: tensor<?x32xf32>, %layer: index) -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) {
  %a = graphc.param @scaled[%layer] : tensor<64x32xf32>
  %b = graphc.param @turned[%layer] : tensor<64x32xf32>
  %c = graphc.param @mixed[%layer] : tensor<64x32xf32>
  %0 = graphc.linear %x, %a : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  %1 = graphc.linear %x, %b : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  %2 = graphc.linear %x, %c : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  return %0, %1, %2 : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>
}
