# lit: tests of IR, passes and code generation as text (tests/{ir,passes,codegen}/*.mlir).
#
#   ctest -L lit                                all of them
#   lit -v build/release/tests/ir               one folder
#   lit -v build/release/tests/ir/fused.mlir    one file
import os

import lit.formats

config.name = "graphc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["unit", "e2e", "bench"]
config.test_source_root = config.graphc_tests_source
config.test_exec_root = config.graphc_tests_build

# First what was built, then LLVM's FileCheck and not.
config.environment["PATH"] = ":".join(
    [config.graphc_bin, config.llvm_bin, config.environment["PATH"]])
for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS"]:
    if name in os.environ:
        config.environment[name] = os.environ[name]
