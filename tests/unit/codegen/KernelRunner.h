// Compiles one kernel from its text and runs it on arrays of a test.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_KERNELRUNNER_H
#define GRAPHC_TESTS_UNIT_CODEGEN_KERNELRUNNER_H

#include "codegen/kernels/KernelEmitter.h"

#include <memory>
#include <string>
#include <vector>

namespace graphc::test {

/// The levels of runtime/base/CpuFeatures.h that this machine has, weakest first, but for those
/// that only add tile registers to another: most kernels are the same there.
std::vector<std::string> availableLevels();
/// Those levels, as far as this machine has them.
std::vector<std::string> availableTileLevels();

/// The levels, and the last one again with bf16 widened where it has the dot product: kernels of
/// products differ.
std::vector<std::string> availableTargets();

/// A target's name as part of a test's name.
std::string testNameOf(std::string target);

/// What a step is given; see KernelAbi.h. Empty arrays are passed as they are.
struct StepArrays {
  std::vector<int32_t> tokens, position, slot, rowOffsets, outRows, pageTable, columnSlot,
      columnPosition;
  std::vector<float> inputRows;
  int64_t pageTableStride = 0;
  int64_t shares = 1; ///< Of every task.
  /// Extents when they differ from the arrays' lengths; by default T = position or tokens,
  /// R = outRows, S = columnSlot, B = rowOffsets - 1.
  int64_t T = -1, R = -1, S = -1;

  StepDims extents() const;
};

class KernelRunner {
public:
  /// `text`: a module with one graphc.kernel. Tile instructions that this machine has not are
  /// emulated. Null, with what went wrong on stderr and as a test
  /// failure, when it does not compile.
  static std::unique_ptr<KernelRunner> compile(const std::string &text, const std::string &level,
                                               const StepBounds &bounds);
  ~KernelRunner();

  /// Runs all tasks, cut into `pieces` calls. `memory`: one address per operand and result of the
  /// kernel (null for a step operand). `backwards`: every task in a call of its own, the last one
  /// first.
  void run(const StepArrays &step, const std::vector<void *> &memory, int64_t pieces = 1,
           bool backwards = false);

  /// The kernel that was compiled.
  KernelOp kernel() const { return *module->getOps<KernelOp>().begin(); }
  const StepBounds &bounds() const { return stepBounds; }
  const EmittedKernel &emitted() const { return info; }
  /// Assembly of the kernel.
  const std::string &assembly() const { return assemblyText; }

private:
  KernelRunner(mlir::OwningOpRef<mlir::ModuleOp> module, const StepBounds &bounds)
      : module(std::move(module)), stepBounds(bounds) {}

  mutable mlir::OwningOpRef<mlir::ModuleOp> module; // accessors of ops are not const
  StepBounds stepBounds;
  EmittedKernel info;
  std::string assemblyText;
  int file = -1;
  void *library = nullptr;
  KernelFn entry = nullptr;
};

/// A 64-byte aligned array, zero-filled.
template <typename T>
class AlignedArray {
public:
  explicit AlignedArray(size_t count)
      : count(count),
        storage(static_cast<T *>(std::aligned_alloc(64, (count * sizeof(T) + 127) / 64 * 64))) {
    std::fill_n(storage.get(), count, T());
  }
  T *data() { return storage.get(); }
  size_t size() const { return count; }
  T &operator[](size_t i) { return storage.get()[i]; }
  const T &operator[](size_t i) const { return storage.get()[i]; }

private:
  struct Free {
    void operator()(T *pointer) const { std::free(pointer); }
  };
  size_t count;
  std::unique_ptr<T, Free> storage;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_KERNELRUNNER_H
