// The machine code of plans needs nothing: no symbol of any library, not even a memcpy that LLVM
// puts in by itself. Reads the code sections of compiled plans as a dynamic linker would.
#include "plan/PlanFixture.h"

#include "codegen/lowering/ObjectEmitter.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/SourceMgr.h"

#include <cstdlib>
#include <gmock/gmock.h>

using namespace graphc;
using namespace graphc::test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// What an ELF file takes from others and gives to them.
struct Symbols {
  std::vector<std::string> undefined; ///< In any symbol table, strong or weak.
  std::vector<std::string> exported;
  std::vector<std::string> libraries; ///< DT_NEEDED
};

Symbols symbolsOf(llvm::StringRef bytes) {
  using Elf = llvm::object::ELF64LEObjectFile;
  auto file = Elf::create(llvm::MemoryBufferRef(bytes, "code"));
  if (!file) {
    ADD_FAILURE() << "no ELF file: " << llvm::toString(file.takeError());
    return {};
  }
  Symbols symbols;
  auto add = [&](const llvm::object::ELFSymbolRef &symbol) {
    uint32_t flags = llvm::cantFail(symbol.getFlags());
    std::string name = llvm::cantFail(symbol.getName()).str();
    if (flags & llvm::object::SymbolRef::SF_Undefined && !name.empty())
      symbols.undefined.push_back(name);
    else if (flags & llvm::object::SymbolRef::SF_Exported)
      symbols.exported.push_back(name);
  };
  for (const llvm::object::ELFSymbolRef &symbol : file->symbols())
    add(symbol);
  for (const llvm::object::ELFSymbolRef &symbol : file->getDynamicSymbolIterators())
    add(symbol);
  llvm::StringRef names;
  for (const auto &section : llvm::cantFail(file->getELFFile().sections())) {
    if (section.sh_type == llvm::ELF::SHT_STRTAB && section.sh_flags & llvm::ELF::SHF_ALLOC)
      names = llvm::cantFail(file->getELFFile().getStringTable(section));
  }
  for (const auto &entry : llvm::cantFail(file->getELFFile().dynamicEntries())) {
    if (entry.getTag() == llvm::ELF::DT_NEEDED)
      symbols.libraries.push_back(names.substr(entry.getVal()).split('\0').first.str());
  }
  return symbols;
}

/// The code of a plan of the example model, compiled with these flags.
class PlanCode {
public:
  explicit PlanCode(const std::string &flags) {
    std::string plan = folder.file("a.gcplan");
    std::string command = "'" GRAPHC_PROGRAM "' compile '" GRAPHC_SOURCE_DIR
                          "/examples/tiny-stories' -q -o '" +
                          plan + "' " + flags;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    auto opened = Plan::open(plan, {.anyMachine = true});
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    if (!opened.ok())
      return;
    for (const PlanKernel &kernel : opened->header().variants.front().kernels)
      entries.push_back(kernel.symbol);
    const PlanSection *section =
        opened->header().findSection(opened->header().variants.front().codeSection);
    if (section)
      code = readFile(plan).substr(section->offset, section->bytes);
  }

  std::vector<std::string> entries; ///< Entry points that the header names.
  std::string code;

private:
  TemporaryFolder folder;
};

class KernelObject : public testing::TestWithParam<std::tuple<const char *, const char *>> {};

std::string nameOf(const testing::TestParamInfo<KernelObject::ParamType> &info) {
  std::string name = std::string(std::get<0>(info.param)) + std::get<1>(info.param);
  std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return name;
}

// -O0 has the generic kernels, among them all that use exp; no kernel is run here.
INSTANTIATE_TEST_SUITE_P(Plans, KernelObject,
                         testing::Combine(testing::Values("x86-64-v3", "x86-64-v4",
                                                          "x86-64-v4-bf16"),
                                          testing::Values("-O2 --dtype f32", "-O2 --dtype bf16",
                                                          "-O0 --dtype f32", "-O0 --dtype bf16")),
                         nameOf);

} // namespace

TEST_P(KernelObject, HasNoUndefinedSymbols) {
  auto [target, flags] = GetParam();
  PlanCode plan(std::string(flags) + " --target " + target);
  ASSERT_FALSE(plan.code.empty());
  Symbols symbols = symbolsOf(plan.code);
  EXPECT_THAT(symbols.undefined, IsEmpty());
  EXPECT_THAT(symbols.libraries, IsEmpty());
  // The tables were really read: every kernel is in them.
  EXPECT_GE(plan.entries.size(), 8u);
  for (const std::string &entry : plan.entries)
    EXPECT_THAT(symbols.exported, Contains(entry));
}

TEST(KernelObjectReader, SeesACallOfExpf) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic error;
  auto module = llvm::parseAssemblyString("declare float @expf(float)\n"
                                          "define float @kernel(float %x) {\n"
                                          "  %y = call float @expf(float %x)\n"
                                          "  ret float %y\n}\n",
                                          error, context);
  ASSERT_TRUE(module) << error.getMessage().str();
  auto target = Target::parse("x86-64-v3");
  ASSERT_TRUE(target.ok());
  auto emitter = ObjectEmitter::create(*target);
  ASSERT_TRUE(emitter.ok());
  emitter->optimize(*module);
  auto object = emitter->emitObject(*module);
  ASSERT_TRUE(object.ok());
  Symbols symbols = symbolsOf(llvm::StringRef(object->data(), object->size()));
  EXPECT_THAT(symbols.undefined, ElementsAre("expf"));
}

TEST(KernelObjectReader, SeesLibraries) {
  Symbols symbols = symbolsOf(readFile(GRAPHC_RUNTIME_LIBRARY));
  EXPECT_THAT(symbols.libraries, Contains("libc.so.6"));
  EXPECT_THAT(symbols.undefined, Contains("mmap")); // A name that sanitizers leave alone.
}
