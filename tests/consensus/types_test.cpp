// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/types.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace oort::consensus::test {
namespace {

Header golden_header() {
  Header header = make_header(make_epoch());
  header.height = Height(101);
  header.app.payload_root = filled<Bytes32>(1);
  header.app.payload_bytes = 2;
  header.app.payload_count = 3;
  header.app.parent_state_root = filled<Bytes32>(4);
  header.app.parent_result_root = filled<Bytes32>(5);
  header.app.evidence_root = filled<Bytes32>(6);
  header.app.vrf_proof = filled<crypto::VrfProof>(7);
  header.proposer = ValidatorIndex(2);
  return header;
}

Certificate golden_certificate(VoteKind kind) {
  const EpochStart epoch = make_epoch();
  if (kind == VoteKind::Nullify) return certify(epoch, {0, 1, 3}, nullify(1, 9), {4, 2, 6});
  const Ballot ballot{kind, Epoch(7), View(9), filled<BlockId>(0xb1), {}};
  return certify(epoch, {0, 1, 3}, ballot);
}

template <class T>
std::string hash_hex(const T& value) {
  return crypto::blake3(codec::to_bytes(value)).hex();
}

// Every strict prefix and every longer input is refused; what decodes encodes to itself.
template <class T>
void expect_canonical(const T& value) {
  const Bytes bytes = codec::to_bytes(value);
  const auto decoded = codec::from_bytes<T>(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().to_string();
  EXPECT_EQ(*decoded, value);
  EXPECT_EQ(codec::to_bytes(*decoded), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<T>(ByteView(bytes).first(size)).has_value()) << size;
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(codec::from_bytes<T>(longer).has_value());
}

TEST(Types, EveryEncodingIsCanonical_M1) {
  expect_canonical(golden_header());
  expect_canonical(sign(make_epoch(), golden_header()));
  for (const VoteKind kind : {VoteKind::Notarize, VoteKind::Nullify, VoteKind::Finalize}) {
    expect_canonical(golden_certificate(kind));
  }
  expect_canonical(sign(make_epoch(), 1, notarize(3, filled<BlockId>(9))));
  expect_canonical(sign(make_epoch(), 2, nullify(2, 3)));
  expect_canonical(Justification{golden_certificate(VoteKind::Finalize),
                                 {golden_certificate(VoteKind::Nullify)}});
  expect_canonical(Status{Epoch(7),
                          View(10),
                          View(3),
                          5,
                          ValidatorIndex(1),
                          {},
                          golden_certificate(VoteKind::Nullify)});
  expect_canonical(Status{Epoch(7), View(1), View(0), 5, ValidatorIndex(1), {}, std::nullopt});
  expect_canonical(StatusRequest{Epoch(7), 99});
}

TEST(Types, EncodingsAreFrozen_M2) {
  EXPECT_EQ(codec::to_bytes(golden_header()).size(), header_bytes);
  EXPECT_EQ(id_of(golden_header()).hex(),
            "850a3b48a5f7708e9105ce1ccf62c9ae6d6550374aa464511a50d45e5b9a8572");
  EXPECT_EQ(hash_hex(golden_header()),
            "e6d6cb40a002c31f36f729bb5142d09f04ed3f62fba238ca7d6402caeb4e6396");
  EXPECT_EQ(hash_hex(golden_certificate(VoteKind::Notarize)),
            "d7bf80a9cf96bb5e453ce7ba6771fab2c331e702a3220c2028fc930fa782a40c");
  EXPECT_EQ(hash_hex(golden_certificate(VoteKind::Nullify)),
            "38b4b9a02cbde13057ff3ebb8bb893b8fc547519995e9ceafde01b8c3aa05bdc");
  EXPECT_EQ(hash_of(Justification{golden_certificate(VoteKind::Finalize),
                                  {golden_certificate(VoteKind::Nullify)}})
                .hex(),
            "06e324367aae13a377f4b348c82d9f4a6d1ce273ba515da1043b5d631a6d3be0");
  const Vote vote{nullify(2, 3), ValidatorIndex(0x0102), filled<Signature>(0xee)};
  std::string signature;
  for (int i = 0; i < 64; ++i) signature += "ee";
  EXPECT_EQ(to_hex(codec::to_bytes(vote)),
            "020700000000000000"
            "0300000000000000"
            "0200000000000000"
            "0201" +
                signature);
  EXPECT_EQ(to_hex(codec::to_bytes(StatusRequest{Epoch(7), 0x99})),
            "07000000000000009900000000000000");
}

TEST(Types, SignedBytesAreFrozenAndNeverCoincide_M3) {
  const ChainId chain = filled<ChainId>(0xc1);
  const BlockId block = filled<BlockId>(0xb1);
  const Bytes notarized = signed_bytes(chain, notarize(3, block));
  std::string chain_hex;
  std::string block_hex;
  for (int i = 0; i < 32; ++i) {
    chain_hex += "c1";
    block_hex += "b1";
  }
  EXPECT_EQ(to_hex(notarized), to_hex(as_bytes("oort.v1 vote")) + "01" + chain_hex +
                                   "0700000000000000" + "0300000000000000" + block_hex);
  EXPECT_EQ(to_hex(signed_bytes(chain, nullify(2, 3))),
            to_hex(as_bytes("oort.v1 vote")) + "02" + chain_hex + "0700000000000000" +
                "0300000000000000" + "0200000000000000" + std::string(48, '0'));
  EXPECT_EQ(to_hex(signed_bytes(block)), to_hex(as_bytes("oort.v1 proposal")) + block_hex);
  EXPECT_NE(notarized, signed_bytes(chain, finalize(3, block)));
  EXPECT_NE(notarized, signed_bytes(chain, notarize(4, block)));
  EXPECT_NE(notarized, signed_bytes(filled<ChainId>(0xc2), notarize(3, block)));
}

TEST(Types, AStatusIsSignedWholeButForItsCertificate_M3) {
  const ChainId chain = filled<ChainId>(0xc1);
  const Status status{Epoch(7), View(10), View(3), 5, ValidatorIndex(1), {}, std::nullopt};
  Status other = status;
  other.nonce = 6;
  EXPECT_NE(signed_bytes(chain, status), signed_bytes(chain, other));
  other = status;
  other.view = View(11);
  EXPECT_NE(signed_bytes(chain, status), signed_bytes(chain, other));
}

TEST(Types, ACertificateOfBadFormIsRefused_M1) {
  const auto refuses = [](const Certificate& certificate) {
    return !codec::from_bytes<Certificate>(codec::to_bytes(certificate)).has_value();
  };
  Certificate twice = golden_certificate(VoteKind::Notarize);
  twice.votes[1].validator = twice.votes[0].validator;
  EXPECT_TRUE(refuses(twice));
  Certificate unsorted = golden_certificate(VoteKind::Notarize);
  std::swap(unsorted.votes[0], unsorted.votes[1]);
  EXPECT_TRUE(refuses(unsorted));
  Certificate empty = golden_certificate(VoteKind::Notarize);
  empty.votes.clear();
  EXPECT_TRUE(refuses(empty));
  Certificate backwards = golden_certificate(VoteKind::Nullify);
  backwards.votes[1].from = View(10);
  EXPECT_TRUE(refuses(backwards));
  Certificate nowhere = golden_certificate(VoteKind::Nullify);
  nowhere.votes[1].from = View(0);
  EXPECT_TRUE(refuses(nowhere));
  Certificate nothing = golden_certificate(VoteKind::Notarize);
  nothing.block = {};
  EXPECT_TRUE(refuses(nothing));
}

TEST(Types, AHeaderOfBadFormIsRefused_M1) {
  const auto refuses = [](const Header& header) {
    return !codec::from_bytes<Header>(codec::to_bytes(header)).has_value();
  };
  Header header = golden_header();
  EXPECT_FALSE(refuses(header));
  header.flags = 2;
  EXPECT_TRUE(refuses(header));
  header.flags = flag_last_of_epoch;
  EXPECT_TRUE(refuses(header));
  header.app.next_validators_hash = filled<Bytes32>(1);
  EXPECT_FALSE(refuses(header));
  header.flags = 0;
  EXPECT_TRUE(refuses(header));
  header = golden_header();
  header.version = 2;
  EXPECT_TRUE(refuses(header));
  header = golden_header();
  header.parent_view = header.view;
  EXPECT_TRUE(refuses(header));
}

TEST(Types, AProposalCarriesItsPayloadAndItsId_M1) {
  const SignedHeader header = sign(make_epoch(), golden_header());
  const Bytes payload = to_bytes("payload");
  const SharedBytes message = encode_proposal(header, {}, payload);
  const auto block = decode_proposal(message).value();
  EXPECT_EQ(block->id, id_of(header.header));
  EXPECT_EQ(block->header, header.header);
  EXPECT_EQ(block->signature, header.signature);
  EXPECT_EQ(as_text(block->payload), "payload");
  Bytes longer = *message;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode_proposal(std::make_shared<const Bytes>(longer)).has_value());
}

TEST(Types, TheEpochOfEveryMessageIsFound_M4) {
  const EpochStart epoch = make_epoch();
  const Header header = golden_header();
  const auto of = [](env::MessageType type, const Bytes& bytes) {
    return epoch_of(type, bytes).value();
  };
  EXPECT_EQ(of(message::proposal, *encode_proposal(sign(epoch, header), {}, {})), Epoch(7));
  EXPECT_EQ(of(message::vote, codec::to_bytes(sign(epoch, 1, nullify(1, 2)))), Epoch(7));
  const Certificate certificate = golden_certificate(VoteKind::Notarize);
  EXPECT_EQ(of(message::certificate, codec::to_bytes(certificate)), Epoch(7));
  EXPECT_EQ(of(message::status_request, codec::to_bytes(StatusRequest{Epoch(7), 1})), Epoch(7));
  const Status status{Epoch(7), View(1), View(0), 5, ValidatorIndex(1), {}, std::nullopt};
  EXPECT_EQ(of(message::status, codec::to_bytes(status)), Epoch(7));
  const Evidence votes{EvidenceKind::DoubleNotarize,
                       {sign(epoch, 1, notarize(2, filled<BlockId>(1))),
                        sign(epoch, 1, notarize(2, filled<BlockId>(2)))},
                       {},
                       std::nullopt};
  EXPECT_EQ(of(message::evidence, codec::to_bytes(votes)), Epoch(7));
  const Evidence headers{
      EvidenceKind::DoubleProposal, {}, {sign(epoch, header), sign(epoch, header)}, std::nullopt};
  EXPECT_EQ(of(message::evidence, codec::to_bytes(headers)), Epoch(7));
  EXPECT_FALSE(epoch_of(message::vote, {}).has_value());
  EXPECT_FALSE(epoch_of(0x0200, codec::to_bytes(votes)).has_value());
}

}  // namespace
}  // namespace oort::consensus::test
