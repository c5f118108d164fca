#include "tools/compiler/IrDump.h"

#include "mlir/IR/OperationSupport.h"
#include "mlir/Pass/PassInstrumentation.h"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace mlir;
namespace fs = std::filesystem;

namespace graphc {

namespace {

/// NN-name.mlir, .ll or .s: what an earlier dump wrote.
bool isDumpFile(const fs::path &path) {
  std::string name = path.filename().string();
  std::string extension = path.extension().string();
  return name.size() > 3 && std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::isdigit(static_cast<unsigned char>(name[1])) && name[2] == '-' &&
         (extension == ".mlir" || extension == ".ll" || extension == ".s");
}

class DumpInstrumentation : public PassInstrumentation {
public:
  explicit DumpInstrumentation(IrDump &dump) : dump(dump) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (isa<ModuleOp>(op) && !pass->getArgument().empty())
      before.emplace(op);
  }

  void runAfterPass(Pass *pass, Operation *op) override {
    if (!isa<ModuleOp>(op) || pass->getArgument().empty() || !before)
      return;
    bool changed = *before != OperationFingerPrint(op);
    before.reset();
    StringRef name = pass->getArgument();
    name.consume_front("graphc-");
    if (changed)
      dump.write(name, cast<ModuleOp>(op));
  }

private:
  IrDump &dump;
  std::optional<OperationFingerPrint> before;
};

} // namespace

std::string moduleText(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream out(text);
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(32);
  module.print(out, flags);
  out << '\n';
  return text;
}

Expected<IrDump> IrDump::create(const std::string &folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return resourceError(folder + ": cannot be created: " + error.message());
  for (const fs::directory_entry &entry : fs::directory_iterator(folder, error)) {
    if (isDumpFile(entry.path()))
      fs::remove(entry.path(), error);
  }
  return IrDump(folder);
}

void IrDump::write(std::string_view name, std::string_view extension, std::string_view text) {
  char number[16];
  std::snprintf(number, sizeof(number), "%02d-", next++);
  std::string path = folder + "/" + number + std::string(name) + "." + std::string(extension);
  std::ofstream out(path);
  out << text;
  out.close();
  if (!out && failure.ok())
    failure = resourceError(path + ": cannot be written: " + std::strerror(errno));
}

void IrDump::write(std::string_view name, ModuleOp module) {
  write(name, "mlir", moduleText(module));
}

void IrDump::attach(PassManager &manager) {
  manager.addInstrumentation(std::make_unique<DumpInstrumentation>(*this));
}

} // namespace graphc
