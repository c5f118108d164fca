// One function for each quantized type of GGUF; the table in GgufTypes.cpp names them.
#ifndef GRAPHC_FRONTEND_GGUF_BLOCKDECODERS_H
#define GRAPHC_FRONTEND_GGUF_BLOCKDECODERS_H

#include "frontend/gguf/GgufTypes.h"

namespace graphc::gguf {

void decodeQ4_0(const std::byte *block, const BlockParts &parts);
void decodeQ4_1(const std::byte *block, const BlockParts &parts);
void decodeQ5_0(const std::byte *block, const BlockParts &parts);
void decodeQ5_1(const std::byte *block, const BlockParts &parts);
void decodeQ8_0(const std::byte *block, const BlockParts &parts);
void decodeQ2_K(const std::byte *block, const BlockParts &parts);
void decodeQ3_K(const std::byte *block, const BlockParts &parts);
void decodeQ4_K(const std::byte *block, const BlockParts &parts);
void decodeQ5_K(const std::byte *block, const BlockParts &parts);
void decodeQ6_K(const std::byte *block, const BlockParts &parts);
void decodeIQ4_NL(const std::byte *block, const BlockParts &parts);
void decodeIQ4_XS(const std::byte *block, const BlockParts &parts);

} // namespace graphc::gguf

#endif // GRAPHC_FRONTEND_GGUF_BLOCKDECODERS_H
