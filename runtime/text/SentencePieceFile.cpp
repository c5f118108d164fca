// tokenizer.model: a ModelProto of SentencePiece, in the wire format of protobuf.
//
// See https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto and
// https://protobuf.dev/programming-guides/encoding.
#include "runtime/base/ByteReader.h"
#include "runtime/base/Escape.h"
#include "runtime/base/TextFile.h"
#include "runtime/text/Charsmap.h"
#include "runtime/text/JsonModel.h"
#include "runtime/text/SentencePiece.h"
#include "runtime/text/Unicode.h"

#include <bit>
#include <cmath>
#include <functional>

namespace graphc {

namespace {

/// How a field is written, by the three low bits of its tag.
enum class Wire : uint32_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// A field of a message.
struct Field {
  uint32_t number = 0;
  Wire wire = Wire::Varint;
  uint64_t value = 0;     ///< Of numbers.
  std::string_view bytes; ///< Of texts and messages.
};

Expected<uint64_t> readVarint(ByteReader &reader, const std::string &place) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    GRAPHC_ASSIGN_OR_RETURN(uint8_t byte, reader.read<uint8_t>());
    value |= uint64_t(byte & 0x7F) << shift;
    if (byte < 0x80)
      return value;
  }
  return badInput(place + ": a number of more than ten bytes before offset " +
                  std::to_string(reader.offset()));
}

Expected<Field> readField(ByteReader &reader, const std::string &place) {
  GRAPHC_ASSIGN_OR_RETURN(uint64_t tag, readVarint(reader, place));
  Field field;
  field.number = static_cast<uint32_t>(tag >> 3);
  field.wire = static_cast<Wire>(tag & 7);
  switch (field.wire) {
  case Wire::Varint: {
    GRAPHC_ASSIGN_OR_RETURN(field.value, readVarint(reader, place));
    return field;
  }
  case Wire::Fixed64: {
    GRAPHC_ASSIGN_OR_RETURN(field.value, reader.read<uint64_t>());
    return field;
  }
  case Wire::Fixed32: {
    GRAPHC_ASSIGN_OR_RETURN(field.value, reader.read<uint32_t>());
    return field;
  }
  case Wire::Bytes: {
    GRAPHC_ASSIGN_OR_RETURN(uint64_t length, readVarint(reader, place));
    GRAPHC_ASSIGN_OR_RETURN(field.bytes, reader.takeString(length));
    return field;
  }
  }
  return badInput(place + ": a field of wire type " + std::to_string(tag & 7) + " before offset " +
                  std::to_string(reader.offset()) + "; this is no SentencePiece model");
}

/// Hands each field of a message to `take`.
Status readMessage(std::string_view bytes, const std::string &place,
                   const std::function<Status(const Field &field)> &take) {
  ByteReader reader(std::as_bytes(std::span(bytes)), place);
  while (reader.remaining() > 0) {
    GRAPHC_ASSIGN_OR_RETURN(Field field, readField(reader, place));
    GRAPHC_RETURN_IF_ERROR(take(field));
  }
  return {};
}

/// A field that must be written in one way.
Status expectWire(const Field &field, Wire wire, const std::string &place) {
  if (field.wire == wire)
    return {};
  return badInput(place + ": field " + std::to_string(field.number) + " has wire type " +
                  std::to_string(static_cast<uint32_t>(field.wire)) + ", expected " +
                  std::to_string(static_cast<uint32_t>(wire)));
}

class ModelReader {
public:
  explicit ModelReader(const std::string &place) : place(place) {}

  Expected<SentencePieceFile> read(std::string_view bytes) {
    GRAPHC_RETURN_IF_ERROR(
        readMessage(bytes, place, [&](const Field &field) { return takeModelField(field); }));
    if (file.model.pieces.empty())
      return badInput(place + ": there are no pieces in it; this is no SentencePiece model");
    file.bosId = idOf(bosPiece);
    file.eosId = idOf(eosPiece);
    return std::move(file);
  }

private:
  Status takeModelField(const Field &field);
  Status addPiece(std::string_view bytes);
  Status takeTrainerField(const Field &field);
  Status takeNormalizerField(const Field &field);
  uint32_t idOf(std::string_view text) const;

  const std::string &place;
  SentencePieceFile file;
  std::string bosPiece = "<s>", eosPiece = "</s>";
};

