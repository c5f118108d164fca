#include "runtime/exec/Session.h"

#include "runtime/base/Escape.h"
#include "runtime/exec/FiniteCheck.h"
#include "runtime/exec/Shares.h"
#include "runtime/threads/Tuning.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace graphc {

namespace {

/// Scratch of different threads must not share a page: the one who writes first decides on which
/// memory node it lies.
constexpr int64_t kScratchAlignment = 4096;

uint64_t scratchStrideOf(const PlanVariant &variant) {
  return static_cast<uint64_t>(
      roundUp(static_cast<int64_t>(variant.scratchBytes), kScratchAlignment));
}

ShareBounds shareBounds(const SessionOptions &options) {
  return {options.threads, options.maxSequences};
}

/// Of what shares of tasks leave each other, where a sequence has at most so many pages.
uint64_t sharedBytesOf(const PlanHeader &header, const PlanVariant &variant,
                       const SessionOptions &options, int64_t pages) {
  return sharedBytes(variant, shareBounds(options), std::min(header.context, pages * kPageTokens));
}

uint64_t resultBytes(const PlanHeader &header, int64_t rows) {
  return static_cast<uint64_t>(rows * header.resultWidth) * sizeof(float);
}

int64_t neededPages(const SessionOptions &options) {
  return options.neededPages.value_or(options.cachePages);
}

/// Of the address space that a limited process has left, how much the cache's growth may have: the
/// stacks of threads and everything small need some too.
constexpr double kGrowthShare = 0.75;

/// The options with as many pages as the address space can hold, where it is limited. What is
/// needed stays, and checkMemory() refuses it if it does not fit.
SessionOptions fitAddressSpace(const SessionOptions &options, const MemoryPlan &memory,
                               uint64_t bytesPerPage, const MemoryLimits &limits) {
  SessionOptions result = options;
  if (!limits.addressSpace || memory.addressSpace() <= *limits.addressSpace || bytesPerPage == 0)
    return result;
  auto growth = static_cast<uint64_t>(options.cachePages - neededPages(options)) * bytesPerPage;
  uint64_t needed = memory.addressSpace() - growth;
  uint64_t left = *limits.addressSpace - std::min(needed, *limits.addressSpace);
  auto pages = static_cast<int64_t>(kGrowthShare * static_cast<double>(left / bytesPerPage));
  result.cachePages = neededPages(options) + pages;
  return result;
}

Status checkOptions(const PlanHeader &header, const SessionOptions &options) {
  auto expect = [](const char *what, int64_t value, int64_t max) -> Status {
    if (value >= 1 && value <= max)
      return {};
    return usageError(std::string(what) + ": expected 1 to " + std::to_string(max) + " but got " +
                      std::to_string(value));
  };
  GRAPHC_RETURN_IF_ERROR(expect("threads", options.threads, tuning::kMaxThreads));
  GRAPHC_RETURN_IF_ERROR(expect("sequences in a step", options.maxSequences, header.maxTokens));
  GRAPHC_RETURN_IF_ERROR(expect("pages of the KV cache", options.cachePages, INT32_MAX));
  GRAPHC_RETURN_IF_ERROR(
      expect("needed pages of the KV cache", neededPages(options), options.cachePages));
  return expect("rows of a result", options.resultRows, header.maxTokens);
}

} // namespace

MemoryPlan Session::memoryPlan(const Plan &plan, const PlanVariant &variant,
                               const SessionOptions &options) {
  const PlanHeader &header = plan.header();
  uint64_t page = KvCache::bytesPerPage(header.kvLayers);
  uint64_t scratch = scratchStrideOf(variant) * static_cast<uint64_t>(options.threads);
  uint64_t code = plan.section(variant.codeSection).size();
  MemoryPlan result;
  // The file is mapped already, so it takes no more address space.
  result.uses.push_back({"weights", plan.section(section::kWeights).size(), 0, true});
  result.uses.push_back({"KV cache", page * static_cast<uint64_t>(neededPages(options)),
                         page * static_cast<uint64_t>(options.cachePages), false, true});
  result.uses.push_back({"arena", variant.arenaBytes, variant.arenaBytes, false});
  result.uses.push_back({"result", resultBytes(header, options.resultRows),
                         resultBytes(header, header.maxTokens), false});
  result.uses.push_back({"scratch of the threads", scratch, scratch, false});
  result.uses.push_back({"shared by threads",
                         sharedBytesOf(header, variant, options, neededPages(options)),
                         sharedBytesOf(header, variant, options, options.cachePages), false});
  result.uses.push_back({"code", code, code, false});
  return result;
}

