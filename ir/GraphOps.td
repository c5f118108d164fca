//===- GraphOps.td - All ops of the dialect ----------------*- tablegen -*-===//
#ifndef GRAPHC_IR_GRAPHOPS_TD
#define GRAPHC_IR_GRAPHOPS_TD

include "ir/FusedOps.td"
include "ir/NetworkOps.td"
include "ir/PlanOps.td"
include "ir/TensorOps.td"
include "ir/WeightOps.td"

#endif // GRAPHC_IR_GRAPHOPS_TD
