// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/vrf.hpp"
#include "oort/env/transport.hpp"

namespace oort::consensus {

/// Encoded once, shared by every queue it waits in; never changed. Owners: the engine, its outputs
/// and whoever carries them out.
using SharedBytes = std::shared_ptr<const Bytes>;

inline constexpr std::uint16_t header_version = 1;
/// Bytes of an encoded header: every field is of fixed width.
inline constexpr std::size_t header_bytes = 422;
/// Skip certificates in one justification. Cumulative nullify needs one or two; many are needed
/// only after a long time without synchrony.
inline constexpr std::size_t skips_count_max = 1024;

/// What the application puts into a header. Consensus transports it, and looks only at whether the
/// payload is empty and whether a next validator set is named.
struct AppFields {
  Bytes32 payload_root;
  std::uint32_t payload_bytes = 0;  ///< Of the whole body, at most limits::block_body_bytes_max.
  std::uint32_t payload_count = 0;  ///< Transactions in the body.
  Bytes32 parent_state_root;
  Bytes32 parent_result_root;
  Bytes32 evidence_root;
  crypto::VrfProof vrf_proof;
  /// Zero unless this block is the last of its epoch.
  Bytes32 next_validators_hash;
  [[nodiscard]] bool is_empty() const noexcept { return payload_bytes == 0 && payload_count == 0; }
  friend bool operator==(const AppFields&, const AppFields&) noexcept = default;
};

/// The only flag: the block is the last of its epoch. Set if and only if `next_validators_hash`
/// is not zero; every other bit is zero.
inline constexpr std::uint16_t flag_last_of_epoch = 1;

struct Header {
  std::uint16_t version = header_version;
  ChainId chain;
  Epoch epoch;
  View view;  ///< 1 or more.
  Height height;
  BlockId parent;
  View parent_view;  ///< 0: the parent is the epoch's anchor.
  Bytes32 justification;
  std::uint64_t time_ms = 0;  ///< Civil time of the proposer, later than the parent's.
  AppFields app;
  Bytes32 validators_hash;
  ValidatorIndex proposer;
  std::uint16_t flags = 0;
  [[nodiscard]] bool is_last_of_epoch() const noexcept { return flags == flag_last_of_epoch; }
  friend bool operator==(const Header&, const Header&) noexcept = default;
};
/// H("oort.v1 block header", header).
[[nodiscard]] BlockId id_of(const Header& header);

enum class VoteKind : std::uint8_t { Notarize = 1, Nullify = 2, Finalize = 3 };

/// What a vote says. NULLIFY{from, view} promises: "in none of from … view have I finalized, and I
/// never will"; `from` is the last view in which its signer voted to finalize, plus one.
struct Ballot {
  VoteKind kind = VoteKind::Notarize;
  Epoch epoch;
  View view;
  BlockId block;  ///< Zero in a NULLIFY.
  View from;      ///< 1 … view in a NULLIFY, 0 in the others.
  friend bool operator==(const Ballot&, const Ballot&) noexcept = default;
};
/// What a voter signs: "oort.v1 vote", kind, chain, epoch, view, block or padded `from`.
[[nodiscard]] Bytes signed_bytes(const ChainId& chain, const Ballot& ballot);
/// What a proposer signs: "oort.v1 proposal" and the id, which covers chain, epoch and view.
[[nodiscard]] Bytes signed_bytes(const BlockId& proposal);

struct Vote {
  Ballot ballot;
  ValidatorIndex validator;
  Signature signature;
  friend bool operator==(const Vote&, const Vote&) noexcept = default;
};

/// One signature of a certificate; `from` is 0 unless the certificate is of NULLIFY votes.
struct CertifiedVote {
  ValidatorIndex validator;
  View from;
  Signature signature;
  friend bool operator==(const CertifiedVote&, const CertifiedVote&) noexcept = default;
};

/// A quorum's votes of one kind in one view, ascending by validator. The encoding holds each vote;
/// `from` (the greatest of theirs) is derived. Decoding checks form, not signatures or weight.
struct Certificate {
  VoteKind kind = VoteKind::Notarize;
  Epoch epoch;
  View view;
  BlockId block;
  View from;  ///< A NULLIFY certificate proves that no view of from … view was finalized.
  std::vector<CertifiedVote> votes;
  [[nodiscard]] Ballot ballot_of(const CertifiedVote& vote) const noexcept {
    return {kind, epoch, view, block, vote.from};
  }
  [[nodiscard]] bool covers(View skipped) const noexcept {
    return kind == VoteKind::Nullify && from <= skipped && skipped <= view;
  }
  friend bool operator==(const Certificate&, const Certificate&) = default;
};
/// Owners: the engine and its outputs.
using CertificateRef = std::shared_ptr<const Certificate>;

/// Why a block may stand on its parent: the parent's NOTARIZE or FINALIZE certificate (none for the
/// anchor), and NULLIFY certificates, ascending by view, that together cover every view between.
struct Justification {
  std::optional<Certificate> parent;
  std::vector<Certificate> skips;
  friend bool operator==(const Justification&, const Justification&) = default;
};
/// H("oort.v1 justification", justification).
[[nodiscard]] Bytes32 hash_of(const Justification& justification);

struct SignedHeader {
  Header header;
  Signature signature;
  friend bool operator==(const SignedHeader&, const SignedHeader&) noexcept = default;
};

/// A decoded PROPOSAL. `payload` is opaque (a body, or a list of short ids) and views `message`.
struct Block {
  BlockId id;
  Header header;
  Signature signature;
  Justification justification;
  ByteView payload;
  SharedBytes message;
};
/// Owners: the engine, its outputs, and the driver that executes and stores the block.
using BlockRef = std::shared_ptr<const Block>;

/// PROPOSAL: header, signature, justification, payload.
[[nodiscard]] SharedBytes encode_proposal(const SignedHeader& header,
                                          const Justification& justification, ByteView payload);
/// Fails with MALFORMED, NOT_CANONICAL or TOO_LARGE. Checks no signature.
[[nodiscard]] Result<BlockRef> decode_proposal(SharedBytes message);

/// "I am in `view` because of `opening`", signed; an answer carries its question's nonce, and one
/// that nobody asked for carries 0.
struct Status {
  Epoch epoch;
  View view;
  View final_view;
  std::uint64_t nonce = 0;
  ValidatorIndex validator;
  Signature signature;
  /// The certificate of `view - 1`; absent exactly in view 1.
  std::optional<Certificate> opening;
  friend bool operator==(const Status&, const Status&) = default;
};
[[nodiscard]] Bytes signed_bytes(const ChainId& chain, const Status& status);

struct StatusRequest {
  Epoch epoch;
  std::uint64_t nonce = 0;
  friend bool operator==(const StatusRequest&, const StatusRequest&) noexcept = default;
};

/// Types of frames, in the range that env reserves for this room.
namespace message {
inline constexpr env::MessageType proposal = env::message_range::consensus + 0;
inline constexpr env::MessageType vote = env::message_range::consensus + 1;
inline constexpr env::MessageType certificate = env::message_range::consensus + 2;
inline constexpr env::MessageType status = env::message_range::consensus + 3;
inline constexpr env::MessageType status_request = env::message_range::consensus + 4;
inline constexpr env::MessageType evidence = env::message_range::consensus + 5;
}  // namespace message

/// The epoch a message speaks of, so that a driver can route it; reads a few bytes only.
[[nodiscard]] Result<Epoch> epoch_of(env::MessageType type, ByteView bytes);

void encode(codec::Writer& out, const AppFields& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, AppFields& value);
void encode(codec::Writer& out, const Header& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Header& value);
void encode(codec::Writer& out, const Ballot& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Ballot& value);
void encode(codec::Writer& out, const Vote& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Vote& value);
void encode(codec::Writer& out, const Certificate& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Certificate& value);
void encode(codec::Writer& out, const Justification& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Justification& value);
void encode(codec::Writer& out, const SignedHeader& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, SignedHeader& value);
void encode(codec::Writer& out, const Status& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Status& value);
void encode(codec::Writer& out, const StatusRequest& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, StatusRequest& value);

}  // namespace oort::consensus
