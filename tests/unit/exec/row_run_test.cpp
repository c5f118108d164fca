// Rows in place of tokens: what comes out, chunks, refusals.
#include "TestNetwork.h"

#include "runtime/exec/RowRun.h"

#include <gmock/gmock.h>
#include <limits>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;

namespace {

/// Rows of the embedding's table, so that results are those of the tokens.
class TokenRows : public RowStream {
public:
  explicit TokenRows(std::vector<std::vector<int32_t>> tokens) : tokens(std::move(tokens)) {}

  Status read(int64_t sequence, int64_t first, std::span<float> out) override {
    const std::vector<float> table = networkTable();
    for (size_t i = 0; i < out.size(); ++i) {
      size_t row = static_cast<size_t>(first) + i / kHeadDim;
      int32_t token = tokens[static_cast<size_t>(sequence)][row];
      out[i] = poison ? std::numeric_limits<float>::quiet_NaN()
                      : table[static_cast<size_t>(token) * kHeadDim + i % kHeadDim];
    }
    return {};
  }

  Status write(int64_t sequence, std::span<const float> rows) override {
    results.resize(tokens.size());
    std::vector<float> &own = results[static_cast<size_t>(sequence)];
    own.insert(own.end(), rows.begin(), rows.end());
    return failing ? resourceError("the disk is full") : Status();
  }

  std::vector<std::vector<int32_t>> tokens;
  std::vector<std::vector<float>> results;
  bool poison = false, failing = false;
};

class RowRunTest : public testing::Test {
protected:
  void SetUp() override { open({.inputRows = true}); }

  void open(const NetworkOptions &options) {
    std::string path = folder.file("network.gcplan");
    ASSERT_TRUE(writeNetworkPlan(path, options).ok());
    Expected<Plan> opened = Plan::open(path);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    plan.emplace(*std::move(opened));
  }

  Status run(TokenRows &stream, int64_t length, int64_t chunk = 0) {
    RowExtents extents{std::ssize(stream.tokens), length};
    GRAPHC_ASSIGN_OR_RETURN(SessionOptions options, sessionOptionsFor(*plan, extents, chunk, {}));
    GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::create(*plan, options));
    Status status = runRows(*session, extents, chunk, stream);
    EXPECT_EQ(session->cache().freePages(), options.cachePages) << "pages were not given back";
    return status;
  }

  TemporaryFolder folder;
  std::optional<Plan> plan;
};

} // namespace

TEST_F(RowRunTest, ResultsAreThoseOfTheRows) {
  TokenRows stream({promptOf(70, 1), promptOf(70, 2)});
  ASSERT_TRUE(run(stream, 70).ok());
  for (size_t sequence = 0; sequence < 2; ++sequence) {
    ASSERT_EQ(stream.results[sequence].size(), static_cast<size_t>(70 * kVocabulary));
    std::span<const int32_t> tokens(stream.tokens[sequence]);
    for (size_t row : {size_t(0), size_t(15), size_t(16), size_t(69)}) {
      std::vector<float> want = expectedLogits(tokens.first(row + 1));
      for (size_t i = 0; i < want.size(); ++i)
        EXPECT_NEAR(stream.results[sequence][row * kVocabulary + i], want[i], 1e-4);
    }
  }
}

TEST_F(RowRunTest, ChunksChangeNothing) {
  TokenRows whole({promptOf(50, 3)}), pieces({promptOf(50, 3)});
  ASSERT_TRUE(run(whole, 50).ok());
  ASSERT_TRUE(run(pieces, 50, 7).ok());
  EXPECT_EQ(whole.results, pieces.results);
}

TEST_F(RowRunTest, Refusals) {
  TokenRows stream({promptOf(kContext + 1, 1)});
  EXPECT_THAT(run(stream, kContext + 1).message(), HasSubstr("1 to 200 rows"));
  EXPECT_THAT(run(stream, 0).message(), HasSubstr("1 to 200 rows"));
  EXPECT_THAT(run(stream, 5, kMaxTokens + 1).message(), HasSubstr("chunk: expected 1 to 16"));
  stream.failing = true;
  EXPECT_EQ(run(stream, 5).message(), "the disk is full");
  stream.poison = true;
  Status status = run(stream, 5);
  EXPECT_EQ(status.code(), StatusCode::Numeric);
  EXPECT_THAT(status.message(), HasSubstr("sequence 0, row 0"));
  EXPECT_THAT(status.message(), HasSubstr("that of input"));
}

TEST_F(RowRunTest, TokensAndRowsAreNotMixedUp) {
  auto session = Session::create(*plan, {});
  ASSERT_TRUE(session.ok());
  KvCache::SequenceId id = (*session)->cache().createSequence();
  std::vector<int32_t> tokens = {1};
  std::vector<float> rows(kHeadDim + 1);
  StepSequence step{.sequence = id, .tokens = tokens};
  EXPECT_THAT((*session)->step({&step, 1}).status().message(), HasSubstr("whole rows of 5"));
  step = {.sequence = id, .tokens = {}, .inputRows = rows};
  EXPECT_THAT((*session)->step({&step, 1}).status().message(), HasSubstr("whole rows of 5"));

  open({});
  TokenRows stream({promptOf(5, 1)});
  EXPECT_THAT(run(stream, 5).message(), HasSubstr("the plan takes tokens, not rows"));
  session = Session::create(*plan, {});
  ASSERT_TRUE(session.ok());
  step = {.sequence = (*session)->cache().createSequence(), .tokens = tokens, .inputRows = rows};
  EXPECT_THAT((*session)->step({&step, 1}).status().message(), HasSubstr("takes tokens"));
}
