#include "runtime/text/JsonTemplate.h"

#include "runtime/text/JsonModel.h"
#include "runtime/text/JsonStepReader.h"

namespace graphc {

namespace {

/// Ids around a text, in order.
struct Surroundings {
  std::vector<uint32_t> prefix, suffix;
};

/// A later post-processor stands outside of the earlier ones.
void wrap(TokenizerSpec &spec, const Surroundings &outer) {
  spec.prefixIds.insert(spec.prefixIds.begin(), outer.prefix.begin(), outer.prefix.end());
  spec.suffixIds.insert(spec.suffixIds.end(), outer.suffix.begin(), outer.suffix.end());
}

bool isId(const Json &value) {
  return value.is_number_unsigned() && value.get<uint64_t>() <= kMaxPieceId;
}

/// Appends the ids of a special token of a template.
Status appendToken(const JsonFields &fields, const JsonFields &item, std::vector<uint32_t> &out) {
  GRAPHC_ASSIGN_OR_RETURN(std::string name, item.string("id"));
  GRAPHC_ASSIGN_OR_RETURN(JsonFields tokens, fields.object("special_tokens"));
  GRAPHC_ASSIGN_OR_RETURN(JsonFields token, tokens.object(name));
  GRAPHC_ASSIGN_OR_RETURN(const Json *ids, token.array("ids"));
  for (const Json &id : *ids) {
    if (!isId(id))
      return token.wrong("ids", "a list of ids");
    out.push_back(id.get<uint32_t>());
  }
  return {};
}

Status readTemplate(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(const Json *items, fields.array("single"));
  Surroundings around;
  size_t texts = 0;
  for (size_t i = 0; i < items->size(); ++i) {
    std::string place = fields.place() + ".single[" + std::to_string(i) + "]";
    GRAPHC_ASSIGN_OR_RETURN(JsonFields item, JsonFields::of((*items)[i], place));
    if (item.has("Sequence")) {
      ++texts;
      continue;
    }
    GRAPHC_ASSIGN_OR_RETURN(JsonFields token, item.object("SpecialToken"));
    GRAPHC_RETURN_IF_ERROR(appendToken(fields, token, texts ? around.suffix : around.prefix));
  }
  if (texts != 1)
    return fields.wrong("single", "one place for the text");
  wrap(context.spec, around);
  return {};
}

/// One of the pairs ["</s>", 2] of BERT's and RoBERTa's post-processors.
Status readNamedId(const JsonFields &fields, const char *key, std::vector<uint32_t> &out) {
  GRAPHC_ASSIGN_OR_RETURN(const Json *pair, fields.array(key));
  if (pair->size() != 2 || !isId((*pair)[1]))
    return fields.wrong(key, "a token and its id");
  out.push_back((*pair)[1].get<uint32_t>());
  return {};
}

Status readBert(const JsonFields &fields, StepContext &context) {
  Surroundings around;
  GRAPHC_RETURN_IF_ERROR(readNamedId(fields, "cls", around.prefix));
  GRAPHC_RETURN_IF_ERROR(readNamedId(fields, "sep", around.suffix));
  wrap(context.spec, around);
  return {};
}

/// Only trims offsets into the text, which graphc does not have.
Status readNothing(const JsonFields &, StepContext &) { return {}; }

constexpr StepReader kPostProcessors[] = {
    {"TemplateProcessing", readTemplate},
    {"ByteLevel", readNothing},
    {"BertProcessing", readBert},
    {"RobertaProcessing", readBert},
};

} // namespace

Status readPostProcessor(const Json *value, const std::string &place, TokenizerSpec &spec) {
  StepContext context{spec};
  return value ? readSteps(*value, place, "processors", kPostProcessors, context) : Status();
}

} // namespace graphc
