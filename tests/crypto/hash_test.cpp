// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/hash.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"

namespace oort::crypto {
namespace {

using test::hex;

/// The input of BLAKE3's published vectors: 0, 1, … 250, 0, …
Bytes counting_bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i % 251);
  return bytes;
}

TEST(Hash, MatchesThePublishedVectorsOfBlake3_Y1) {
  EXPECT_EQ(blake3({}).hex(), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
  EXPECT_EQ(blake3(as_bytes("abc")).hex(),
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
  EXPECT_EQ(blake3(counting_bytes(1024)).hex(),
            "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7");
  const auto key = *Bytes32::from(as_bytes("whats the Elvish word for friend"));
  EXPECT_EQ(keyed_hash(key, {}).hex(),
            "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26");
}

TEST(Hash, ContextsSeparate_Y2) {
  constexpr Context vectors("BLAKE3 2019-12-27 16:29:52 test vectors context");
  constexpr Context other("BLAKE3 2019-12-27 16:29:53 test vectors context");
  EXPECT_EQ(hash(vectors, {}).hex(),
            "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d");
  EXPECT_NE(hash(vectors, {}), hash(other, {}));
  EXPECT_EQ(hash(vectors, as_bytes("ab"), as_bytes("c")), hash(vectors, as_bytes("abc")));
}

TEST(Hash, StreamsToTheSameHash) {
  constexpr Context context("oort.v1 test");
  const Bytes bytes = counting_bytes(100'000);
  Hasher hasher(context);
  for (std::size_t at = 0, step = 1; at < bytes.size(); at += step, step = step * 3 % 5000 + 1) {
    hasher.update(ByteView(bytes).subspan(at, std::min(step, bytes.size() - at)));
  }
  Hasher moved = std::move(hasher);
  EXPECT_EQ(moved.finish(), hash(context, bytes));
}

std::string digest_of(Digest kind, std::string_view text) {
  StreamDigest digest(kind);
  for (const char c : text) digest.update(as_bytes(std::string_view(&c, 1)));
  const Bytes by_bytes = digest.finish();
  StreamDigest whole(kind);
  whole.update(as_bytes(text));
  const Bytes at_once = whole.finish();
  EXPECT_EQ(by_bytes, at_once);
  EXPECT_EQ(at_once.size(), digest_size(kind));
  return to_hex(at_once);
}

TEST(Digest, MatchesThePublishedVectors_Y1) {
  // RFC 1321, FIPS 180-4, and the check values of the CRC catalogue.
  EXPECT_EQ(digest_of(Digest::Md5, "message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(digest_of(Digest::Sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest_of(Digest::Sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of(Digest::Sha512, "abc").substr(0, 32), "ddaf35a193617abacc417349ae204131");
  EXPECT_EQ(digest_of(Digest::Crc32, "123456789"), "cbf43926");
  EXPECT_EQ(digest_of(Digest::Crc32c, "123456789"), "e3069283");
  EXPECT_EQ(digest_of(Digest::Crc64Nvme, "123456789"), "ae8b14860a799888");
}

TEST(Digest, HmacMatchesRfc4231_Y1) {
  EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const Bytes long_key(131, std::byte{0xaa});
  EXPECT_EQ(
      hmac_sha256(long_key, as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))
          .hex(),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, ComparesInConstantTime) {
  EXPECT_TRUE(equal_constant_time(as_bytes("same"), as_bytes("same")));
  EXPECT_FALSE(equal_constant_time(as_bytes("same"), as_bytes("samf")));
  EXPECT_FALSE(equal_constant_time(as_bytes("same"), as_bytes("sam")));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

}  // namespace
}  // namespace oort::crypto
