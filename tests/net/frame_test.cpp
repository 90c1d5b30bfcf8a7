// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "bytes.hpp"
#include "oort/core/reasons.hpp"
#include "parser.hpp"

namespace oort::net {
namespace {

using test::hex;

FrameHeader header_of(FrameKind kind, std::uint64_t request, std::uint32_t length = 0) {
  FrameHeader header;
  header.traffic = env::TrafficClass::Bulk;
  header.type = 0x0301;
  header.kind = kind;
  header.request = request;
  header.length = length;
  return header;
}

ChainId some_chain() { return test::fixed<ChainId>(std::string(64, 'a')); }

TEST(Frame, HeaderHasTheseBytes) {
  const auto bytes = encode_header(header_of(FrameKind::Reply, 0x0102030405060708, 0x00123456));
  EXPECT_EQ(to_hex(bytes), "01020103563412000807060504030281");
  EXPECT_EQ(to_hex(encode_header(header_of(FrameKind::Message, 0, 5))),
            "01020103050000000000000000000000");
}

TEST(Frame, HeaderComesBack) {
  for (const auto& header :
       {header_of(FrameKind::Message, 0, 0), header_of(FrameKind::Request, 1, 9),
        header_of(FrameKind::Reply, (std::uint64_t{1} << 62U) - 1, payload_bytes_max),
        header_of(FrameKind::Failure, 77, 3)}) {
    EXPECT_EQ(decode_header(encode_header(header)).value(), header);
  }
}

TEST(Frame, HeaderRefusesWhatIsNoFrame) {
  const auto refused = [](std::string_view text) {
    HeaderBytes bytes{};
    std::ranges::copy(hex(text), bytes.begin());
    const auto header = decode_header(bytes);
    return header ? std::string_view("accepted") : header.error().reason();
  };
  EXPECT_EQ(refused("02020103000000000000000000000000"), reason::unsupported_version);
  EXPECT_EQ(refused("01040103000000000000000000000000"), reason::malformed);
  // One byte more than fits; and a length with all bits set.
  EXPECT_EQ(refused("01020103f1ff7f000000000000000000"), reason::too_large);
  EXPECT_EQ(refused("01020103ffffffff0000000000000000"), reason::too_large);
  EXPECT_EQ(refused("01020103f0ff7f000000000000000000"), "accepted");
  // A message with a number, a request without.
  EXPECT_EQ(refused("01020103000000000100000000000000"), reason::malformed);
  EXPECT_EQ(refused("01020103000000000000000000000040"), reason::malformed);
}

TEST(Frame, GreetingsHaveTheseBytes) {
  const Hello hello{some_chain(), env::TrafficClass::Gossip, 0x1122334455667788};
  EXPECT_EQ(to_hex(encode_hello(hello)), "01" + std::string(64, 'a') + "03" + "8877665544332211");
  EXPECT_EQ(decode_hello(encode_hello(hello)).value(), hello);
  const Welcome welcome{Verdict::Duplicate, some_chain(), 1};
  EXPECT_EQ(to_hex(encode_welcome(welcome)), "0103" + std::string(64, 'a') + "0100000000000000");
  EXPECT_EQ(decode_welcome(encode_welcome(welcome)).value(), welcome);
  EXPECT_LE(encode_hello(hello).size(), greeting_bytes_max);
  EXPECT_LE(encode_welcome(welcome).size(), greeting_bytes_max);
}

TEST(Frame, GreetingsRefuseEveryPrefixAndWhatFollows) {
  const Bytes hello = encode_hello({some_chain(), env::TrafficClass::Bulk, 1});
  const Bytes welcome = encode_welcome({Verdict::Accepted, some_chain(), 1});
  for (std::size_t size = 0; size < hello.size(); ++size) {
    EXPECT_FALSE(decode_hello(ByteView(hello).first(size)));
  }
  for (std::size_t size = 0; size < welcome.size(); ++size) {
    EXPECT_FALSE(decode_welcome(ByteView(welcome).first(size)));
  }
  EXPECT_FALSE(decode_hello(hex(to_hex(hello) + "00")));
  EXPECT_FALSE(decode_welcome(hex(to_hex(welcome) + "00")));
  EXPECT_FALSE(decode_welcome(hex("0105" + std::string(64, 'a') + "0100000000000000")));
}

TEST(Frame, ErrorComesBackWithItsReason) {
  const Error error(ErrorCode::ResourceExhausted, reason::disk_full, "volume 3");
  EXPECT_EQ(to_hex(encode_error(error)), "08090000004449534b5f46554c4c08000000766f6c756d652033");
  const Error back = decode_error(encode_error(error)).value();
  EXPECT_EQ(back.code(), ErrorCode::ResourceExhausted);
  EXPECT_EQ(back.reason(), reason::disk_full);
  EXPECT_EQ(back.detail(), "volume 3");
}

TEST(Frame, ErrorOfAnotherVersionKeepsItsWord) {
  const Error error(ErrorCode::Aborted, "NEWER_WORD", "why");
  const Error back = decode_error(encode_error(error)).value();
  EXPECT_EQ(back.code(), ErrorCode::Aborted);
  EXPECT_EQ(back.reason(), reason::remote_error);
  EXPECT_EQ(back.detail(), "NEWER_WORD: why");
}

TEST(Frame, ErrorCutsALongDetailBetweenCharacters) {
  const Error error(ErrorCode::Internal, reason::internal, std::string(1023, 'x') + "üü");
  const Error back = decode_error(encode_error(error)).value();
  EXPECT_EQ(back.detail(), std::string(1023, 'x'));
  EXPECT_FALSE(
      decode_error(hex("0f00000000"
                       "00000000")));
  EXPECT_FALSE(decode_error({}));
}

/// Feeds `stream` in pieces of `piece` bytes.
Result<std::vector<ArrivedFrame>> parse(ByteView stream, std::size_t piece) {
  FrameParser parser;
  std::vector<ArrivedFrame> frames;
  while (!stream.empty()) {
    const auto area = parser.area();
    EXPECT_FALSE(area.empty());
    const std::size_t size = std::min({piece, area.size(), stream.size()});
    std::ranges::copy(stream.first(size), area.begin());
    OORT_TRY(parser.take(size, frames));
    stream = stream.subspan(size);
  }
  return frames;
}

TEST(FrameParser, CutsTheStreamWhereverItBreaks) {
  test::SeededRandom random(4);
  Bytes stream;
  std::vector<Bytes> payloads;
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 1000U, 32768U, 32752U, 100'000U, 3U}) {
    const Frame frame = make_frame(header_of(FrameKind::Request, size + 1), random.bytes(size));
    stream.insert(stream.end(), frame.header.begin(), frame.header.end());
    stream.insert(stream.end(), frame.payload.begin(), frame.payload.end());
    payloads.push_back(frame.payload);
  }
  for (const std::size_t piece : {1U, 7U, 16U, 1000U, 16384U, 1'000'000U}) {
    const auto frames = parse(stream, piece).value();
    ASSERT_EQ(frames.size(), payloads.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].payload, payloads[i]);
      EXPECT_EQ(frames[i].header.request, payloads[i].size() + 1);
    }
  }
}

TEST(FrameParser, MemoryFollowsTheBytesThatCame_N4) {
  FrameParser parser;
  std::vector<ArrivedFrame> frames;
  const auto head = encode_header(header_of(FrameKind::Request, 1, payload_bytes_max));
  std::ranges::copy(head, parser.area().begin());
  ASSERT_TRUE(parser.take(head.size(), frames));
  std::size_t came = 0;
  for (int i = 0; i < 5; ++i) {
    // What is set aside for a frame of which `came` bytes arrived.
    EXPECT_LE(parser.area().size(), std::max<std::size_t>(came, 32 * limits::kib));
    came += parser.area().size();
    ASSERT_TRUE(parser.take(parser.area().size(), frames));
  }
}

TEST(FrameParser, RefusesALengthOverTheLimit_N4) {
  Bytes stream(frame_header_bytes);
  const auto head = encode_header(header_of(FrameKind::Request, 1, payload_bytes_max));
  std::ranges::copy(head, stream.begin());
  stream[4] = std::byte{0xf1};
  EXPECT_EQ(parse(stream, 100).error().reason(), reason::too_large);
}

}  // namespace
}  // namespace oort::net
