#include "ir/SymbolicDims.h"

#include "ir/GraphDialect.h"
