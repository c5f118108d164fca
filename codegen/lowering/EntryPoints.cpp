#include "codegen/lowering/EntryPoints.h"

#include "runtime/base/Assert.h"
#include "runtime/plan/KernelAbi.h"

#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace graphc {

// The leading arguments of a kernel function, in the order of codegen/kernels/KernelFunction.cpp.
static constexpr KernelArg kLeading[] = {kArgT,
                                         kArgR,
                                         kArgS,
                                         kArgB,
                                         kArgPageTableStride,
                                         kArgShares,
                                         kArgTokens,
                                         kArgPosition,
                                         kArgSlot,
                                         kArgRowOffsets,
                                         kArgOutRows,
                                         kArgPageTable,
                                         kArgColumnSlot,
                                         kArgColumnPosition,
                                         kArgInputRows,
                                         kArgShared};

void addEntryPoint(Module &module, const EntryPoint &entry) {
  Function *body = module.getFunction(entry.function);
  GRAPHC_ASSERT(body, "an entry point needs its kernel function");
  LLVMContext &context = module.getContext();
  Type *i64 = Type::getInt64Ty(context);
  Type *pointer = PointerType::get(context, 0);
  auto *type = FunctionType::get(Type::getVoidTy(context), {pointer, i64, i64, pointer}, false);
  Function *function = Function::Create(type, Function::ExternalLinkage, entry.symbol, module);
  IRBuilder<> builder(BasicBlock::Create(context, "entry", function));

  SmallVector<Value *> arguments;
  auto load = [&](int64_t slot) {
    Type *wanted = body->getFunctionType()->getParamType(arguments.size());
    Value *address = builder.CreateConstGEP1_64(i64, function->getArg(0), slot);
    arguments.push_back(builder.CreateLoad(wanted, address));
  };
  for (KernelArg slot : kLeading)
    load(slot);
  for (unsigned slot : entry.operandSlots)
    load(kFirstOperand + slot);
  for (unsigned i = 1; i <= 3; ++i)
    arguments.push_back(function->getArg(i));
  GRAPHC_ASSERT(arguments.size() == body->arg_size(), "kernel function and entry point disagree");
  builder.CreateCall(body, arguments);
  builder.CreateRetVoid();

  body->setLinkage(Function::InternalLinkage);
  body->addFnAttr(Attribute::AlwaysInline);
}

} // namespace graphc
