// config.json of every family.
#include "FuzzTarget.h"

#include "frontend/config/ModelConfig.h"
#include "frontend/config/Rope.h"

namespace graphc::fuzz {

std::vector<std::string> seeds() {
  const std::string sizes =
      R"("vocab_size":67,"hidden_size":24,"intermediate_size":27,"num_hidden_layers":3,)"
      R"("num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":32,)"
      R"("bos_token_id":1,"eos_token_id":[2,3],"torch_dtype":"bfloat16")";
  auto config = [&](const std::string &keys) { return "{" + keys + "," + sizes + "}"; };
  return {
      config(R"("model_type":"llama","rope_scaling":{"rope_type":"llama3","factor":8.0,)"
             R"("low_freq_factor":1.0,"high_freq_factor":4.0,)"
             R"("original_max_position_embeddings":16})"),
      config(R"("model_type":"qwen2","use_sliding_window":true,"sliding_window":3,)"
             R"("max_window_layers":1,"rope_scaling":{"type":"yarn","factor":4.0,)"
             R"("original_max_position_embeddings":8})"),
      config(R"("model_type":"gemma2","head_dim":6,"sliding_window":3,"query_pre_attn_scalar":7,)"
             R"("attn_logit_softcapping":50.0,"final_logit_softcapping":30.0)"),
      config(
          R"("model_type":"phi3","head_dim":6,"original_max_position_embeddings":16,)"
          R"("rope_scaling":{"type":"longrope","short_factor":[1,1.5,2],"long_factor":[1,4,9]})"),
  };
}

MemoryBound memoryBound() { return {}; }

Status read(std::string_view input) {
  GRAPHC_ASSIGN_OR_RETURN(Json document, parseJson(input, "config.json"));
  GRAPHC_ASSIGN_OR_RETURN(ModelConfig config, parseModelConfig(document, "config.json"));
  (void)ropeFrequencies(config, config.rope, std::min<int64_t>(config.maxPositions, 64));
  return {};
}

} // namespace graphc::fuzz
