#include "ir/SymbolicDims.h"

#include "ir/GraphDialect.h"
#include "ir/OpRules.h"
#include "runtime/base/CheckedMath.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;

namespace graphc {

//===----------------------------------------------------------------------===//
// Dim, StepDims, Cost
//===----------------------------------------------------------------------===//

std::optional<Dim> Dim::parse(StringRef letter) {
  return llvm::StringSwitch<std::optional<Dim>>(letter)
      .Case("T", Dim::tokens())
      .Case("R", Dim::rows())
      .Case("S", Dim::cached())
      .Default(std::nullopt);
}

llvm::raw_ostream &operator<<(llvm::raw_ostream &os, Dim dim) {
  switch (dim.kind()) {
  case Dim::Kind::Static:
    return os << dim.extent();
  case Dim::Kind::T:
    return os << 'T';
  case Dim::Kind::R:
    return os << 'R';
  case Dim::Kind::S:
    return os << 'S';
  }
  return os;
}

/// Sum of min(i, window) for i in 1..n.
static double sumOfSeen(double n, double window) {
  if (n <= window)
    return n * (n + 1) / 2;
  return window * (window + 1) / 2 + (n - window) * window;
}

double StepDims::attendedPairs(std::optional<int64_t> window) const {
  const double all = double(tokens) * double(cached);
  const double seenPerToken = window ? double(*window) : double(cached);
  if (pairs)
    return std::min(double(*pairs), double(tokens) * seenPerToken);
  const double before = std::max<double>(0, double(cached) - double(tokens));
  return std::min(all, sumOfSeen(double(cached), seenPerToken) - sumOfSeen(before, seenPerToken));
}

Cost &Cost::operator+=(const Cost &other) {
  flops += other.flops;
  weightBytes += other.weightBytes;
  activationBytes += other.activationBytes;
  cacheBytes += other.cacheBytes;
  return *this;
}

//===----------------------------------------------------------------------===//
// Propagation
//===----------------------------------------------------------------------===//

/// One forward walk: functions when they are first called, ops in order.
class DimsPropagation {
public:
  LogicalResult runFunction(FunctionOpInterface function, ArrayRef<DimList> arguments);
  LogicalResult runWithAttributes(FunctionOpInterface function);

  SymbolicDims result;

private:
  LogicalResult runOp(Operation &op);
  LogicalResult runCall(func::CallOp call);
  LogicalResult setResults(Operation &op, ArrayRef<DimList> lists);
  LogicalResult setArguments(FunctionOpInterface function, ArrayRef<DimList> arguments);

  SymbolTableCollection symbols;
  DenseMap<Operation *, SmallVector<DimList>> finished; ///< result dimensions of each function
  DenseSet<Operation *> running;
};

/// Whether a list says the same as a type's static extents, and has a symbol for each `?`.
static bool matches(Type type, ArrayRef<Dim> dims) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return dims.empty();
  return tensor.getRank() == int64_t(dims.size()) &&
         llvm::all_of(llvm::zip(tensor.getShape(), dims), [](auto pair) {
           auto [extent, dim] = pair;
           return ShapedType::isDynamic(extent) ? !dim.isStatic() : dim == Dim::fixed(extent);
         });
}

static std::string toString(ArrayRef<Dim> dims) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(dims, os);
  os << ']';
  return text;
}

LogicalResult DimsPropagation::setArguments(FunctionOpInterface function,
                                            ArrayRef<DimList> arguments) {
  if (arguments.size() != function.getNumArguments())
    return function.emitOpError() << "expected dimensions of " << function.getNumArguments()
                                  << " arguments but got those of " << arguments.size();
  for (auto [argument, list] : llvm::zip(function.getArguments(), arguments)) {
    if (!matches(argument.getType(), list))
      return function.emitOpError()
             << "expected dimensions of " << argument.getType() << " for argument "
             << argument.getArgNumber() << " but got " << toString(list);
    result.dims[argument] = list;
  }
  return success();
}

LogicalResult DimsPropagation::runFunction(FunctionOpInterface function,
                                           ArrayRef<DimList> arguments) {
  if (failed(setArguments(function, arguments)))
    return failure();
  running.insert(function);
  for (Operation &op : function.getFunctionBody().front()) {
    if (failed(runOp(op)))
      return failure();
  }
  running.erase(function);
  Operation *terminator = function.getFunctionBody().front().getTerminator();
  finished[function] = result.operandDims(terminator);
  return success();
}

/// The symbols that an argument's attribute names; without one, a single ? is T.
static SmallVector<Dim> argumentSymbols(FunctionOpInterface function, BlockArgument argument) {
  SmallVector<Dim> symbols;
  auto letters = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), kDimsAttrName);
  for (Attribute letter : letters ? letters.getValue() : ArrayRef<Attribute>()) {
    auto text = dyn_cast<StringAttr>(letter);
    if (std::optional<Dim> symbol = text ? Dim::parse(text.getValue()) : std::nullopt)
      symbols.push_back(*symbol);
  }
  auto tensor = dyn_cast<RankedTensorType>(argument.getType());
  if (!letters && tensor && tensor.getNumDynamicDims() == 1)
    symbols.push_back(Dim::tokens());
  return symbols;
}

LogicalResult DimsPropagation::runWithAttributes(FunctionOpInterface function) {
  SmallVector<DimList> arguments;
  for (BlockArgument argument : function.getArguments()) {
    SmallVector<Dim> symbols = argumentSymbols(function, argument);
    DimList list = rules::dimsOf(argument.getType(), symbols);
    if (!matches(argument.getType(), list))
      return function.emitOpError()
             << "expected " << kDimsAttrName << " with a symbol for each ? of argument "
             << argument.getArgNumber() << " of type " << argument.getType() << " but got "
             << symbols.size();
    arguments.push_back(std::move(list));
  }
  return runFunction(function, arguments);
}

