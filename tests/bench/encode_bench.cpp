// How fast texts become tokens, and tokens texts.
//
//   encode_bench FOLDER-WITH-TOKENIZER TEXT-FILE [Google Benchmark's flags]
//
// bytes_per_second counts bytes of text; `copy` copies the text, as the reference of the same run.
#include "runtime/base/TextFile.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/TokenizerFiles.h"

#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstring>

using namespace graphc;

namespace {

struct Input {
  std::vector<std::byte> tables;
  std::string text;
};

Expected<Input> readInput(const char *folder, const char *file) {
  Input input;
  GRAPHC_ASSIGN_OR_RETURN(input.tables, compileTokenizer(folder));
  GRAPHC_ASSIGN_OR_RETURN(input.text, readTextFile(file));
  return input;
}

void count(benchmark::State &state, const std::string &text) {
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void add(const Tokenizer &tokenizer, const std::string &text) {
  auto encode = [&] { return *tokenizer.encode(text, {.addSpecial = false}); };
  benchmark::RegisterBenchmark("encode", [=](benchmark::State &state) {
    for (auto _ : state)
      benchmark::DoNotOptimize(encode());
    count(state, text);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("decode", [&, ids = encode()](benchmark::State &state) {
    for (auto _ : state)
      benchmark::DoNotOptimize(tokenizer.decode(ids, /*skipSpecial=*/false));
    count(state, text);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("copy", [&, out = std::string(text.size(), ' ')](
                                           benchmark::State &state) mutable {
    for (auto _ : state) {
      std::memcpy(out.data(), text.data(), text.size());
      benchmark::ClobberMemory();
    }
    count(state, text);
  })->Unit(benchmark::kMillisecond);
}

} // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 3) {
    std::fprintf(stderr, "usage: encode_bench FOLDER-WITH-TOKENIZER TEXT-FILE [flags]\n");
    return 2;
  }
  Expected<Input> input = readInput(argv[1], argv[2]);
  Expected<Tokenizer> tokenizer =
      input ? Tokenizer::open(input->tables) : Expected<Tokenizer>(input.status());
  if (!tokenizer) {
    std::fprintf(stderr, "encode_bench: %s\n", tokenizer.status().message().c_str());
    return static_cast<int>(tokenizer.status().code());
  }
  add(*tokenizer, input->text);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
