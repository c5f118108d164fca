// The command line, driven as a user does it, over the plan of hand-written kernels.
#include "TestNetwork.h"

#include "runtime/base/Json.h"
#include "runtime/text/TokenizerFiles.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gmock/gmock.h>
#include <sys/wait.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

/// A tokenizer of single letters: a..h are 0..7, a blank is 8, i is 9, </s> is 10.
constexpr char kTokenizerJson[] = R"({
  "version": "1.0", "truncation": null, "padding": null,
  "added_tokens": [{"id": 10, "content": "</s>", "single_word": false, "lstrip": false,
                    "rstrip": false, "normalized": false, "special": true}],
  "normalizer": null,
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                    "use_regex": true},
  "post_processor": null,
  "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
              "use_regex": true},
  "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6, "h": 7,
                      "\u0120": 8, "i": 9}, "merges": []}})";

std::string textOf(const std::vector<int32_t> &tokens) {
  std::string text;
  for (int32_t token : tokens)
    text += token == 10 ? "" : std::string(1, "abcdefgh i"[token]);
  return text;
}

std::string joined(const std::vector<int32_t> &tokens) {
  std::string text;
  for (int32_t token : tokens)
    text += (text.empty() ? "" : ",") + std::to_string(token);
  return text;
}

struct Outcome {
  int code = 0;
  std::string out, err;
};

class Cli : public testing::Test {
protected:
  void SetUp() override { write(networkPlan, {}); }

  void write(const std::string &path, NetworkOptions options, bool withTokenizer = false) {
    if (withTokenizer) {
      writeFile(folder.file("tokenizer.json"), kTokenizerJson);
      Expected<std::vector<std::byte>> tables = compileTokenizer(folder.file("tokenizer.json"));
      ASSERT_TRUE(tables.ok()) << tables.status().message();
      options.tokenizer = *std::move(tables);
    }
    Status written = writeNetworkPlan(path, options);
    ASSERT_TRUE(written.ok()) << written.message();
  }

  /// Runs a shell command line in which $graphc is the program, and $plan the plan.
  Outcome shell(const std::string &line) {
    std::string script = folder.file("script.sh");
    writeFile(script, "graphc='" GRAPHC_PROGRAM "'\nplan='" + networkPlan + "'\n" + line + "\n");
    std::string out = folder.file("out"), err = folder.file("err");
    int status = std::system(("bash '" + script + "' >'" + out + "' 2>'" + err + "'").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, readFile(out), readFile(err)};
  }

  Outcome graphc(const std::string &arguments) { return shell("\"$graphc\" " + arguments); }

  TemporaryFolder folder;
  std::string networkPlan = folder.file("net work \xc3\xa4.gcplan"); // a blank and an umlaut
};

const std::vector<int32_t> kPrompt = {1, 2, 3, 4, 0, 9};

std::vector<int32_t> greedyReference(std::vector<int32_t> tokens, int64_t count) {
  std::vector<int32_t> result;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<float> logits = expectedLogits(tokens);
    result.push_back(
        static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    tokens.push_back(result.back());
  }
  return result;
}

} // namespace

TEST_F(Cli, RunPrintsIdsWhereThereIsNoTokenizer) {
  Outcome outcome = graphc("run \"$plan\" --tokens " + joined(kPrompt) + " -n 5 --temp 0");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, joined(greedyReference(kPrompt, 5)) + "\n");
  EXPECT_THAT(outcome.err, HasSubstr("decode 4 tokens"));
  Outcome quiet = graphc("run \"$plan\" --tokens 1 -n 2 --temp 0 -q");
  EXPECT_THAT(quiet.err, IsEmpty());
}

TEST_F(Cli, RunStreamsTextAndReadsPromptsFromFiles) {
  write(networkPlan, {}, /*withTokenizer=*/true);
  std::string text = textOf(kPrompt), want = textOf(greedyReference(kPrompt, 9)) + "\n";
  writeFile(folder.file("prompt"), text);
  for (const std::string &input :
       {"-p '" + text + "'", "-f '" + folder.file("prompt") + "'",
        "-f - <'" + folder.file("prompt") + "'", "--tokens " + joined(kPrompt)}) {
    Outcome outcome = graphc("run \"$plan\" -n 9 --temp 0 " + input);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, want) << input;
  }
}

TEST_F(Cli, TheEmbeddingExampleContinuesAText) {
  write(networkPlan, {}, /*withTokenizer=*/true);
  Outcome outcome = shell("'" GRAPHC_EMBED "' \"$plan\" '" + textOf(kPrompt) + "' 9");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, textOf(greedyReference(kPrompt, 9)) + "\n");
}

