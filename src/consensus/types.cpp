// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/types.hpp"

#include <array>

#include "oort/codec/codec.hpp"
#include "oort/consensus/mutants.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/env/transport.hpp"

namespace oort::consensus {
namespace {

constexpr crypto::Context header_context{"oort.v1 block header"};
constexpr crypto::Context justification_context{"oort.v1 justification"};

BlockId block_id_of(const Bytes32& hash) { return BlockId(hash.array()); }

tl::unexpected<Error> not_canonical(const char* what) {
  return fail(ErrorCode::InvalidArgument, reason::not_canonical, what);
}
tl::unexpected<Error> malformed(const char* what) {
  return fail(ErrorCode::InvalidArgument, reason::malformed, what);
}

Result<void> decode_kind(codec::Reader& in, VoteKind& kind) {
  OORT_TRY(const std::uint8_t value, in.u8());
  if (value < 1 || value > 3) return malformed("a vote's kind is 1, 2 or 3");
  kind = static_cast<VoteKind>(value);
  return {};
}

// A signature covers a fixed prefix, so that no signed thing can pass for another kind of thing.
codec::Writer begin_signed(std::string_view prefix) {
  codec::Writer out;
  out.raw(as_bytes(prefix));
  return out;
}

}  // namespace

void encode(codec::Writer& out, const AppFields& value) {
  encode(out, value.payload_root);
  out.u32(value.payload_bytes);
  out.u32(value.payload_count);
  encode(out, value.parent_state_root);
  encode(out, value.parent_result_root);
  encode(out, value.evidence_root);
  encode(out, value.vrf_proof);
  encode(out, value.next_validators_hash);
}

Result<void> decode(codec::Reader& in, AppFields& value) {
  OORT_TRY(decode(in, value.payload_root));
  OORT_TRY(decode(in, value.payload_bytes));
  OORT_TRY(decode(in, value.payload_count));
  OORT_TRY(decode(in, value.parent_state_root));
  OORT_TRY(decode(in, value.parent_result_root));
  OORT_TRY(decode(in, value.evidence_root));
  OORT_TRY(decode(in, value.vrf_proof));
  return decode(in, value.next_validators_hash);
}

void encode(codec::Writer& out, const Header& value) {
  out.u16(value.version);
  encode(out, value.chain);
  encode(out, value.epoch);
  encode(out, value.view);
  encode(out, value.height);
  encode(out, value.parent);
  encode(out, value.parent_view);
  encode(out, value.justification);
  out.u64(value.time_ms);
  encode(out, value.app);
  encode(out, value.validators_hash);
  encode(out, value.proposer);
  out.u16(value.flags);
}

Result<void> decode(codec::Reader& in, Header& value) {
  OORT_TRY(decode(in, value.version));
  if (value.version != header_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "header version " + std::to_string(value.version) + " is not known");
  }
  OORT_TRY(decode(in, value.chain));
  OORT_TRY(decode(in, value.epoch));
  OORT_TRY(decode(in, value.view));
  OORT_TRY(decode(in, value.height));
  OORT_TRY(decode(in, value.parent));
  OORT_TRY(decode(in, value.parent_view));
  OORT_TRY(decode(in, value.justification));
  OORT_TRY(decode(in, value.time_ms));
  OORT_TRY(decode(in, value.app));
  OORT_TRY(decode(in, value.validators_hash));
  OORT_TRY(decode(in, value.proposer));
  OORT_TRY(decode(in, value.flags));
  if (value.view <= value.parent_view) return malformed("a block's view is above its parent's");
  const bool names_next = !value.app.next_validators_hash.is_zero();
  if (value.flags != (names_next ? flag_last_of_epoch : 0)) {
    return not_canonical("the last of an epoch names the next validators, and only it");
  }
  return {};
}

BlockId id_of(const Header& header) {
  return block_id_of(crypto::hash(header_context, codec::to_bytes(header)));
}

void encode(codec::Writer& out, const Ballot& value) {
  out.u8(static_cast<std::uint8_t>(value.kind));
  encode(out, value.epoch);
  encode(out, value.view);
  if (value.kind == VoteKind::Nullify) {
    encode(out, value.from);
  } else {
    encode(out, value.block);
  }
}

