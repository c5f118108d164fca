#include "frontend/weights/CheckTensors.h"
#include "frontend/weights/SafetensorsSource.h"

#include "weights/SafetensorsFile.h"

using namespace graphc;
using namespace graphc::test;

namespace {

/// Writes a file of tensors [2] with given names, types and fill bytes, and checks it.
class CheckTensors : public FolderTest {
protected:
  struct Tensor {
    std::string name, type = "F32";
    char fill = 'x';
  };

  Status check(const std::vector<Tensor> &tensors, const std::vector<ExpectedTensor> &expected,
               std::span<const std::string> leftOut = {}) {
    std::string header, data;
    for (const Tensor &tensor : tensors) {
      size_t size = 2 * findStoredType(tensor.type)->bits / 8;
      header += (header.empty() ? "{\"" : ",\"") + tensor.name + R"(":{"dtype":")" + tensor.type +
                R"(","shape":[2],"data_offsets":[)" + std::to_string(data.size()) + "," +
                std::to_string(data.size() + size) + "]}";
      data += std::string(size, tensor.fill);
    }
    write("model.safetensors", safetensors(header + "}", data));
    auto source = SafetensorsSource::open(folder);
    EXPECT_TRUE(source.ok()) << source.status().message();
    return checkTensors(**source, expected, leftOut);
  }
};

} // namespace

TEST_F(CheckTensors, AcceptsWhatFits) {
  EXPECT_TRUE(
      check({{"a"}, {"b", "BF16"}, {"c", "F16"}}, {{"a", {2}}, {"b", {2}}, {"c", {2}}}).ok());
}

TEST_F(CheckTensors, E3Row9_ListsAllProblemsAtOnce) {
  Status status = check({{"a"}, {"b"}, {"odd"}, {"i", "I64"}},
                        {{"a", {2}}, {"b", {3, 4}}, {"i", {2}}, {"gone", {5}}, {"lost", {}}});
  EXPECT_EQ(status.code(), StatusCode::BadInput);
  EXPECT_EQ(status.message(),
            folder.string() + ": the weights do not fit the configuration (5 problems):"
                              "\n  wrong shape: 'b' is [2], expected [3, 4]"
                              "\n  unsupported type: 'i' is I64; F32, F16 and BF16 are supported"
                              "\n  missing: 'gone' [5]"
                              "\n  missing: 'lost' []"
                              "\n  extra: 'odd' [2]");
}

TEST_F(CheckTensors, E3Row9_ListsTheFirstTwenty) {
  std::vector<ExpectedTensor> expected;
  for (int i = 0; i < 25; ++i)
    expected.push_back({"t" + std::to_string(i), {1}});
  Status status = check({{"t0"}}, expected);
  expectFailure(status, StatusCode::BadInput, {"(25 problems)", "'t19' [1]", "and 5 more"});
  EXPECT_EQ(status.message().find("'t20'"), std::string::npos);
}

TEST_F(CheckTensors, E3Row9_TypesAloneAreUnsupported) {
  expectFailure(check({{"a", "F8_E4M3"}}, {{"a", {2}}}), StatusCode::Unsupported,
                {"(1 problem)", "'a' is F8_E4M3"});
}

TEST_F(CheckTensors, E3Row9_KnownIgnorableNamesAreTolerated) {
  EXPECT_TRUE(
      check({{"a"}, {"model.layers.0.self_attn.rotary_emb.inv_freq", "F64"}}, {{"a", {2}}}).ok());
}

TEST_F(CheckTensors, APartOfAModelLeavesOthersAlone) {
  const std::vector<std::string> kAnything = {""};
  EXPECT_TRUE(check({{"a"}, {"other"}}, {{"a", {2}}}, kAnything).ok());
  expectFailure(check({{"other"}}, {{"a", {2}}}, kAnything), StatusCode::BadInput,
                {"(1 problem)", "missing: 'a'"});
}

TEST_F(CheckTensors, E3Row9_ATiedHeadMustEqualTheEmbedding) {
  std::vector<ExpectedTensor> tied = {{"embed", {2}}, {"lm_head", {2}, "embed"}};
  EXPECT_TRUE(check({{"embed"}}, tied).ok());
  EXPECT_TRUE(check({{"embed"}, {"lm_head"}}, tied).ok());
  expectFailure(check({{"embed"}, {"lm_head", "F32", 'y'}}, tied), StatusCode::BadInput,
                {"extra: 'lm_head' differs from 'embed'", "tie_word_embeddings"});
  expectFailure(check({{"embed"}, {"lm_head", "BF16"}}, tied), StatusCode::BadInput, {"differs"});
}
