// The way from MLIR to a shared object, with a function written by hand.
#include "KernelContext.h"

#include "codegen/lowering/KernelCompiler.h"
#include "runtime/plan/KernelAbi.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

static constexpr char kDouble[] = R"(
func.func @double(%T: index, %R: index, %S: index, %B: index, %stride: index,
    %tokens: memref<9xi32>, %position: memref<9xi32>, %slot: memref<9xi32>,
    %row_offsets: memref<9xi32>, %out_rows: memref<9xi32>, %page_table: memref<9xi32>,
    %column_slot: memref<9xi32>, %column_position: memref<9xi32>,
    %in: memref<512xf32>, %out: memref<512xf32>,
    %begin: index, %end: index, %scratch: memref<64xi8>) {
  %one = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %begin to %end step %one {
    %x = memref.load %in[%i] : memref<512xf32>
    %y = arith.addf %x, %x : f32
    memref.store %y, %out[%i] : memref<512xf32>
  }
  scf.for %i = %begin to %end step %one {
    memref.store %zero, %in[%i] : memref<512xf32>
  }
  return
})";

TEST(KernelCompiler, MakesSharedObjectsWithoutUndefinedSymbols) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kDouble, &kernelContext());
  ASSERT_TRUE(module);
  Expected<Target> target = Target::parse("x86-64-v3");
  ASSERT_TRUE(target.ok());
  auto kernels = CompiledKernels::create(*module, {EntryPoint{"double", "graphc_double", {0, 2}}});
  ASSERT_TRUE(mlir::succeeded(kernels));
  ASSERT_TRUE(kernels->optimize(*target).ok());
  // The loop that stores zeros must not have become a call of memset.
  auto assembly = kernels->assembly(*target);
  ASSERT_TRUE(assembly.ok());
  EXPECT_EQ(assembly->find("call"), std::string::npos) << *assembly;
  auto object = kernels->sharedObject(*target);
  ASSERT_TRUE(object.ok()) << object.status().message();
  EXPECT_EQ(std::memcmp(object->data(),
                        "\x7f"
                        "ELF",
                        4),
            0);
}

TEST(KernelCompiler, LinkerNamesUndefinedSymbols) {
  std::string text = kDouble;
  text.insert(1, "func.func private @sinister(f32) -> f32\n");
  text.replace(text.find("arith.addf %x, %x : f32"), 23, "func.call @sinister(%x) : (f32) -> f32");
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &kernelContext());
  ASSERT_TRUE(module);
  Expected<Target> target = Target::parse("x86-64-v3");
  auto kernels = CompiledKernels::create(*module, {EntryPoint{"double", "graphc_double", {0, 1}}});
  ASSERT_TRUE(mlir::succeeded(kernels));
  ASSERT_TRUE(kernels->optimize(*target).ok());
  auto object = kernels->sharedObject(*target);
  ASSERT_FALSE(object.ok());
  EXPECT_NE(object.status().message().find("sinister"), std::string::npos);
}
