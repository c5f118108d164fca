// `graphc tokenize`: which tokens a text is, and which text tokens are.
#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"
#include "runtime/text/Unicode.h"
#include "tools/cli/Columns.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Output.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/RunFlags.h"
#include "tools/graphc/TextInput.h"
#include "tools/graphc/TokenizerSource.h"

namespace graphc {

namespace {

struct TokenizeFlags {
  std::string source;
  std::optional<std::string> text, file, ids;
  EncodeOptions options;
  bool json = false;
};

Expected<TokenizeFlags> parse(int argc, const char *const *argv, bool &helpShown) {
  CLI::App app("Print the tokens of a text: ids and pieces; or the text of tokens.",
               "graphc tokenize");
  TokenizeFlags flags;
  app.add_option("TOKENIZER", flags.source,
                 "a plan, a model, a folder with a tokenizer, or a tokenizer's file")
      ->required();
  CLI::Option *text = app.add_option("-p,--prompt", flags.text, "the text");
  CLI::Option *file =
      app.add_option("-f,--file", flags.file, "the file with the text; - is stdin")->excludes(text);
  app.add_option("--decode", flags.ids, "print the text of these ids, e.g. 1,2,3")
      ->excludes(text)
      ->excludes(file);
  app.add_flag("--add-special", flags.options.addSpecial,
               "with the tokens that begin (and end) a text");
  app.add_flag("--parse-special", flags.options.parseSpecial,
               "special tokens that are spelled out in the text are tokens");
  app.add_flag("--json", flags.json, "print JSON");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (!helpShown && !flags.text && !flags.file && !flags.ids)
    return usageError("a text is missing: give -p TEXT or -f FILE, or ids with --decode");
  return flags;
}

std::string tokensJson(const Tokenizer &tokenizer, const std::vector<int32_t> &ids) {
  Json pieces = Json::array();
  for (int32_t id : ids)
    pieces.push_back(tokenizer.pieceSpelling(id));
  return jsonText({{"schema", 1}, {"ids", ids}, {"pieces", std::move(pieces)}}) + "\n";
}

/// A piece on a line of its own.
std::string printable(const std::string &piece) {
  std::string text;
  for (size_t position = 0; position < piece.size();) {
    const DecodedChar c = decodeChar(piece, position);
    text += isUnprintable(c.value) ? "\\u{" + hexText(c.value, 4) + "}"
                                   : piece.substr(position, c.length);
    position += c.length;
  }
  return text;
}

std::string tokensText(const Tokenizer &tokenizer, const std::vector<int32_t> &ids) {
  constexpr size_t kIdWidth = 8;
  std::string text;
  for (int32_t id : ids)
    text += rightAligned(std::to_string(id), kIdWidth) + "  " +
            printable(tokenizer.pieceSpelling(id)) + "\n";
  return text;
}

Status encodeText(const TokenizeFlags &flags, const Tokenizer &tokenizer) {
  std::string text = flags.text.value_or("");
  if (flags.file) {
    GRAPHC_ASSIGN_OR_RETURN(text, readText(*flags.file));
  }
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer.encode(text, flags.options));
  return writeOut(flags.json ? tokensJson(tokenizer, ids) : tokensText(tokenizer, ids));
}

Status decodeIds(const TokenizeFlags &flags, const Tokenizer &tokenizer) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, parseTokens(*flags.ids, "--decode"));
  for (int32_t id : ids)
    if (!tokenizer.isUsed(id))
      return usageError("--decode: there is no token " + std::to_string(id) +
                        "; ids run from 0 to " + std::to_string(tokenizer.vocabularySize() - 1));
  std::string text = tokenizer.decode(ids, /*skipSpecial=*/false);
  return writeOut((flags.json ? jsonText({{"schema", 1}, {"text", text}}) : text) + "\n");
}

} // namespace

Status tokenizeCommand(int argc, const char *const *argv) {
  bool helpShown = false;
  GRAPHC_ASSIGN_OR_RETURN(TokenizeFlags flags, parse(argc, argv, helpShown));
  if (helpShown)
    return {};
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSource source, TokenizerSource::open(flags.source));
  return flags.ids ? decodeIds(flags, source.tokenizer()) : encodeText(flags, source.tokenizer());
}

} // namespace graphc
