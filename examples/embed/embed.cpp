// A program that runs plans: everything it needs is libgraphc-runtime.so.
//
//   graphc-embed PLAN TEXT [COUNT]
//
// continues TEXT by COUNT tokens, taking the likeliest each time. It reads like the command line's
// `run` without its flags: open a plan, open a session, step.
#include "runtime/exec/Generator.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/threads/Topology.h"

#include <cstdio>
#include <cstdlib>

using namespace graphc;

namespace {

/// Prints text as its tokens come.
class Printer : public GenerationListener {
public:
  explicit Printer(const Tokenizer &tokenizer) : decoder(tokenizer) {}

  Status onToken(size_t, int32_t token) override {
    std::printf("%s", decoder.push(token).c_str());
    std::fflush(stdout);
    return {};
  }

private:
  StreamDecoder decoder;
};

Status continueText(const char *path, const char *text, int64_t count) {
  GRAPHC_ASSIGN_OR_RETURN(Plan plan, Plan::open(path));
  GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::open(plan.section(section::kTokenizer)));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> prompt,
                          tokenizer.encode(text, {.addSpecial = true, .parseSpecial = false}));

  GenerationOptions options;
  options.maxNewTokens = count;
  options.sampling.temperature = 0;
  options.eosTokens = plan.header().model.eosTokens;
  std::vector<std::vector<int32_t>> prompts = {prompt};

  GRAPHC_ASSIGN_OR_RETURN(SessionOptions sized,
                          sessionOptionsFor(plan, options, prompts, {.threads = availableCpus()}));
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::create(plan, sized));
  Printer printer(tokenizer);
  GRAPHC_ASSIGN_OR_RETURN(Generation generation, generate(*session, options, prompts, printer));
  std::printf("\n");
  return {};
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s PLAN TEXT [COUNT]\n", argv[0]);
    return 2;
  }
  Status status =
      continueText(argv[1], argv[2], argc > 3 ? std::strtoll(argv[3], nullptr, 10) : 64);
  if (!status.ok())
    std::fprintf(stderr, "%s\n", status.message().c_str());
  return static_cast<int>(status.code());
}
