// Types of results from those of operands: one function per rule, for the rows of OperatorTable.
#ifndef GRAPHC_FRONTEND_NETWORK_RESULTTYPES_H
#define GRAPHC_FRONTEND_NETWORK_RESULTTYPES_H

#include "frontend/network/OperatorTable.h"

namespace graphc::results {

using Types = Expected<llvm::SmallVector<mlir::Type>>;

Types likeFirst(const Application &of);      ///< that of the first operand
Types broadcast(const Application &of);      ///< numpy's broadcast of two operands
Types lastBecomesOne(const Application &of); ///< mean
Types linear(const Application &of);
Types matmul(const Application &of); ///< of stacks too
Types embedding(const Application &of);
Types reshape(const Application &of);
Types transpose(const Application &of);
Types slice(const Application &of);
Types concat(const Application &of);
Types repeat(const Application &of);
Types cast(const Application &of);
Types constant(const Application &of);
Types inputRows(const Application &of);
Types nothing(const Application &of);
Types cached(const Application &of); ///< keys and values of a cache

} // namespace graphc::results

#endif // GRAPHC_FRONTEND_NETWORK_RESULTTYPES_H