Expected<std::unique_ptr<Session>> Session::create(const Plan &plan,
                                                   const SessionOptions &options) {
  if (!plan.variant())
    return planMismatch(plan.path() + ": the plan has no code for this machine");
  GRAPHC_RETURN_IF_ERROR(checkOptions(plan.header(), options));
  MemoryLimits limits = MemoryLimits::ofThisProcess(options.systemRoot);
  SessionOptions fitting = fitAddressSpace(options, memoryPlan(plan, *plan.variant(), options),
                                           KvCache::bytesPerPage(plan.header().kvLayers), limits);
  GRAPHC_RETURN_IF_ERROR(checkMemory(memoryPlan(plan, *plan.variant(), fitting), limits));
  std::unique_ptr<Session> session(new Session(plan, fitting));
  GRAPHC_RETURN_IF_ERROR(session->allocate());
  GRAPHC_RETURN_IF_ERROR(session->prepareCalls());
  return session;
}

Session::Session(const Plan &plan, const SessionOptions &options)
    : source(plan), header(plan.header()), variant(*plan.variant()), options(options),
      grantedPages(neededPages(options)), inputs(header, options.maxSequences) {}

Status Session::allocate() {
  GRAPHC_ASSIGN_OR_RETURN(kv, KvCache::create(header.kvLayers, options.cachePages));
  GRAPHC_ASSIGN_OR_RETURN(arena,
                          MappedMemory::reserve(variant.arenaBytes, "arena", PageSize::Huge));
  GRAPHC_ASSIGN_OR_RETURN(result,
                          MappedMemory::reserve(resultBytes(header, header.maxTokens), "result"));
  scratchStride = scratchStrideOf(variant);
  GRAPHC_ASSIGN_OR_RETURN(
      scratch, MappedMemory::reserve(scratchStride * static_cast<uint64_t>(options.threads),
                                     "scratch of the threads", PageSize::Huge));
  GRAPHC_ASSIGN_OR_RETURN(
      shared, MappedMemory::reserve(sharedBytesOf(header, variant, options, options.cachePages),
                                    "memory that threads share"));
  GRAPHC_ASSIGN_OR_RETURN(
      code, CodeObject::load(source.section(variant.codeSection),
                             source.path() + ": section '" + variant.codeSection + "'"));
  GRAPHC_ASSIGN_OR_RETURN(pool, ThreadPool::create(options.threads));
  return {};
}

/// Looks every kernel up and fills in every argument that no step changes.
Status Session::prepareCalls() {
  std::vector<KernelFn> kernels;
  for (const PlanKernel &kernel : variant.kernels) {
    GRAPHC_ASSIGN_OR_RETURN(KernelFn function, code.kernel(kernel.symbol));
    kernels.push_back(function);
  }
  GRAPHC_RETURN_IF_ERROR(prepareProducts());
  calls.reserve(variant.schedule.size());
  for (const PlanDispatch &dispatch : variant.schedule) {
    Call &call = calls.emplace_back();
    call.kernel = kernels[dispatch.kernel];
    call.tasks = dispatch.tasks;
    call.together = dispatch.together;
    call.firstArg = args.size();
    call.product = products[dispatch.kernel].get();
    if (call.product)
      call.rows = variant.kernels[dispatch.kernel].product->rows;
    args.insert(args.end(), inputs.header().begin(), inputs.header().end());
    args[call.firstArg + kArgShared] = reinterpret_cast<int64_t>(shared.data());
    for (const PlanArg &arg : dispatch.args)
      args.push_back(addressOf(arg));
  }
  return {};
}

/// Loads what computes products for kernels that ask for it.
Status Session::prepareProducts() {
  products.resize(variant.kernels.size());
  for (size_t i = 0; i < variant.kernels.size(); ++i) {
    const std::optional<PlanProduct> &product = variant.kernels[i].product;
    if (!product)
      continue;
    GRAPHC_ASSIGN_OR_RETURN(KernelFn epilogue, code.kernel(product->epilogue));
    Expected<ProductRunner> runner =
        ProductRunner::create(*product, epilogue, header.boundOf(product->rows));
    if (!runner.ok())
      return runner.status().withContext(source.path());
    products[i] = std::make_unique<ProductRunner>(std::move(*runner));
  }
  return {};
}

