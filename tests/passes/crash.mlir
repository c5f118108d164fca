// A crash of a pass: which pass and where the reproducer is, and a reproducer that repeats it.
//
// RUN: rm -f %t.repro.mlir
// RUN: not graphc-opt %s --pass-pipeline='builtin.module(graphc-assign-precision{dtype=bf16},graphc-test-crash,cse)' \
// RUN:   --mlir-pass-pipeline-crash-reproducer=%t.repro.mlir 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=REPRODUCER < %t.repro.mlir
// RUN: not graphc-opt --run-reproducer %t.repro.mlir --mlir-pass-pipeline-crash-reproducer=%t.again.mlir 2>&1 | FileCheck %s
//
// With its own copy for each pass, the reproducer begins right before the crash.
// RUN: not graphc-opt %s --pass-pipeline='builtin.module(graphc-assign-precision{dtype=bf16},graphc-test-crash,cse)' \
// RUN:   --mlir-pass-pipeline-crash-reproducer=%t.local.mlir --mlir-pass-pipeline-local-reproducer --mlir-disable-threading 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=LOCAL < %t.local.mlir

// CHECK: error: Failures have been detected while processing an MLIR pass pipeline
// CHECK: note: Pipeline failed while executing {{\[?}}`{{.*}}TestCrashPass` on 'builtin.module' operation{{.*}}: reproducer generated at `{{.+}}.mlir`

// REPRODUCER-NOT: graphc.stage
// REPRODUCER: func.func @f
// REPRODUCER: pipeline: "builtin.module(graphc-assign-precision{dtype=bf16{{.*}}}, graphc-test-crash, cse)"

// LOCAL: graphc.stage = "fused"
// LOCAL: pipeline: "builtin.module(graphc-test-crash)"
func.func @f(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %y = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
