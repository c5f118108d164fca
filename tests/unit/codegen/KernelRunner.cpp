#include "KernelRunner.h"

#include "KernelContext.h"
#include "TileEmulation.h"

#include "codegen/EmitKernels.h"
#include "runtime/base/CpuFeatures.h"

#include "mlir/Parser/Parser.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xmmintrin.h>

using namespace mlir;

namespace graphc::test {

static std::vector<std::string> availableLevels(bool withTiles) {
  std::vector<std::string> names;
  CpuFeatures host = CpuFeatures::host();
  for (const CpuLevel &level : cpuLevels()) {
    std::vector<std::string> features(level.features.begin(), level.features.end());
    bool hasTiles = llvm::is_contained(features, "amx-tile");
    if (hasTiles == withTiles && host.missing(features).empty())
      names.emplace_back(level.name);
  }
  return names;
}

std::vector<std::string> availableLevels() { return availableLevels(/*withTiles=*/false); }

std::vector<std::string> availableTileLevels() { return availableLevels(/*withTiles=*/true); }

std::vector<std::string> availableTargets() {
  std::vector<std::string> names = availableLevels();
  if (names.back() == "x86-64-v4-bf16")
    names.push_back(names.back() + "+widen-bf16");
  return names;
}

static bool hasTiles() { return !availableTileLevels().empty(); }

std::string testNameOf(std::string target) {
  std::replace_if(
      target.begin(), target.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return target;
}

std::unique_ptr<KernelRunner>
KernelRunner::compile(const std::string &text, const std::string &level, const StepBounds &bounds) {
  auto fail = [&](const std::string &why) {
    ADD_FAILURE() << why << "\nkernel:\n" << text;
    return nullptr;
  };
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &kernelContext());
  if (!module)
    return fail("the kernel does not parse");
  Expected<Target> target = Target::parse(level);
  if (!target)
    return fail(target.status().message());
  FailureOr<EmittedKernels> kernels = emitKernels(*module, bounds, *target);
  if (failed(kernels))
    return fail("the kernel cannot be emitted");
  if (failed(kernels->module->verify()))
    return fail("the emitted kernel is invalid");
  if (!hasTiles() && target->hasByteTiles()) {
    if (emulateTiles(*kernels->module) == 0)
      return fail("there is no tile instruction to emulate");
    target = Target::parse("x86-64-v4-bf16"); // the level that tiles are added to
  }
  FailureOr<CompiledKernels> compiled = lowerKernels(*kernels);
  if (failed(compiled))
    return fail("the kernel cannot be lowered");
  if (Status status = compiled->optimize(*target); !status.ok())
    return fail(status.message());
  auto object = compiled->sharedObject(*target);
  if (!object)
    return fail(object.status().message());

  std::unique_ptr<KernelRunner> runner(new KernelRunner(std::move(module), bounds));
  runner->info = kernels->entries[0].emitted;
  if (auto assembly = compiled->assembly(*target))
    runner->assemblyText = *assembly;
  runner->file = ::memfd_create("kernel", MFD_CLOEXEC);
  if (::write(runner->file, object->data(), object->size()) != static_cast<ssize_t>(object->size()))
    return fail("cannot write the shared object");
  std::string path = "/proc/self/fd/" + std::to_string(runner->file);
  runner->library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!runner->library)
    return fail(::dlerror());
  std::string symbol = kernels->entries[0].symbol;
  runner->entry = reinterpret_cast<KernelFn>(::dlsym(runner->library, symbol.c_str()));
  if (!runner->entry)
    return fail("no symbol " + symbol);
  return runner;
}

StepDims StepArrays::extents() const {
  auto length = [](const auto &array) { return static_cast<int64_t>(array.size()); };
  StepDims dims;
  dims.tokens = T >= 0 ? T : length(position.empty() ? tokens : position);
  dims.rows = R >= 0 ? R : length(outRows);
  dims.cached = S >= 0 ? S : length(columnSlot);
  return dims;
}

KernelRunner::~KernelRunner() {
  if (library)
    ::dlclose(library);
  // dlopen finds loaded objects by name: the number may be reused only after the library is gone.
  if (file >= 0)
    ::close(file);
}

void KernelRunner::run(const StepArrays &step, const std::vector<void *> &memory, int64_t pieces,
                       bool backwards) {
  auto address = [](const auto &array) { return reinterpret_cast<int64_t>(array.data()); };
  std::vector<int64_t> args(kFirstOperand);
  StepDims extents = step.extents();
  args[kArgT] = extents.tokens;
  args[kArgR] = extents.rows;
  args[kArgS] = extents.cached;
  args[kArgB] = std::max<int64_t>(static_cast<int64_t>(step.rowOffsets.size()) - 1, 0);
  args[kArgTokens] = address(step.tokens);
  args[kArgPosition] = address(step.position);
  args[kArgSlot] = address(step.slot);
  args[kArgRowOffsets] = address(step.rowOffsets);
  args[kArgOutRows] = address(step.outRows);
  args[kArgPageTable] = address(step.pageTable);
  args[kArgPageTableStride] = step.pageTableStride;
  args[kArgColumnSlot] = address(step.columnSlot);
  args[kArgColumnPosition] = address(step.columnPosition);
  args[kArgInputRows] = address(step.inputRows);
  args[kArgShares] = step.shares;
  AlignedArray<char> shared(info.tasks.sharedBytes(extents.tokens, stepBounds.cached));
  args[kArgShared] = reinterpret_cast<int64_t>(shared.data());
  for (void *pointer : memory)
    args.push_back(reinterpret_cast<int64_t>(pointer));

  int64_t counts[] = {1, extents.tokens, extents.rows, extents.cached};
  int64_t tasks = step.shares * info.tasks.count(counts[static_cast<size_t>(info.tasks.dim)]);
  AlignedArray<char> scratch(static_cast<size_t>(info.scratchBytes) + 64);
  unsigned int control = _mm_getcsr();
  _mm_setcsr(control | 0x8040); // flush denormals, as the runtime does
  for (int64_t task = tasks; backwards && task > 0; --task)
    entry(args.data(), task - 1, task, scratch.data());
  for (int64_t piece = 0; !backwards && piece < pieces; ++piece)
    entry(args.data(), tasks * piece / pieces, tasks * (piece + 1) / pieces, scratch.data());
  _mm_setcsr(control);
  const auto *counters = reinterpret_cast<const int32_t *>(shared.data());
  for (int64_t i = 0; i < kSharedCounters && shared.size() > 0; ++i)
    ASSERT_EQ(counters[i], 0) << "a counter that the next dispatch would find";
}

} // namespace graphc::test
