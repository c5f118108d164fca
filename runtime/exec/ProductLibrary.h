// Finding the library of a provider of products.
#ifndef GRAPHC_RUNTIME_EXEC_PRODUCTLIBRARY_H
#define GRAPHC_RUNTIME_EXEC_PRODUCTLIBRARY_H

#include "runtime/base/Status.h"
#include "runtime/plan/ProductAbi.h"

#include <string>

namespace graphc {

/// Loads the library of the provider of that name, or finds it loaded; it stays so. It is looked
/// for beside the program or library that this code is in, in the folder lib next to that folder,
/// and where the dynamic linker looks.
///
/// PlanMismatch, naming the places, when it is not there, does not load, or is of another release.
Expected<const ProductProvider *> loadProductProvider(const std::string &name);

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_PRODUCTLIBRARY_H
