// SPDX-License-Identifier: Apache-2.0
#include "liar.hpp"

#include "oort/codec/codec.hpp"
#include "oort/compute/messages.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/log.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/node/hooks.hpp"
#include "oort/object/shard_messages.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::faults {
namespace {

constexpr std::string_view room = "faults";

}  // namespace

std::optional<consensus::Vote> contradicting(const consensus::Vote& vote,
                                             const node::Identity& self) {
  if (vote.ballot.kind == consensus::VoteKind::Nullify) return std::nullopt;
  consensus::Vote other = vote;
  auto block = vote.ballot.block.array();
  block.front() ^= std::byte{1};
  other.ballot.block = BlockId(block);
  other.signature = self.keys.sign(consensus::signed_bytes(self.chain, other.ballot));
  return other;
}

Bytes with_wrong_byte(Bytes reply, std::uint64_t where, const node::Identity& self) {
  auto decoded = codec::from_bytes<object::ReadShardReply>(reply);
  if (!decoded || decoded->bytes.empty()) return reply;
  decoded->bytes[where % decoded->bytes.size()] ^= std::byte{1};
  if (decoded->receipt) {
    decoded->receipt->result_hash = object::result_hash_of(*decoded);
    decoded->receipt->signature = self.keys.sign(ledger::sign_hash(*decoded->receipt).view());
  }
  return codec::to_bytes(*decoded);
}

Bytes with_wrong_result(Bytes result, const node::Identity& self) {
  auto decoded = compute::message_from<compute::TaskResult>(result);
  if (!decoded || decoded->end != compute::TaskEnd::Done) return result;
  ledger::WorkReceipt& receipt = decoded->receipt;
  receipt.result_hash.mutable_view().front() ^= std::byte{1};
  receipt.signature = self.keys.sign(ledger::sign_hash(receipt).view());
  return compute::message_bytes(*decoded);
}

void Liar::on_request(env::MessageType range, RequestHandler handler) {
  if (range != env::message_range::object || corrupt_shard_chance_ == 0) {
    return inner_.on_request(range, std::move(handler));
  }
  inner_.on_request(
      range, [this, handler = std::move(handler)](NodeId from, env::MessageType type, Bytes payload,
                                                  Callback<Result<Bytes>> reply) mutable {
        if (type == object::shard_message::read && happens(corrupt_shard_chance_)) {
          reply = [this, honest = std::move(reply)](Result<Bytes> result) mutable {
            if (result) {
              log::info(room, "serves a wrong byte on purpose");
              result = with_wrong_byte(*std::move(result), random_.below(chance_whole), self_);
            }
            honest(std::move(result));
          };
        }
        handler(from, type, std::move(payload), std::move(reply));
      });
}

Result<void> Liar::send(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                        ByteView payload) {
  if (type == compute::TaskResult::type && happens(wrong_result_chance_)) {
    log::info(room, "signs for a wrong result on purpose");
    return inner_.send(to, traffic, type, with_wrong_result(to_bytes(payload), self_));
  }
  const auto sent = inner_.send(to, traffic, type, payload);
  if (type != consensus::message::vote || !happens(double_vote_chance_)) return sent;
  const auto vote = codec::from_bytes<consensus::Vote>(payload);
  const auto other = vote ? contradicting(*vote, self_) : std::nullopt;
  if (!other) return sent;
  log::info(room, "votes twice on purpose", {{"view", other->ballot.view.value()}});
  const Bytes lie = codec::to_bytes(*other);
  if (const auto lied = inner_.send(to, traffic, type, lie); !lied) {
    log::debug(room, "the lie was not sent", {{"why", lied.error().to_string()}});
  }
  return sent;
}

}  // namespace oort::faults