Result<void> decode(codec::Reader& in, Ballot& value) {
  OORT_TRY(decode_kind(in, value.kind));
  OORT_TRY(decode(in, value.epoch));
  OORT_TRY(decode(in, value.view));
  if (value.view.value() == 0) return malformed("nobody votes in view 0");
  if (value.kind == VoteKind::Nullify) {
    OORT_TRY(decode(in, value.from));
    if (value.from.value() == 0) return malformed("a NULLIFY begins at view 1 or later");
    if (value.from > value.view) return malformed("a NULLIFY does not end before it begins");
    return {};
  }
  OORT_TRY(decode(in, value.block));
  if (value.block.is_zero()) return malformed("a vote names a block");
  return {};
}

Bytes signed_bytes(const ChainId& chain, const Ballot& ballot) {
  codec::Writer out = begin_signed("oort.v1 vote");
  out.u8(static_cast<std::uint8_t>(ballot.kind));
  encode(out, chain);
  encode(out, is_mutant(Mutant::EpochNotSigned) ? Epoch() : ballot.epoch);
  encode(out, ballot.view);
  if (ballot.kind == VoteKind::Nullify) {
    encode(out, ballot.from);
    out.raw(std::array<std::byte, 24>{});
  } else {
    encode(out, ballot.block);
  }
  return std::move(out).take();
}

Bytes signed_bytes(const BlockId& proposal) {
  codec::Writer out = begin_signed("oort.v1 proposal");
  encode(out, proposal);
  return std::move(out).take();
}

void encode(codec::Writer& out, const Vote& value) {
  encode(out, value.ballot);
  encode(out, value.validator);
  encode(out, value.signature);
}

Result<void> decode(codec::Reader& in, Vote& value) {
  OORT_TRY(decode(in, value.ballot));
  OORT_TRY(decode(in, value.validator));
  return decode(in, value.signature);
}

void encode(codec::Writer& out, const Certificate& value) {
  out.u8(static_cast<std::uint8_t>(value.kind));
  encode(out, value.epoch);
  encode(out, value.view);
  if (value.kind != VoteKind::Nullify) encode(out, value.block);
  out.u32(static_cast<std::uint32_t>(value.votes.size()));
  for (const CertifiedVote& vote : value.votes) {
    encode(out, vote.validator);
    if (value.kind == VoteKind::Nullify) encode(out, vote.from);
    encode(out, vote.signature);
  }
}

Result<void> decode(codec::Reader& in, Certificate& value) {
  OORT_TRY(decode_kind(in, value.kind));
  OORT_TRY(decode(in, value.epoch));
  OORT_TRY(decode(in, value.view));
  if (value.view.value() == 0) return malformed("nobody votes in view 0");
  const bool is_nullify = value.kind == VoteKind::Nullify;
  value.block = {};
  value.from = View();
  if (!is_nullify) {
    OORT_TRY(decode(in, value.block));
    if (value.block.is_zero()) return malformed("a certificate names a block");
  }
  OORT_TRY(const std::uint32_t count,
           in.count(limits::validators_count_max, 2 + 64 + (is_nullify ? 8U : 0U)));
  if (count == 0) return malformed("a certificate holds votes");
  value.votes.assign(count, {});
  for (std::uint32_t i = 0; i < count; ++i) {
    CertifiedVote& vote = value.votes[i];
    OORT_TRY(decode(in, vote.validator));
    if (i > 0 && vote.validator <= value.votes[i - 1].validator) {
      return not_canonical("a certificate's votes ascend by validator");
    }
    if (is_nullify) {
      OORT_TRY(decode(in, vote.from));
      if (vote.from.value() == 0) return malformed("a NULLIFY begins at view 1 or later");
      if (vote.from > value.view) return malformed("a NULLIFY does not end before it begins");
      value.from = std::max(value.from, vote.from);
    }
    OORT_TRY(decode(in, vote.signature));
  }
  return {};
}

void encode(codec::Writer& out, const Justification& value) {
  codec::encode(out, value.parent);
  codec::encode_vector(out, value.skips);
}

