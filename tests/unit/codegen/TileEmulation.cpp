#include "TileEmulation.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace graphc::test {

namespace {

class Emulation {
public:
  explicit Emulation(func::FuncOp function) : function(function) {}

  int64_t run() {
    SmallVector<Operation *> ops;
    function.walk([&](Operation *op) {
      if (isa<amx::TileZeroOp, amx::TileLoadOp, amx::TileStoreOp, amx::TileMulIOp, amx::TileMulFOp>(
              op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      emulate(op);
    for (Operation *op : llvm::reverse(ops))
      op->erase();
    return std::ssize(ops);
  }

private:
  /// Where the value of a tile is: memory that its op alone writes.
  Value bufferOf(Value tile) { return buffers.at(tile); }
  Value makeBuffer(Value tile) {
    auto type = cast<amx::TileType>(tile.getType());
    OpBuilder entry = OpBuilder::atBlockBegin(&function.getBody().front());
    Value buffer = memref::AllocaOp::create(
        entry, tile.getLoc(), MemRefType::get(type.getShape(), type.getElementType()));
    return buffers[tile] = buffer;
  }

  Value index(ImplicitLocOpBuilder &b, int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  void forEach(ImplicitLocOpBuilder &b, int64_t count, function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, index(b, 0), index(b, count), index(b, 1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
  void forEachElement(ImplicitLocOpBuilder &b, amx::TileType type,
                      function_ref<void(Value, Value)> body) {
    forEach(b, type.getDimSize(0), [&](Value row) {
      forEach(b, type.getDimSize(1), [&](Value column) { body(row, column); });
    });
  }

  void emulate(Operation *op) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    if (auto zero = dyn_cast<amx::TileZeroOp>(op))
      return fill(b, zero);
    if (auto load = dyn_cast<amx::TileLoadOp>(op))
      return copy(b, load, makeBuffer(load.getRes()), load.getRes().getType(), /*isLoad=*/true);
    if (auto store = dyn_cast<amx::TileStoreOp>(op))
      return copy(b, store, bufferOf(store.getVal()), store.getVal().getType(), /*isLoad=*/false);
    if (auto product = dyn_cast<amx::TileMulIOp>(op))
      return multiply(b, product, /*together=*/4);
    multiply(b, cast<amx::TileMulFOp>(op), /*together=*/2);
  }

  void fill(ImplicitLocOpBuilder &b, amx::TileZeroOp zero) {
    amx::TileType type = zero.getRes().getType();
    Value buffer = makeBuffer(zero.getRes());
    Value number = arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
    forEachElement(b, type, [&](Value row, Value column) {
      memref::StoreOp::create(b, number, buffer, ValueRange{row, column});
    });
  }

  template <typename Op>
  void copy(ImplicitLocOpBuilder &b, Op op, Value buffer, amx::TileType type, bool isLoad) {
    forEachElement(b, type, [&](Value row, Value column) {
      Value at = arith::MulIOp::create(b, row, op.getStride());
      at = arith::AddIOp::create(b, at, op.getIndices().front());
      at = arith::AddIOp::create(b, at, column);
      if (isLoad)
        memref::StoreOp::create(b, memref::LoadOp::create(b, op.getBase(), at), buffer,
                                ValueRange{row, column});
      else
        memref::StoreOp::create(b, memref::LoadOp::create(b, buffer, ValueRange{row, column}),
                                op.getBase(), at);
    });
  }

  /// result[m][n] = sum[m][n] + Σ left[m][k * together + j] * right[k][n * together + j]
  template <typename Op>
  void multiply(ImplicitLocOpBuilder &b, Op op, int64_t together) {
    amx::TileType type = op.getRes().getType(), rightType = op.getRhs().getType();
    Value left = bufferOf(op.getLhs()), right = bufferOf(op.getRhs()), sum = bufferOf(op.getAcc());
    Value buffer = makeBuffer(op.getRes());
    Type number = type.getElementType();
    auto wide = [&](Value memory, Value row, Value column, Value j) -> Value {
      Value at = arith::MulIOp::create(b, column, index(b, together));
      at = arith::AddIOp::create(b, at, j);
      Value narrow = memref::LoadOp::create(b, memory, ValueRange{row, at});
      return number.isF32() ? Value(arith::ExtFOp::create(b, number, narrow))
                            : arith::ExtSIOp::create(b, number, narrow);
    };
    forEachElement(b, type, [&](Value row, Value column) {
      Value first = memref::LoadOp::create(b, sum, ValueRange{row, column});
      memref::StoreOp::create(b, first, buffer, ValueRange{row, column});
      forEach(b, rightType.getDimSize(0), [&](Value k) {
        forEach(b, together, [&](Value j) {
          Value one = wide(left, row, k, j), other = wide(right, k, column, j);
          Value before = memref::LoadOp::create(b, buffer, ValueRange{row, column});
          Value after;
          if (number.isF32())
            after = arith::AddFOp::create(b, before, arith::MulFOp::create(b, one, other));
          else
            after = arith::AddIOp::create(b, before, arith::MulIOp::create(b, one, other));
          memref::StoreOp::create(b, after, buffer, ValueRange{row, column});
        });
      });
    });
  }

  func::FuncOp function;
  llvm::DenseMap<Value, Value> buffers;
};

} // namespace

int64_t emulateTiles(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](func::FuncOp function) {
    if (!function.isExternal())
      count += Emulation(function).run();
  });
  return count;
}

} // namespace graphc::test