int64_t Session::addressOf(const PlanArg &arg) const {
  switch (arg.kind) {
  case PlanArgKind::Arena:
    return reinterpret_cast<int64_t>(arena.data() + arg.value);
  case PlanArgKind::Weight:
    return reinterpret_cast<int64_t>(source.weight(header.weights[arg.value]));
  case PlanArgKind::Kv:
    return reinterpret_cast<int64_t>(kv.layerBase(arg.value));
  case PlanArgKind::Result:
    return reinterpret_cast<int64_t>(result.data() + arg.value);
  case PlanArgKind::Step:
    return 0;
  }
  return 0;
}

int64_t Session::maxColumns() const { return header.usesColumns ? header.context : INT64_MAX; }

Expected<std::span<const float>> Session::step(std::span<const StepSequence> batch) {
  GRAPHC_RETURN_IF_ERROR(checkBatch(batch));
  GRAPHC_RETURN_IF_ERROR(appendAll(batch));
  inputs.fill(batch, kv);
  if (Status status = runCalls(); !status.ok()) {
    undoAppend(batch);
    return status;
  }
  const auto *rows = reinterpret_cast<const float *>(result.data());
  return std::span(rows, static_cast<size_t>(inputs.rows() * header.resultWidth));
}

Status Session::checkBatch(std::span<const StepSequence> batch) const {
  int64_t tokens = 0, columns = 0, rows = 0;
  std::set<KvCache::SequenceId> seen;
  for (const StepSequence &part : batch) {
    GRAPHC_RETURN_IF_ERROR(checkPart(part));
    if (!seen.insert(part.sequence).second)
      return usageError("a sequence stands in a step twice");
    int64_t count = countOf(part);
    tokens += count;
    columns += kv.length(part.sequence) + count;
    rows += part.rows == WantedRows::All ? count : part.rows == WantedRows::Last ? 1 : 0;
  }
  if (batch.empty() || std::ssize(batch) > options.maxSequences || tokens > header.maxTokens ||
      rows > options.resultRows || columns > maxColumns())
    return usageError("a step of " + std::to_string(batch.size()) + " sequences, " +
                      std::to_string(tokens) + " tokens, " + std::to_string(rows) + " wanted and " +
                      std::to_string(columns) +
                      " cached rows is beyond what the session was made for");
  return {};
}

Status Session::checkPart(const StepSequence &part) const {
  if (part.inputRows.size() != static_cast<size_t>(countOf(part) * header.inputWidth) ||
      (header.inputWidth > 0 && !part.tokens.empty()))
    return usageError(header.inputWidth > 0
                          ? "the plan takes whole rows of " + std::to_string(header.inputWidth) +
                                " numbers, not tokens"
                          : "the plan takes tokens, not rows of numbers");
  if (countOf(part) == 0)
    return usageError("a sequence without tokens in a step");
  int64_t length = kv.length(part.sequence) + countOf(part);
  if (length > header.context)
    return usageError("a sequence of " + std::to_string(length) +
                      " tokens, but the plan was compiled for a context of " +
                      std::to_string(header.context));
  for (int32_t token : part.tokens) {
    if (token < 0 || token >= header.model.vocabulary)
      return usageError("token " + std::to_string(token) + ": the model has tokens 0 to " +
                        std::to_string(header.model.vocabulary - 1));
  }
  return {};
}

Status Session::appendAll(std::span<const StepSequence> batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    if (Status status = kv.append(batch[i].sequence, countOf(batch[i])); !status.ok()) {
      undoAppend(batch.first(i));
      return status;
    }
  }
  Status status = checkGrowthOfCache();
  if (!status.ok())
    undoAppend(batch);
  return status;
}

/// The system promises more memory than it has, and ends a process that takes it at its word: so
/// look before pages are written to that nobody has been asked for.
Status Session::checkGrowthOfCache() {
  int64_t more = kv.touchedPages() - grantedPages;
  if (more <= 0)
    return {};
  GRAPHC_RETURN_IF_ERROR(
      checkGrowth("KV cache", static_cast<uint64_t>(more) * KvCache::bytesPerPage(header.kvLayers),
                  MemoryLimits::ofThisProcess(options.systemRoot)));
  grantedPages = kv.touchedPages();
  return {};
}

void Session::undoAppend(std::span<const StepSequence> batch) {
  for (const StepSequence &part : batch)
    kv.truncate(part.sequence, kv.length(part.sequence) - countOf(part));
}

