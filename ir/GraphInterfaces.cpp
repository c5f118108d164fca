#include "ir/GraphDialect.h"

#include "ir/GraphInterfaces.cpp.inc"
