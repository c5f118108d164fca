#include "frontend/config/KeyPolicy.h"

#include "frontend/config/NearestName.h"
#include "runtime/base/Escape.h"

#include <algorithm>

namespace graphc {

/// Neutral in every family: how it was trained or saved, how a library runs it, what a tokenizer
//// does, and sampling parameters that old files kept here.
static constexpr std::string_view kNeutralKeys[] = {
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_commit_hash",
    "_flash_attn_2_enabled",
    "_name_or_path",
    "attention_dropout",
    "attn_implementation",
    "attn_pdrop",
    "auto_map",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "cls_token_id",
    "diversity_penalty",
    "do_sample",
    "embd_pdrop",
    "encoder_no_repeat_ngram_size",
    "finetuning_task",
    "gradient_checkpointing",
    "hidden_dropout",
    "hidden_dropout_prob",
    "id2label",
    "initializer_range",
    "label2id",
    "length_penalty",
    "mask_token_id",
    "max_length",
    "max_new_tokens",
    "min_length",
    "model_max_length",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_labels",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "pad_token",
    "pad_token_id",
    "problem_type",
    "repetition_penalty",
    "resid_pdrop",
    "return_dict",
    "sep_token_id",
    "task_specific_params",
    "temperature",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torchscript",
    "transformers.js_config",
    "transformers_version",
    "typical_p",
    "unk_token_id",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
    "use_flash_attention",
    "use_flash_attn",
};

/// Keys under which tools say that the weights are quantized.
static constexpr std::string_view kQuantizationKeys[] = {"quantization_config", "quantization",
                                                         "compression_config"};

std::span<const std::string_view> commonNeutralKeys() { return kNeutralKeys; }

static bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

static bool isInert(std::span<const InertKey> inertKeys, std::string_view key, const Json &value) {
  return std::any_of(inertKeys.begin(), inertKeys.end(), [&](const InertKey &inert) {
    return inert.key == key &&
           value == Json::parse(inert.value, nullptr, /*allow_exceptions=*/false);
  });
}

bool isUnset(const Json &value) {
  return value.is_null() || value == false || value == "" ||
         (value.is_structured() && value.empty());
}

/// The method that a quantization entry names, or the entry.
static std::string quantizationMethod(const Json &value) {
  auto method = value.is_object() ? value.find("quant_method") : value.end();
  return describeValue(value.is_object() && method != value.end() ? *method : value);
}

static Status refuseKey(const std::string &place, const std::string &key, const Json &value,
                        const KeyPolicy &policy) {
  if (contains(kQuantizationKeys, key))
    return unsupported(place + ": " + key + ": quantization method " + quantizationMethod(value) +
                       " is not supported; supported: none (F32, F16 and BF16 weights)");
  return unsupported(place + ": the key '" + escapeForMessage(key) + "' = " + describeValue(value) +
                     " is not understood for " + policy.subject +
                     " and may change what the network computes; nearest understood: " +
                     nearestNames(key, policy.understood));
}

Status checkKeys(const Json &object, const std::string &place, const KeyPolicy &policy,
                 std::vector<std::string> &ignored) {
  for (const auto &[key, value] : object.items()) {
    if (contains(policy.understood, key))
      continue;
    if (!contains(policy.neutral, key) && !isInert(policy.inert, key, value) && !isUnset(value))
      return refuseKey(place, key, value, policy);
    ignored.push_back(key);
  }
  return {};
}

} // namespace graphc
