//===- GraphOps.td - All ops of the dialect ----------------*- tablegen -*-===//
#ifndef GRAPHC_IR_GRAPHOPS_TD
#define GRAPHC_IR_GRAPHOPS_TD

include "ir/TensorOps.td"
include "ir/ElementwiseOps.td"
include "ir/NetworkOps.td"
include "ir/AttentionOps.td"
include "ir/FusedOps.td"
include "ir/WeightOps.td"
include "ir/PlanOps.td"

#endif // GRAPHC_IR_GRAPHOPS_TD
