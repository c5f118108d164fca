// mutate_FORMAT [INPUTS]: damages small inputs of a format, the same way each time, and reads them.
// Ends with 1 at the first input that is not read or refused as bad input is, takes too long or too
// much memory; that input is then in mutated-FORMAT.bin.
#include "FuzzTarget.h"
#include "MemoryMeter.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

using namespace graphc;
using namespace graphc::fuzz;

namespace {

using Random = std::mt19937_64;

constexpr double kMostSeconds = 5;

constexpr uint64_t kIntegers[] = {0,
                                  1,
                                  127,
                                  128,
                                  255,
                                  (uint64_t(1) << 31) - 1,
                                  uint64_t(1) << 31,
                                  (uint64_t(1) << 32) - 1,
                                  uint64_t(1) << 32,
                                  uint64_t(1) << 62,
                                  ~uint64_t(0) >> 1,
                                  ~uint64_t(0) - 7,
                                  ~uint64_t(0)};

/// What stands for something else in texts.
constexpr std::string_view kTexts[] = {"0",
                                       "-1",
                                       "1e999",
                                       "18446744073709551616",
                                       "9223372036854775807",
                                       "0.1",
                                       "null",
                                       "true",
                                       "[]",
                                       "{}",
                                       "\"\"",
                                       "\"\\ud800\"",
                                       "[[[[[[[[[[[[[[[[",
                                       "((((((((((((((((",
                                       "{{ {% {# %} }}",
                                       "\xff\xfe",
                                       std::string_view("\0", 1)};

/// Makes new inputs of given ones.
class Mutator {
public:
  /// `count`: inputs that will be made.
  Mutator(std::vector<std::string> seeds, uint64_t count)
      : seeds(std::move(seeds)), cuts(count / 4), random(1) {}

  /// Input `number`. A quarter of all are seeds that were cut, at each byte if they are small.
  std::string make(uint64_t number) {
    if (number < cuts) {
      const std::string &seed = seeds[number % seeds.size()];
      const uint64_t place = number / seeds.size(), places = cuts / seeds.size();
      return seed.substr(0, seed.size() < places ? place % (seed.size() + 1)
                                                 : place * seed.size() / (places + 1));
    }
    std::string input = seeds[below(seeds.size())];
    for (uint64_t changes = 1 + below(4); changes > 0; --changes)
      change(input);
    return input;
  }

private:
  uint64_t below(uint64_t bound) { return bound == 0 ? 0 : random() % bound; }

  void change(std::string &input) {
    const size_t at = below(input.size() + 1);
    const size_t length = below(std::min<size_t>(input.size() - at, 16) + 1);
    switch (below(9)) {
    case 0:
      return input.resize(at);
    case 1:
      if (at < input.size())
        input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
      return;
    case 2:
      return putInteger(input, at);
    case 3:
      input.erase(at, length);
      return;
    case 4: // A part again, many times.
      input.insert(at, repeated(input.substr(at, length), 1 + below(64)));
      return;
    case 5:
      input.insert(at, partOf(seeds[below(seeds.size())]));
      return;
    case 6:
      return replaceNumber(input, at);
    case 7:
      input.replace(at, length, kTexts[below(std::size(kTexts))]);
      return;
    default:
      input.insert(at, 1, static_cast<char>(random()));
    }
  }

  void putInteger(std::string &input, size_t at) {
    const uint64_t value = kIntegers[below(std::size(kIntegers))];
    const size_t length = std::min<size_t>(size_t(1) << below(4), input.size() - at);
    std::memcpy(input.data() + at, &value, length);
  }

  /// The next number in digits becomes another text.
  void replaceNumber(std::string &input, size_t at) {
    const size_t begin = input.find_first_of("0123456789", at);
    if (begin == std::string::npos)
      return;
    const size_t end = std::min(input.find_first_not_of("0123456789.", begin), input.size());
    input.replace(begin, end - begin, kTexts[below(std::size(kTexts))]);
  }

  static std::string repeated(const std::string &text, uint64_t times) {
    std::string result;
    for (; times > 0; --times)
      result += text;
    return result;
  }

  std::string partOf(const std::string &seed) {
    const size_t at = below(seed.size() + 1);
    return seed.substr(at, below(64));
  }

  std::vector<std::string> seeds;
  uint64_t cuts;
  Random random;
};

/// What is wrong with how an input was read, empty if nothing is; `accepted`: it was not refused.
std::string judge(const std::string &input, bool &accepted) {
  const size_t before = memoryInUse();
  resetPeak();
  const auto start = std::chrono::steady_clock::now();
  const Status status = read(input);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const size_t memory = peakMemory() - before;
  accepted = status.ok();
  if (!isExpected(status))
    return "status " + std::to_string(static_cast<int>(status.code())) + ": " + status.message();
  if (took.count() > kMostSeconds)
    return "it took " + std::to_string(took.count()) + " s";
  const MemoryBound bound = memoryBound();
  if (memory > bound.base + bound.perByte * input.size())
    return std::to_string(memory) + " bytes of memory for " + std::to_string(input.size());
  return {};
}

int fail(const std::string &input, const std::string &what, const std::string &why) {
  const std::string file = std::string("mutated-") + GRAPHC_FUZZ_NAME + ".bin";
  std::ofstream(file, std::ios::binary) << input;
  std::fprintf(stderr, "%s: %s; the input is in %s\n", what.c_str(), why.c_str(), file.c_str());
  return 1;
}

} // namespace

int main(int argc, char **argv) {
  const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000;
  const std::vector<std::string> given = seeds();
  for (const std::string &seed : given)
    if (Status status = read(seed); !status.ok())
      return fail(seed, "a seed is refused", status.message());
  Mutator mutator(given, count);
  uint64_t accepted = 0;
  for (uint64_t number = 0; number < count; ++number) {
    const std::string input = mutator.make(number);
    // Said before, so that a crash can be made again.
    std::ofstream(std::string("mutating-") + GRAPHC_FUZZ_NAME + ".bin", std::ios::binary) << input;
    bool isAccepted = false;
    if (std::string why = judge(input, isAccepted); !why.empty())
      return fail(input, "input " + std::to_string(number), why);
    accepted += isAccepted;
  }
  std::printf("%s: %llu inputs, %llu of them read\n", GRAPHC_FUZZ_NAME,
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(accepted));
  return accepted == count ? fail("", "nothing was refused", "the mutator does nothing") : 0;
}
