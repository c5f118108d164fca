// What the machine runs, on each level: the instructions, and the entry points in LLVM IR.
//
// RUN: graphc dump %s --stage asm --target x86-64-v3 | FileCheck %s --check-prefixes=CHECK,V3 --implicit-check-not=zmm --implicit-check-not=call
// RUN: graphc dump %s --stage asm --target x86-64-v4 | FileCheck %s --check-prefixes=CHECK,V4 --implicit-check-not=dpbf16 --implicit-check-not=vcvtne --implicit-check-not=call
// RUN: graphc dump %s --stage asm --target x86-64-v4-bf16 | FileCheck %s --check-prefixes=CHECK,BF16 --implicit-check-not=call
// RUN: graphc dump %s --stage llvm --target x86-64-v3 | FileCheck %s --check-prefix=LLVM --implicit-check-not='declare {{[^@]*@[^l]}}'

// CHECK-LABEL: graphc_linear:
// V3: vfmadd{{[0-9]+}}ps {{.*}}%ymm
// V4: vfmadd{{[0-9]+}}ps {{.*}}%zmm
// BF16: vdpbf16ps {{.*}}%zmm
graphc.kernel @linear(%x: tensor<?x64xbf16>, %w: tensor<1x32x32x2xbf16>) -> tensor<?x32xf32> {
  %0 = graphc.linear %x, %w : (tensor<?x64xbf16>, tensor<1x32x32x2xbf16>) -> tensor<?x32xf32>
  graphc.yield %0 : tensor<?x32xf32>
}

// CHECK-LABEL: graphc_attention:
// BF16: vdpbf16ps {{.*}}%zmm
// BF16: vcvtneps2bf16 {{.*}}%zmm
// BF16: vdpbf16ps {{.*}}%zmm
graphc.kernel @attention(%q: tensor<4x?x80xbf16>, %kv: !graphc.kv_cache<2x80xbf16>, %step: !graphc.step) -> tensor<?x320xf32> {
  %0 = graphc.flash_attention %q, %kv, %step causal scale 0.125 : tensor<4x?x80xbf16>, !graphc.kv_cache<2x80xbf16> -> tensor<?x320xf32>
  graphc.yield %0 : tensor<?x320xf32>
}

// Loops that store zeros or copy must not become memset or memcpy.
// CHECK-LABEL: graphc_rows:
graphc.kernel @rows(%x: tensor<?x1000xf32>) -> tensor<?x2048xf32> {
  %r = graphc.prepare_rows %x : (tensor<?x1000xf32>) -> tensor<?x2048xf32>
  graphc.yield %r : tensor<?x2048xf32>
}

// Every kernel is inside its entry point, which alone is seen from outside.
// LLVM-NOT: define {{.*}}@linear(
// LLVM-DAG: define {{[^i]*}}void @graphc_linear(ptr {{.*}}, i64 {{.*}}, i64 {{.*}}, ptr {{.*}})
// LLVM-DAG: define {{[^i]*}}void @graphc_attention(
// LLVM-DAG: define {{[^i]*}}void @graphc_rows(
// LLVM: attributes #{{.+}} = { {{.*}}"target-features"="{{.*}}+avx2{{[^5]*}}"
graphc.plan @step arena 0 max_tokens 16 context 128 {
}