TEST_F(Cli, JsonHasTheDocumentedKeys) {
  write(networkPlan, {}, /*withTokenizer=*/true);
  Outcome outcome =
      graphc("run \"$plan\" --json -n 4 --temp 0 --tokens " + joined(kPrompt) + " --tokens 5");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.size(), 3u);
  EXPECT_EQ(json.at("schema"), 1);
  ASSERT_EQ(json.at("sequences").size(), 2u);
  std::vector<int32_t> want = greedyReference(kPrompt, 4);
  EXPECT_EQ(json.at("sequences")[0], (Json{{"prompt_tokens", kPrompt},
                                           {"tokens", want},
                                           {"text", textOf(want)},
                                           {"stop", "length"}}));
  EXPECT_EQ(json.at("sequences")[1].at("tokens"), greedyReference({5}, 4));
  EXPECT_EQ(json.at("timings").at("prefill_tokens"), 7);
}

TEST_F(Cli, JsonTellsTheTimeOfSamplingAndOfText) {
  auto timings = [&](int64_t count) {
    Json json = Json::parse(
        graphc("run \"$plan\" --json --temp 0 --tokens 1,2 -n " + std::to_string(count)).out);
    return std::pair(json.at("timings").at("sampling_ms").get<double>(),
                     json.at("timings").at("detokenize_ms").get<double>());
  };
  EXPECT_GT(timings(5).first, 0);
  EXPECT_EQ(timings(5).second, 0) << "there is no tokenizer";
  write(networkPlan, {}, /*withTokenizer=*/true);
  EXPECT_GT(timings(5).second, 0);
  EXPECT_EQ(timings(0).first, 0) << "nothing is sampled";
}