Status ModelReader::takeModelField(const Field &field) {
  enum : uint32_t { Pieces = 1, Trainer = 2, Normalizer = 3 };
  if (field.number != Pieces && field.number != Trainer && field.number != Normalizer)
    return {};
  GRAPHC_RETURN_IF_ERROR(expectWire(field, Wire::Bytes, place));
  if (field.number == Pieces)
    return addPiece(field.bytes);
  bool trainer = field.number == Trainer;
  std::string part = place + (trainer ? ": trainer_spec" : ": normalizer_spec");
  return readMessage(field.bytes, part, [&](const Field &inner) {
    return trainer ? takeTrainerField(inner) : takeNormalizerField(inner);
  });
}

Status ModelReader::addPiece(std::string_view bytes) {
  enum : uint32_t { Text = 1, Score = 2, Type = 3 };
  std::vector<SentencePieceModel::Piece> &pieces = file.model.pieces;
  std::string part = place + ": piece " + std::to_string(pieces.size());
  if (pieces.size() > kMaxPieceId)
    return badInput(part + ": more than " + std::to_string(kMaxPieceId) + " pieces");
  SentencePieceModel::Piece piece;
  GRAPHC_RETURN_IF_ERROR(readMessage(bytes, part, [&](const Field &field) -> Status {
    if (field.number == Text) {
      GRAPHC_RETURN_IF_ERROR(expectWire(field, Wire::Bytes, part));
      piece.text = field.bytes;
    } else if (field.number == Score) {
      GRAPHC_RETURN_IF_ERROR(expectWire(field, Wire::Fixed32, part));
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    } else if (field.number == Type) {
      GRAPHC_RETURN_IF_ERROR(expectWire(field, Wire::Varint, part));
      if (field.value == 0 || field.value > kPieceTypes)
        return badInput(part + ": type " + std::to_string(field.value) + " is unknown");
      piece.type = static_cast<PieceType>(field.value);
    }
    return {};
  }));
  if (!isUtf8(piece.text))
    return badInput(part + ": '" + escapeForMessage(piece.text) + "' is not UTF-8");
  if (!std::isfinite(piece.score))
    return badInput(part + ": the score is not a number");
  pieces.push_back(std::move(piece));
  return {};
}

Status ModelReader::takeTrainerField(const Field &field) {
  enum : uint32_t { ModelType = 3, SuffixBlanks = 24, ByteFallback = 35, Bos = 46, Eos = 47 };
  switch (field.number) {
  case ModelType:
    if (field.value != 1 && field.value != 2)
      return unsupported(place + ": trainer_spec.model_type " + std::to_string(field.value) +
                         " is not supported; supported: 1 (Unigram), 2 (BPE)");
    file.model.kind = field.value == 2 ? ModelKind::Bpe : ModelKind::Unigram;
    return {};
  case SuffixBlanks:
    return field.value ? unsupported(place + ": trainer_spec.treat_whitespace_as_suffix is not "
                                             "supported")
                       : Status();
  case ByteFallback:
    file.model.byteFallback = field.value != 0;
    return {};
  case Bos:
    bosPiece = field.bytes;
    return {};
  case Eos:
    eosPiece = field.bytes;
    return {};
  default:
    return {};
  }
}

Status ModelReader::takeNormalizerField(const Field &field) {
  enum : uint32_t { Map = 2, DummyPrefix = 3, RemoveBlanks = 4, EscapeBlanks = 5 };
  switch (field.number) {
  case Map:
    file.model.charsmap = field.bytes;
    if (field.bytes.empty())
      return {};
    return Charsmap::open(field.bytes).status().withContext(place + ": precompiled_charsmap");
  case DummyPrefix:
    file.model.addDummyPrefix = field.value != 0;
    return {};
  case RemoveBlanks:
    file.model.removeExtraWhitespaces = field.value != 0;
    return {};
  case EscapeBlanks:
    file.model.escapeWhitespaces = field.value != 0;
    return {};
  default:
    return {};
  }
}

/// A control piece, or kNone: models may be trained without one.
uint32_t ModelReader::idOf(std::string_view text) const {
  for (uint32_t id = 0; id < file.model.pieces.size(); ++id)
    if (file.model.pieces[id].text == text && file.model.pieces[id].type == PieceType::Control)
      return id;
  return kNone;
}

} // namespace

Expected<SentencePieceFile> readSentencePieceFile(std::span<const std::byte> bytes,
                                                  const std::string &place) {
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  std::string foreign = describeForeignContent(text);
  if (!foreign.empty())
    return badInput(place + ": " + foreign);
  return ModelReader(place).read(text);
}

} // namespace graphc
