// SPDX-License-Identifier: Apache-2.0
// Strongly consistent reads: asks a quorum for the highest view with a notarized block, and waits
// until this node's ledger is past it.
//
// Whatever was acknowledged anywhere is final, so a quorum voted to finalize it, and each of those
// voters held the notarization. Any other quorum shares a correct voter with that one, so one of
// the answers names a turn that is not below it. If it was acknowledged in a later epoch than this
// node is in, then the last block of this one is final, and by the same argument an answer names
// it: the node comes to the end of its epoch, and asks the validators of the next one.
#include <algorithm>

#include "barrier_reply.hpp"
#include "impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::chain {
namespace {

constexpr std::size_t barriers_waiting_max = 65'536;
constexpr Duration retry_interval = 100ms;

}  // namespace

void Chain::Impl::note_certificate(ByteView bytes) {
  const auto certificate = codec::from_bytes<consensus::Certificate>(bytes);
  if (!certificate || certificate->kind == consensus::VoteKind::Nullify) return;
  const Turn turn{certificate->epoch, certificate->view};
  if (turn <= highest_certified_) return;
  highest_certified_ = turn;
  highest_certificate_ = to_bytes(bytes);
}

void Chain::Impl::barrier(Callback<Result<FinalViewRef>> done) {
  if (barrier_next_.size() >= barriers_waiting_max) {
    return done(fail(ErrorCode::ResourceExhausted, reason::queue_full, "too many reads wait"));
  }
  // A round that already runs may have asked before the caller's last write: wait for the next.
  barrier_next_.push_back(std::move(done));
  if (!barrier_) begin_barrier();
}

void Chain::Impl::begin_barrier() {
  if (barrier_next_.empty() || is_closed_) return;
  barrier_.emplace();
  barrier_->waiting = std::exchange(barrier_next_, {});
  barrier_->timer = around_.timers.after(
      options_.barrier_deadline, guarded([](Impl& self) {
        self.end_barrier(fail(ErrorCode::Unavailable, reason::no_quorum,
                              "no quorum answered in time; the state may be old"));
      }));
  ask_barriers();
}

void Chain::Impl::ask_barriers() {
  const std::size_t count = validators().count();
  barrier_->round = ++barrier_rounds_;
  barrier_->weight = 0;
  barrier_->has_quorum = false;
  barrier_->has_answered.assign(count, false);
  const std::uint64_t round = barrier_->round;
  for (std::size_t i = 0; i < count; ++i) {
    // The last answer that is missing may be one's own, which ends the round at once.
    if (barrier_ && barrier_->round == round) {
      ask_barrier(ValidatorIndex(static_cast<std::uint16_t>(i)));
    }
  }
}

void Chain::Impl::ask_barrier(ValidatorIndex validator) {
  const NodeId node = validators()[validator].node;
  if (node == around_.transport.self()) return count_barrier(validator, highest_certified_);
  around_.transport.request(
      node, env::TrafficClass::Consensus, wire::barrier, {}, options_.barrier_deadline,
      [weak = weak_from_this(), round = barrier_->round, validator](Result<Bytes> reply) {
        if (const auto self = weak.lock()) {
          self->on_strand([round, validator, reply = std::move(reply)](Impl& chain) mutable {
            chain.on_barrier_reply(round, validator, std::move(reply));
          });
        }
      });
}

Result<Turn> Chain::Impl::read_barrier_reply(ByteView bytes) {
  OORT_TRY(const auto reply, codec::from_bytes<wire::BarrierReply>(bytes));
  const Turn known = std::max(highest_certified_, tip_turn());
  const auto root_of = [this](Epoch epoch) -> Result<const TrustRoot*> {
    if (epoch == execution_->ruling().epoch()) return &execution_->ruling();
    return fail(ErrorCode::Unavailable, reason::not_ready, "this node is in another epoch");
  };
  OORT_TRY(const Turn turn, shown_turn(root_of, around_.votes, known, reply));
  if (turn > highest_certified_) note_certificate(*reply.certificate);
  return turn;
}

Turn Chain::Impl::tip_turn() const {
  const auto& header = execution_->tip().header;
  return header ? turn_of(*header) : Turn{};
}

void Chain::Impl::on_barrier_reply(std::uint64_t round, ValidatorIndex from, Result<Bytes> reply) {
  if (!barrier_ || barrier_->round != round) return;
  const Result<Turn> highest =
      reply ? read_barrier_reply(*reply) : Result<Turn>(fail(Error(reply.error())));
  if (highest) return count_barrier(from, *highest);
  static_cast<void>(around_.timers.after(retry_interval, guarded([round, from](Impl& self) {
                                           if (self.barrier_ && self.barrier_->round == round) {
                                             self.ask_barrier(from);
                                           }
                                         })));
}

void Chain::Impl::count_barrier(ValidatorIndex validator, Turn highest) {
  if (barrier_->has_answered[validator.value()]) return;
  barrier_->has_answered[validator.value()] = true;
  barrier_->weight += validators()[validator].weight;
  barrier_->highest = std::max(barrier_->highest, highest);
  barrier_->has_quorum = barrier_->weight >= validators().quorum();
  settle_barriers();
}

void Chain::Impl::settle_barriers() {
  if (!barrier_ || !barrier_->has_quorum) return;
  if (tip_turn() < barrier_->highest) return;
  end_barrier(view_);
}

void Chain::Impl::end_barrier(const Result<FinalViewRef>& answer) {
  Barrier ended = std::move(*barrier_);
  barrier_.reset();
  around_.timers.cancel(ended.timer);
  for (auto& done : ended.waiting) done(answer);
  if (!barrier_) begin_barrier();
}

}  // namespace oort::chain
