// The way from MLIR to a shared object, with a function written by hand.
#include "KernelContext.h"

#include "codegen/lowering/KernelCompiler.h"
#include "runtime/plan/KernelAbi.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <sched.h>

using namespace graphc;
using namespace graphc::test;

/// A kernel function with the leading arguments of KernelFunction.
static std::string doubleFunction(const std::string &name) {
  return "func.func @" + name + R"((
    %T: index, %R: index, %S: index, %B: index, %stride: index, %shares: index,
    %tokens: memref<9xi32>, %position: memref<9xi32>, %slot: memref<9xi32>,
    %row_offsets: memref<9xi32>, %out_rows: memref<9xi32>, %page_table: memref<9xi32>,
    %column_slot: memref<9xi32>, %column_position: memref<9xi32>, %rows: memref<9xf32>,
    %shared: memref<9xi8>, %in: memref<512xf32>, %out: memref<512xf32>,
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
}
)";
}

TEST(KernelCompiler, MakesSharedObjectsWithoutUndefinedSymbols) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(doubleFunction("double"), &kernelContext());
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
  std::string text = doubleFunction("double");
  text.insert(0, "func.func private @sinister(f32) -> f32\n");
  text.replace(text.find("arith.addf %x, %x : f32"), 23, "func.call @sinister(%x) : (f32) -> f32");
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &kernelContext());
  ASSERT_TRUE(module);
  Expected<Target> target = Target::parse("x86-64-v3");
  auto kernels = CompiledKernels::create(*module, {EntryPoint{"double", "graphc_double", {0, 2}}});
  ASSERT_TRUE(mlir::succeeded(kernels));
  ASSERT_TRUE(kernels->optimize(*target).ok());
  auto object = kernels->sharedObject(*target);
  ASSERT_FALSE(object.ok());
  EXPECT_NE(object.status().message().find("sinister"), std::string::npos);
}

/// Lets this thread run on its first CPU alone until the end of the scope.
class OnOneCpu {
public:
  OnOneCpu() {
    EXPECT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &all))
        CPU_SET(cpu, &one);
    }
    EXPECT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  }
  ~OnOneCpu() { sched_setaffinity(0, sizeof(all), &all); }

private:
  cpu_set_t all;
};

TEST(KernelCompiler, CodeDoesNotDependOnTheNumberOfCpus) {
  std::string text;
  std::vector<EntryPoint> entries;
  for (const char *name : {"first", "second", "third", "fourth"}) {
    text += doubleFunction(name);
    entries.push_back({name, std::string("graphc_") + name, {0, 2}});
  }
  Expected<Target> target = Target::parse("x86-64-v3");
  auto compile = [&]() -> std::vector<std::byte> {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &kernelContext());
    auto kernels = CompiledKernels::create(*module, entries);
    EXPECT_TRUE(mlir::succeeded(kernels) && kernels->optimize(*target).ok());
    auto object = kernels->sharedObject(*target);
    EXPECT_TRUE(object.ok());
    return object.ok() ? *object : std::vector<std::byte>();
  };
  std::vector<std::byte> onAll = compile();
  ASSERT_FALSE(onAll.empty());
  OnOneCpu one;
  EXPECT_EQ(compile(), onAll);
}