TEST_F(Cli, SavedResultsHaveARowPerToken) {
  std::string npy = folder.file("result.npy");
  Outcome outcome = graphc("run \"$plan\" -n 3 --temp 0 --chunk 2 --tokens " + joined(kPrompt) +
                           " --tokens 7,8 --save-result '" + npy + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::string bytes = readFile(npy);
  EXPECT_THAT(bytes, HasSubstr("'descr': '<f4', 'fortran_order': False, 'shape': (12, 11)"));
  ASSERT_EQ(bytes.size(), 128 + 12 * kVocabulary * 4);
  std::vector<float> rows(12 * kVocabulary);
  std::memcpy(rows.data(), bytes.data() + 128, rows.size() * 4);
  std::vector<int32_t> first = kPrompt, second = {7, 8};
  for (int32_t token : greedyReference(kPrompt, 2))
    first.push_back(token);
  for (int32_t token : greedyReference({7, 8}, 2))
    second.push_back(token);
  for (size_t i = 0; i < 12; ++i) {
    auto tokens = i < 8 ? std::span(first).first(i + 1) : std::span(second).first(i - 7);
    std::vector<float> want = expectedLogits(tokens);
    for (size_t v = 0; v < kVocabulary; ++v)
      EXPECT_NEAR(rows[i * kVocabulary + v], want[v], 1e-5 * (1 + std::abs(want[v])));
  }
}

TEST_F(Cli, NoTokensWantedMeansResultsOnly) {
  std::string npy = folder.file("result.npy");
  Outcome outcome = graphc("run \"$plan\" -n 0 --json --tokens 1,2,3 --save-result '" + npy + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(Json::parse(outcome.out).at("sequences")[0].at("tokens"), IsEmpty());
  EXPECT_THAT(readFile(npy), HasSubstr("'shape': (3, 11)"));
}

TEST_F(Cli, EndTokensAreHonouredUnlessIgnored) {
  std::vector<int32_t> expected = greedyReference(kPrompt, 6);
  write(networkPlan, {.eosTokens = {expected[0]}});
  std::string line = "run \"$plan\" --json -n 6 --temp 0 --tokens " + joined(kPrompt);
  Json stopped = Json::parse(graphc(line).out).at("sequences")[0];
  EXPECT_EQ(stopped.at("stop"), "eos");
  EXPECT_EQ(stopped.at("tokens"), std::vector<int32_t>{expected[0]});
  Json ignored = Json::parse(graphc(line + " --ignore-eos").out).at("sequences")[0];
  EXPECT_EQ(ignored.at("tokens"), expected);
}

TEST_F(Cli, TheSeedDecidesAndIsTold) {
  std::string line = "run \"$plan\" -n 40 --temp 2 --top-k 0 --top-p 1 --min-p 0 --tokens 1 ";
  Outcome a = graphc(line + "--seed 5"), b = graphc(line + "--seed 5 -t 1 --chunk 1"),
          c = graphc(line + "--seed 6"), d = graphc(line);
  EXPECT_EQ(a.out, b.out);
  EXPECT_NE(a.out, c.out);
  EXPECT_THAT(a.err, HasSubstr("seed 5\n"));
  size_t at = d.err.find("seed ");
  ASSERT_NE(at, std::string::npos);
  std::string seed = d.err.substr(at + 5, d.err.find('\n', at) - at - 5);
  EXPECT_LE(std::stoull(seed), uint64_t(INT64_MAX)) << "the seed could not be given again";
  EXPECT_EQ(graphc(line + "--seed " + seed).out, d.out);
}

TEST_F(Cli, E3Row14_ContextLimits) {
  Outcome over = graphc("run \"$plan\" -c 5 --tokens " + joined(kPrompt));
  EXPECT_EQ(over.code, 2);
  EXPECT_THAT(over.err, HasSubstr("6 tokens, more than the context of 5"));
  EXPECT_EQ(graphc("run \"$plan\" -c 201 --tokens 1").code, 2);
  Outcome full = graphc("run \"$plan\" --json --temp 0 -c 9 --tokens " + joined(kPrompt));
  ASSERT_EQ(full.code, 0) << full.err;
  Json sequence = Json::parse(full.out).at("sequences")[0];
  EXPECT_EQ(sequence.at("stop"), "context");
  EXPECT_EQ(sequence.at("tokens").size(), 3u);
}

TEST_F(Cli, E3Row17_FlagsOutOfRangeAreUsageErrors) {
  for (const char *flags :
       {"--temp -1", "--temp nan", "--temp x", "--top-k -1", "--top-p 1.5", "--min-p -1",
        "--repeat-penalty 0", "-n -5", "-n x", "-c 0", "--chunk 0", "--chunk 17", "--tokens 1,,2",
        "--tokens 11", "--tokens ''", "--tokens 99999999999", "-p a", "-p a -f b", "--nonsense"}) {
    bool ownTokens = std::string_view(flags).find("-p a") != std::string::npos;
    Outcome outcome =
        graphc("run \"$plan\" " + std::string(flags) + (ownTokens ? "" : " --tokens 1"));
    EXPECT_EQ(outcome.code, 2) << flags << ": " << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty()) << flags;
    EXPECT_THAT(outcome.err, HasSubstr("graphc run: ")) << flags;
  }
}

TEST_F(Cli, UnknownWordsGetAHint) {
  EXPECT_THAT(graphc("run \"$plan\" --tmep 1").err, HasSubstr("did you mean --temp?"));
  EXPECT_THAT(graphc("inspetc \"$plan\"").err, HasSubstr("did you mean 'inspect'?"));
  EXPECT_EQ(graphc("inspetc").code, 2);
  EXPECT_EQ(graphc("").code, 2);
  EXPECT_EQ(graphc("run").code, 2);
  EXPECT_THAT(graphc("--help").out, HasSubstr("compile"));
  EXPECT_THAT(graphc("run --help").out, HasSubstr("--save-result"));
  EXPECT_THAT(graphc("version").out, HasSubstr("graphc "));
}

TEST_F(Cli, E3Row19And20_UnusablePlans) {
  EXPECT_EQ(graphc("run /no/such.gcplan --tokens 1").code, 3);
  std::string bytes = readFile(networkPlan);
  std::string damaged = folder.file("damaged.gcplan");
  std::string changed = bytes;
  changed[changed.size() - 9] ^= 4;
  writeFile(damaged, changed);
  EXPECT_EQ(graphc("run '" + damaged + "' --tokens 1").code, 3);
  changed = bytes;
  changed[8] = 99;
  writeFile(damaged, changed);
  EXPECT_EQ(graphc("run '" + damaged + "' --tokens 1").code, 5);
  write(damaged, {.features = {"quantum"}});
  Outcome outcome = graphc("run '" + damaged + "' --tokens 1");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("quantum"));
  EXPECT_THAT(graphc("inspect '" + damaged + "'").out, HasSubstr("no code for this machine"));
}