Result<void> decode(codec::Reader& in, Justification& value) {
  OORT_TRY(codec::decode(in, value.parent));
  return codec::decode_vector(in, value.skips, skips_count_max);
}

Bytes32 hash_of(const Justification& justification) {
  return crypto::hash(justification_context, codec::to_bytes(justification));
}

void encode(codec::Writer& out, const SignedHeader& value) {
  encode(out, value.header);
  encode(out, value.signature);
}

Result<void> decode(codec::Reader& in, SignedHeader& value) {
  OORT_TRY(decode(in, value.header));
  return decode(in, value.signature);
}

SharedBytes encode_proposal(const SignedHeader& header, const Justification& justification,
                            ByteView payload) {
  codec::Writer out;
  encode(out, header);
  encode(out, justification);
  out.blob(payload);
  return std::make_shared<const Bytes>(std::move(out).take());
}

Result<BlockRef> decode_proposal(SharedBytes message) {
  const auto block = std::make_shared<Block>();
  const ByteView bytes = *message;
  codec::Reader in(bytes);
  OORT_TRY(decode(in, block->header));
  OORT_TRY(decode(in, block->signature));
  OORT_TRY(decode(in, block->justification));
  OORT_TRY(block->payload, in.blob(limits::block_body_bytes_max));
  OORT_TRY(in.finish());
  // The header is the first and canonical part of the message, so its bytes are its encoding.
  block->id = block_id_of(crypto::hash(header_context, bytes.first(header_bytes)));
  block->message = std::move(message);
  return BlockRef(block);
}

void encode(codec::Writer& out, const Status& value) {
  encode(out, value.epoch);
  encode(out, value.view);
  encode(out, value.final_view);
  out.u64(value.nonce);
  encode(out, value.validator);
  encode(out, value.signature);
  codec::encode(out, value.opening);
}

Result<void> decode(codec::Reader& in, Status& value) {
  OORT_TRY(decode(in, value.epoch));
  OORT_TRY(decode(in, value.view));
  OORT_TRY(decode(in, value.final_view));
  OORT_TRY(decode(in, value.nonce));
  OORT_TRY(decode(in, value.validator));
  OORT_TRY(decode(in, value.signature));
  OORT_TRY(codec::decode(in, value.opening));
  if (value.view.value() == 0) return malformed("nobody is in view 0");
  if (value.opening.has_value() != (value.view.value() > 1)) {
    return malformed("every view but the first is entered by a certificate");
  }
  if (value.opening && value.opening->view.next() != value.view) {
    return malformed("a view is entered by a certificate of the view before");
  }
  return {};
}

Bytes signed_bytes(const ChainId& chain, const Status& status) {
  codec::Writer out = begin_signed("oort.v1 status");
  encode(out, chain);
  encode(out, status.epoch);
  encode(out, status.view);
  encode(out, status.final_view);
  out.u64(status.nonce);
  encode(out, status.validator);
  return std::move(out).take();
}

void encode(codec::Writer& out, const StatusRequest& value) {
  encode(out, value.epoch);
  out.u64(value.nonce);
}

Result<void> decode(codec::Reader& in, StatusRequest& value) {
  OORT_TRY(decode(in, value.epoch));
  return decode(in, value.nonce);
}

Result<Epoch> epoch_of(env::MessageType type, ByteView bytes) {
  constexpr std::size_t epoch_in_header = 2 + ChainId::size_bytes;
  std::size_t offset = 0;
  switch (type) {
    case message::proposal: offset = epoch_in_header; break;
    case message::vote:
    case message::certificate: offset = 1; break;
    case message::status:
    case message::status_request: break;
    case message::evidence: {
      // A kind and a count of votes, of which each begins with its kind; or no vote, a count of
      // headers, and the first header.
      codec::Reader in(bytes);
      OORT_TRY(in.u8());
      OORT_TRY(const std::uint32_t votes_count, in.u32());
      offset = 1 + 4 + (votes_count > 0 ? 1 : 4 + epoch_in_header);
      break;
    }
    default: return malformed("not a message of consensus");
  }
  codec::Reader in(bytes);
  OORT_TRY(in.raw(offset));
  Epoch epoch;
  OORT_TRY(decode(in, epoch));
  return epoch;
}

}  // namespace oort::consensus
