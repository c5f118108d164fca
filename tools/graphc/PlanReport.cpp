#include "tools/graphc/PlanReport.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"
#include "runtime/exec/Session.h"
#include "runtime/plan/PlanCost.h"
#include "runtime/threads/Topology.h"
#include "tools/cli/Columns.h"
#include "tools/cli/Output.h"

#include <algorithm>
#include <ctime>

namespace graphc {

namespace {

Expected<StepCost> costOf(const PlanKernel &kernel, const StepShape &shape) {
  GRAPHC_ASSIGN_OR_RETURN(double flops, evaluateCost(kernel.flops, shape));
  GRAPHC_ASSIGN_OR_RETURN(double bytes, evaluateCost(kernel.bytes, shape));
  return StepCost{flops, bytes};
}

std::string millions(double value) { return numberText(value / 1e6, 2); }

std::string joined(const std::vector<std::string> &names) {
  std::string result;
  for (const std::string &name : names)
    result += (result.empty() ? "" : " ") + escapeForMessage(name);
  return result;
}

/// "22 layers of 4 heads x 64, bf16", one entry per run of equal layers.
std::string cacheText(const PlanHeader &header) {
  std::string text;
  const std::vector<KvLayout> &layers = header.kvLayers;
  for (size_t i = 0, next = 0; i < layers.size(); i = next) {
    while (next < layers.size() && layers[next] == layers[i])
      ++next;
    text += (i ? ", " : "") + std::to_string(next - i) + " layers of " +
            std::to_string(layers[i].heads) + " heads x " + std::to_string(layers[i].headDim) +
            " " + std::string(elementTypeName(layers[i].elementType));
  }
  return text.empty() ? "none" : text;
}

/// Nanoseconds since 1970 as "2026-11-22 20:02:37 UTC".
std::string timeText(int64_t nanoseconds) {
  std::time_t seconds = nanoseconds / 1'000'000'000;
  std::tm parts = {};
  char text[64] = {};
  if (!::gmtime_r(&seconds, &parts) ||
      std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
    return "at an unknown time";
  return text;
}

uint64_t cacheBytesPerToken(const PlanHeader &header) {
  return KvCache::bytesPerPage(header.kvLayers) / kPageTokens;
}

std::string modelText(const PlanReport &report) {
  const PlanHeader &header = report.plan->header();
  const PlanModel &model = header.model;
  std::string text = reportLine("model", escapeForMessage(model.name) + " (" +
                                             escapeForMessage(model.architecture) + ")");
  text += reportLine("size", std::to_string(model.layers) + " layers, hidden " +
                                 std::to_string(model.hidden) + ", vocabulary " +
                                 std::to_string(model.vocabulary));
  text += reportLine("limits", "context " + std::to_string(header.context) +
                                   " (the model's: " + std::to_string(model.contextLimit) + "), " +
                                   std::to_string(header.maxTokens) + " tokens in a step");
  if (header.inputWidth > 0)
    text += reportLine("input", "rows of " + std::to_string(header.inputWidth) + " numbers");
  if (!header.yieldsLogits())
    text += reportLine("result",
                       "rows of " + std::to_string(header.resultWidth) + " numbers, no logits");
  text += reportLine("KV cache", cacheText(header) + ", " + bytesText(cacheBytesPerToken(header)) +
                                     " per token");
  text += reportLine("compiled by", escapeForMessage(header.compilerId));
  std::string options;
  for (const auto &[name, value] : header.options)
    appendToList(options, escapeForMessage(name) + " " + escapeForMessage(value));
  text += reportLine("options", options.empty() ? "none" : options);
  for (const PlanSource &source : model.sources)
    text += reportLine("source", escapeForMessage(source.file) + ", " + bytesText(source.bytes) +
                                     ", " + timeText(source.modified) + ", " +
                                     escapeForMessage(source.digest));
  return text;
}

std::string variantsText(const PlanReport &report) {
  std::string text = "\nCode\n";
  for (const PlanVariant &variant : report.plan->header().variants) {
    bool chosen = report.runsHere && &variant == report.variant;
    text += reportLine(escapeForMessage(variant.level),
                       std::to_string(variant.kernels.size()) + " kernels, " +
                           std::to_string(variant.schedule.size()) + " dispatches, " +
                           bytesText(report.plan->section(variant.codeSection).size()) +
                           (chosen ? ", runs here" : ""));
    text +=
        reportLine("", escapeForMessage(variant.architecture) + ": " + joined(variant.features));
  }
  return report.runsHere ? text : text + "  no code for this machine\n";
}

std::string sectionsText(const PlanReport &report) {
  std::string text = "\nSections\n";
  for (const PlanSection &section : report.plan->header().sections)
    text +=
        reportLine(escapeForMessage(section.name), rightAligned(bytesText(section.bytes), 12) +
                                                       "  at " + std::to_string(section.offset));
  return text;
}

std::string kernelsText(const PlanReport &report) {
  size_t nameWidth = 8;
  for (const KernelReport &kernel : report.kernels)
    nameWidth = std::max(nameWidth, kernel.name.size() + 1);
  std::string text = "\nKernels, and what they do to decode one token behind a full context\n  " +
                     leftAligned("kernel", nameWidth) + leftAligned("op", 28) + " calls" +
                     rightAligned("MFLOP", 12) + rightAligned("MB", 12) + "    share\n";
  for (const KernelReport &kernel : report.kernels) {
    double share = report.decode.bytes > 0 ? 100 * kernel.cost.bytes / report.decode.bytes : 0;
    text += "  " + leftAligned(kernel.name, nameWidth) + leftAligned(kernel.opName, 28) +
            rightAligned(std::to_string(kernel.calls), 6) +
            rightAligned(millions(kernel.cost.flops), 12) +
            rightAligned(millions(kernel.cost.bytes), 12) +
            rightAligned(numberText(share, 1) + " %", 9) + "\n";
  }
  return text + "  " + leftAligned("all", nameWidth + 28) + std::string(6, ' ') +
         rightAligned(millions(report.decode.flops), 12) +
         rightAligned(millions(report.decode.bytes), 12) + "\n";
}

/// Kernels whose product is another library's, or might have been; nothing if there are none.
std::string productsText(const PlanVariant &variant) {
  std::string text;
  for (const PlanKernel &kernel : variant.kernels) {
    if (!kernel.product && !kernel.trial)
      continue;
    std::string line = kernel.product ? escapeForMessage(kernel.product->provider) + " from " +
                                            std::to_string(kernel.product->leastRows) + " rows on"
                                      : "generated";
    if (kernel.trial)
      line += "; " + std::to_string(kernel.trial->rows) + " rows on " +
              std::to_string(kernel.trial->threads) +
              " threads: " + numberText(kernel.trial->generated, 3) + " ms generated, " +
              numberText(kernel.trial->provided, 3) + " ms with oneDNN";
    text += reportLine(escapeForMessage(kernel.name), line);
  }
  return text.empty() ? text : "\nProducts\n" + text;
}

std::string weightsText(const PlanHeader &header) {
  std::string text = "\nWeights\n";
  for (const PlanWeight &weight : header.weights)
    text += reportLine(escapeForMessage(weight.name) +
                           (weight.layer >= 0 ? " " + std::to_string(weight.layer) : ""),
                       rightAligned(bytesText(weight.bytes), 12) + "  " +
                           escapeForMessage(weight.type) + (weight.source.empty() ? "" : " <- ") +
                           escapeForMessage(weight.source, 300));
  return text;
}

Json memoryJson(const MemoryPlan &memory) {
  Json list = Json::array();
  for (const MemoryUse &use : memory.uses)
    list.push_back({{"what", use.what}, {"bytes", use.bytes}, {"mapped_file", use.mappedFile}});
  return list;
}

Json kernelsJson(const std::vector<KernelReport> &kernels) {
  Json list = Json::array();
  for (const KernelReport &kernel : kernels)
    list.push_back({{"name", kernel.name},
                    {"op", kernel.opName},
                    {"calls", kernel.calls},
                    {"decode_flops", kernel.cost.flops},
                    {"decode_bytes", kernel.cost.bytes}});
  return list;
}

} // namespace

Expected<PlanReport> PlanReport::of(const Plan &plan) {
  PlanReport report;
  const PlanHeader &header = plan.header();
  report.plan = &plan;
  report.runsHere = plan.variant() != nullptr;
  report.variant = report.runsHere ? plan.variant() : &header.variants.front();
  report.memory = Session::memoryPlan(
      plan, *report.variant,
      {.threads = availableCpus(), .cachePages = pagesForTokens(header.context)});
  StepShape shape{.tokens = 1, .rows = 1, .columns = static_cast<double>(header.context)};
  for (const PlanKernel &kernel : report.variant->kernels)
    report.kernels.push_back(
        {escapeForMessage(kernel.name), escapeForMessage(kernel.opName), 0, {}});
  for (const PlanDispatch &dispatch : report.variant->schedule) {
    KernelReport &kernel = report.kernels[dispatch.kernel];
    GRAPHC_ASSIGN_OR_RETURN(StepCost cost, costOf(report.variant->kernels[dispatch.kernel], shape));
    ++kernel.calls;
    kernel.cost.flops += cost.flops;
    kernel.cost.bytes += cost.bytes;
    report.decode.flops += cost.flops;
    report.decode.bytes += cost.bytes;
  }
  return report;
}

std::string PlanReport::text(bool listWeights) const {
  std::string text = escapeForMessage(plan->path(), 300) + ", " +
                     bytesText(plan->fileBytes().size()) + "\n" + modelText(*this) +
                     sectionsText(*this) + variantsText(*this) +
                     "\nMemory of one sequence of full length\n" + memory.table() +
                     kernelsText(*this) + productsText(*variant);
  return listWeights ? text + weightsText(plan->header()) : text;
}

Json PlanReport::json() const {
  const PlanHeader &header = plan->header();
  return {{"schema", 1},
          {"file_bytes", plan->fileBytes().size()},
          {"runs_here", runsHere},
          {"kv_bytes_per_token", cacheBytesPerToken(header)},
          {"memory", memoryJson(memory)},
          {"kernels", kernelsJson(kernels)},
          {"decode", {{"flops", decode.flops}, {"bytes", decode.bytes}}},
          {"header", header.toJson()}};
}

} // namespace graphc