TEST_F(Cli, E3Row19_VerifyWeightsFindsAFlippedBit) {
  std::string bytes = readFile(networkPlan);
  Expected<Plan> plan = Plan::open(networkPlan);
  ASSERT_TRUE(plan.ok());
  bytes[plan->header().findSection(section::kWeights)->offset + 1] ^= 1;
  std::string damaged = folder.file("damaged.gcplan");
  writeFile(damaged, bytes);
  EXPECT_EQ(graphc("run '" + damaged + "' --tokens 1 -n 1").code, 0);
  EXPECT_EQ(graphc("run '" + damaged + "' --tokens 1 -n 1 --verify-weights").code, 3);
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST_F(Cli, E3Row23_TooLittleAddressSpaceIsToldWithTheMemoryPlan) {
  write(networkPlan, {.arenaBytes = uint64_t(3) << 30});
  Outcome outcome = shell("ulimit -v 2000000; \"$graphc\" run \"$plan\" --tokens 1 -n 1");
  EXPECT_EQ(outcome.code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("arena"));
  EXPECT_THAT(outcome.err, HasSubstr("3.0 GiB"));
}
#endif

TEST_F(Cli, VerboseRunsTellWhereTheTimeWent) {
  Outcome outcome = graphc("run \"$plan\" --tokens 1 -n 1 -v");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              testing::ContainsRegex("start [0-9.]+ ms: plan [0-9.]+, tokenizer [0-9.]+, "
                                     "prompt [0-9.]+, memory, code and threads [0-9.]+\n"));
  EXPECT_THAT(outcome.err,
              testing::ContainsRegex("of prefill and decode: sampling [0-9.]+ ms \\([0-9.]+ %\\), "
                                     "detokenizing 0\\.000 ms \\(0\\.00 %\\)\n"));
  EXPECT_THAT(graphc("run \"$plan\" --tokens 1 -n 1").err,
              testing::AllOf(Not(HasSubstr("start")), Not(HasSubstr("sampling"))));
}

TEST_F(Cli, E3Row18_BrokenNumbersEndWithSeven) {
  write(networkPlan, {.headKernel = "broken_head"});
  EXPECT_EQ(graphc("run \"$plan\" --tokens 1 -n 1").code, 7);
}

TEST_F(Cli, E3Row28_AGoneReaderEndsItQuietly) {
  Outcome outcome = shell("exec 3> >(exit 0); sleep 0.3\n"
                          "\"$graphc\" run \"$plan\" --tokens 1 --temp 0 >&3");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, Not(HasSubstr("graphc run:")));
  EXPECT_EQ(graphc("run \"$plan\" --tokens 1 -n 3 --temp 0 >/dev/full").code, 6);
}

TEST_F(Cli, E3Row28_AnInterruptEndsWith130) {
  write(networkPlan, {}, /*withTokenizer=*/true);
  std::string npy = folder.file("result.npy");
  Outcome outcome = shell("mkfifo '" + folder.file("fifo") + "'; exec 3<>'" + folder.file("fifo") +
                          "'\n\"$graphc\" run \"$plan\" -f - --save-result '" + npy +
                          "' <&3 & sleep 0.5; kill -INT $!; wait $!");
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_FALSE(fs::exists(npy));
}

TEST_F(Cli, E3Row31_ThreadCounts) {
  EXPECT_EQ(graphc("run \"$plan\" -t 0 --tokens 1").code, 2);
  Outcome many = graphc("run \"$plan\" -t 10000 --tokens 1 -n 2 --temp 0");
  EXPECT_EQ(many.code, 0) << many.err;
  EXPECT_THAT(many.err, HasSubstr("-t 10000: "));
  Outcome pinned = shell("taskset -c 0 \"$graphc\" run \"$plan\" -t 2 --tokens 1 -n 2 --temp 0");
  EXPECT_EQ(pinned.code, 0) << pinned.err;
  EXPECT_THAT(pinned.err, HasSubstr("1 CPUs are available"));
  EXPECT_EQ(pinned.out, many.out);
}

TEST_F(Cli, E3Row32_SurroundingsDoNotMatter) {
  std::string flags = " run \"$plan\" --tokens 1 -n 20 --temp 1.5 --seed 3 ";
  Outcome plain = shell("\"$graphc\"" + flags);
  Outcome odd = shell("env -i LC_ALL=de_DE.UTF-8 TERM=odd \"$graphc\"" + flags + "<&-");
  EXPECT_EQ(odd.code, 0) << odd.err;
  EXPECT_EQ(odd.out, plain.out);
}

TEST_F(Cli, InspectTellsWhatIsInside) {
  Outcome text = graphc("inspect \"$plan\" -v");
  ASSERT_EQ(text.code, 0) << text.err;
  for (const char *part : {"test network", "vocabulary 11", "weights", "code.0", "KV cache",
                           "flash_attention", "1 layers of 1 heads x 5 f32", "11x5xf32"})
    EXPECT_THAT(text.out, HasSubstr(part));
  Outcome outcome = graphc("inspect \"$plan\" --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.at("schema"), 1);
  EXPECT_EQ(json.at("kernels").size(), 4u);
  EXPECT_EQ(json.at("decode").at("flops"), 15 * kContext + 110);
  EXPECT_EQ(json.at("header").at("max_tokens"), kMaxTokens);
}