Status Session::runCalls() {
  for (size_t i = 0; i < calls.size();) {
    if (options.cancel && options.cancel->load(std::memory_order_relaxed))
      return {StatusCode::Interrupted, "interrupted"};
    std::span<const Call> group = groupFrom(i);
    auto begin =
        watcher ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    if (group.size() > 1)
      runTogether(group);
    else
      GRAPHC_RETURN_IF_ERROR(runCall(group.front()));
    if (watcher)
      watcher->onDispatch(i, begin, std::chrono::steady_clock::now());
    i += group.size();
  }
  return {};
}

/// The calls that run at once. Who watches sees each alone, and so does a library's product.
std::span<const Session::Call> Session::groupFrom(size_t first) const {
  size_t end = first + 1;
  if (!watcher && !isProduct(calls[first])) {
    while (end < calls.size() && calls[end].together && !isProduct(calls[end]))
      ++end;
  }
  return std::span(calls).subspan(first, end - first);
}

bool Session::isProduct(const Call &call) const {
  return call.product && call.product->takes(inputs.extent(call.rows));
}

/// Fills in what the step changes of a call's arguments. Returns the number of its tasks.
int64_t Session::beginCall(const Call &call) {
  int64_t *arguments = args.data() + call.firstArg;
  const auto &step = inputs.header();
  std::copy(step.begin(), step.begin() + kArgTokens, arguments); // T, R, S, B
  int64_t shares =
      sharesOf(call.tasks, shareBounds(options), inputs.extent(PlanDim::T), inputs.longest());
  arguments[kArgShares] = shares;
  return shares * call.tasks.count(inputs.extent(call.tasks.dim));
}

void Session::runTasks(const Call &call, int64_t begin, int64_t end, int thread) {
  call.kernel(args.data() + call.firstArg, begin, end,
              scratch.data() + scratchStride * static_cast<uint64_t>(thread));
}

Status Session::runCall(const Call &call) {
  int64_t tasks = beginCall(call);
  if (isProduct(call))
    return call.product->run({args.data() + call.firstArg, inputs.extent(call.rows),
                              call.tasks.times, arena.data(), scratch.data(), scratchStride},
                             *pool);
  pool->run([&](int64_t begin, int64_t end, int thread) { runTasks(call, begin, end, thread); },
            tasks);
  return {};
}

/// Numbers the tasks of all calls one after the other.
void Session::runTogether(std::span<const Call> group) {
  groupEnds.clear();
  int64_t tasks = 0;
  for (const Call &call : group)
    groupEnds.push_back(tasks += beginCall(call));
  pool->run(
      [&](int64_t begin, int64_t end, int thread) {
        for (size_t i = 0; i < group.size(); ++i) {
          int64_t first = i == 0 ? 0 : groupEnds[i - 1];
          int64_t from = std::max(begin, first), to = std::min(end, groupEnds[i]);
          if (from < to)
            runTasks(group[i], from - first, to - first, thread);
        }
      },
      tasks);
}

std::optional<std::string> Session::findNonFinite() {
  FiniteCheck check(header, inputs, kv);
  auto wroteNonFinite = [&](const PlanDispatch &dispatch, const Call &call) {
    const std::vector<PlanResult> &results = variant.kernels[dispatch.kernel].results;
    const int64_t *operands = args.data() + call.firstArg + kFirstOperand;
    size_t firstResult = dispatch.args.size() - results.size();
    for (size_t i = 0; i < results.size(); ++i) {
      if (!check.isFinite(results[i], reinterpret_cast<std::byte *>(operands[firstResult + i])))
        return true;
    }
    return std::any_of(dispatch.args.begin(), dispatch.args.end(), [&](const PlanArg &arg) {
      return arg.kind == PlanArgKind::Kv && !check.isCacheFinite(arg.value);
    });
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!runCall(calls[i]).ok())
      return std::nullopt;
    const PlanDispatch &dispatch = variant.schedule[i];
    if (wroteNonFinite(dispatch, calls[i]))
      return escapeForMessage(dispatch.location) + " (" +
             escapeForMessage(variant.kernels[dispatch.kernel].opName) + ")";
  }
  return std::nullopt;
}

Status Session::withOrigin(const Status &failure) {
  if (failure.code() != StatusCode::Numeric)
    return failure;
  std::optional<std::string> origin = findNonFinite();
  return numericError(
      failure.message() +
      (origin ? "; the first result of this step that is not finite is that of " + *origin
              : "; when the step was repeated, all results were finite"));
}

} // namespace graphc
