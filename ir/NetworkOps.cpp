#include "ir/GraphDialect.h"