LogicalResult DimsPropagation::runCall(func::CallOp call) {
  auto callee = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(call, call.getCalleeAttr());
  if (!callee || callee.isExternal())
    return call.emitOpError() << "expected a function with a body named " << call.getCallee();
  if (running.contains(callee))
    return call.emitOpError() << "expected no circle of calls but got one through @"
                              << call.getCallee();
  SmallVector<DimList> arguments = result.operandDims(call);
  if (!finished.contains(callee)) {
    if (failed(runFunction(callee, arguments)))
      return failure();
  } else {
    for (auto [argument, list] : llvm::zip(callee.getArguments(), arguments))
      if (result.get(argument) != ArrayRef<Dim>(list))
        return call.emitOpError() << "expected argument " << argument.getArgNumber()
                                  << " with dimensions " << toString(result.get(argument))
                                  << ", as in an earlier call, but got " << toString(list);
  }
  return setResults(*call, finished[callee]);
}

LogicalResult DimsPropagation::setResults(Operation &op, ArrayRef<DimList> lists) {
  if (lists.size() != op.getNumResults())
    return op.emitOpError() << "expected dimensions of " << op.getNumResults()
                            << " results but got those of " << lists.size();
  for (auto [value, list] : llvm::zip(op.getResults(), lists)) {
    if (!matches(value.getType(), list))
      return op.emitOpError() << "expected dimensions that match the result's type "
                              << value.getType() << " but its operands give " << toString(list);
    result.dims[value] = list;
  }
  return success();
}

LogicalResult DimsPropagation::runOp(Operation &op) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return runCall(call);
  if (auto inferable = dyn_cast<DimsOpInterface>(op))
    return setResults(op, inferable.inferDims(result.operandDims(&op)));
  SmallVector<DimList> lists;
  for (Type type : op.getResultTypes())
    lists.push_back(rules::dimsOf(type, {}));
  return setResults(op, lists);
}

//===----------------------------------------------------------------------===//
// SymbolicDims
//===----------------------------------------------------------------------===//

/// Functions that no call in the module names, in order.
static SmallVector<FunctionOpInterface> findRoots(ModuleOp module) {
  DenseSet<StringAttr> called;
  module.walk([&](func::CallOp call) { called.insert(call.getCalleeAttr().getAttr()); });
  SmallVector<FunctionOpInterface> roots;
  for (auto function : module.getOps<func::FuncOp>())
    if (!called.contains(function.getSymNameAttr()) && !function.isExternal())
      roots.push_back(function);
  return roots;
}

FailureOr<SymbolicDims> SymbolicDims::analyze(ModuleOp module) {
  DimsPropagation propagation;
  for (FunctionOpInterface root : findRoots(module))
    if (failed(propagation.runWithAttributes(root)))
      return failure();
  return std::move(propagation.result);
}

FailureOr<SymbolicDims> SymbolicDims::analyze(FunctionOpInterface function) {
  DimsPropagation propagation;
  if (failed(propagation.runWithAttributes(function)))
    return failure();
  return std::move(propagation.result);
}

FailureOr<SymbolicDims> SymbolicDims::analyze(FunctionOpInterface function,
                                              ArrayRef<DimList> arguments) {
  DimsPropagation propagation;
  if (failed(propagation.runFunction(function, arguments)))
    return failure();
  return std::move(propagation.result);
}

SmallVector<DimList> SymbolicDims::operandDims(Operation *op) const {
  return llvm::map_to_vector(op->getOperands(), [&](Value operand) {
    ArrayRef<Dim> list = get(operand);
    return DimList(list.begin(), list.end());
  });
}

Cost SymbolicDims::cost(Operation *op, const StepDims &step) const {
  auto costly = dyn_cast<CostOpInterface>(op);
  return costly ? costly.getCost(operandDims(op), step) : Cost();
}

std::optional<uint64_t> boundedBytes(Type type, ArrayRef<Dim> dims, const StepDims &bounds) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || int64_t(dims.size()) != tensor.getRank())
    return std::nullopt;
  std::optional<uint64_t> numbers = 1;
  for (Dim dim : dims)
    numbers = numbers ? checkedMul(*numbers, uint64_t(bounds(dim))) : std::nullopt;
  if (!numbers)
    return std::nullopt;
  // A number's share of its group's scale may be a part of a bit; that of all rows together is not.
  double perNumber = rules::bitsPerNumber(tensor.getElementType());
  auto whole = uint64_t(perNumber);
  auto shares = uint64_t(std::llround(double(*numbers) * (perNumber - double(whole))));
  std::optional<uint64_t> bits = checkedMul(*numbers, whole);
  bits = bits ? checkedAdd(*bits, shares) : std::nullopt;
  return bits ? std::optional(*bits / 8) : std::nullopt;
}

Attribute getDimsAttr(MLIRContext *context, ArrayRef<Dim> dims) {
  SmallVector<Attribute> letters;
  for (Dim dim : dims) {
    if (dim.isStatic())
      continue;
    std::string letter;
    llvm::raw_string_ostream(letter) << dim;
    letters.push_back(StringAttr::get(context, letter));
  }
  return letters.empty() ? Attribute() : ArrayAttr::get(context, letters);
}

} // namespace graphc
