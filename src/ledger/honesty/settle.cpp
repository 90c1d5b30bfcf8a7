// SPDX-License-Identifier: Apache-2.0
// What a closed case costs and pays. Its bonds stand in Pot::Honesty and all leave it here.
#include "bank/bank.hpp"
#include "honesty/inner.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

class Settlement {
 public:
  Settlement(Block& block, const HonestyParams& params, const CaseRecord& record,
             std::vector<Event>& events)
      : block_(block), params_(params), record_(record), court_(record.court), events_(events) {}

  void run() {
    pay_seats();
    settle_appeals();
    settle_bond();
    punish_sides();
    punish_panel();
  }

 private:
  [[nodiscard]] PanelVerdict verdict() const { return court_.verdict(); }
  [[nodiscard]] OperatorId owner_of(const NodeId& id) const {
    const auto node = block_.view().node(id);
    OORT_ASSERT(node.has_value(), "a node that sat is registered for ever");
    return node->owner;
  }
  void pay(const AccountId& to, Oort amount, Purpose purpose) {
    if (amount.is_zero()) return;
    draw(block_.state, Pot::Honesty, amount);
    credit(block_.state, events_, to, amount, purpose, court_.id());
  }
  void destroy(Oort amount) {
    if (amount.is_zero()) return;
    draw(block_.state, Pot::Honesty, amount);
    burn(block_.state, amount);
  }

  /// Whoever executed the task is paid by the bond; of a verdict, whoever was right.
  void pay_seats() {
    if (verdict() != PanelVerdict::Split) {
      for (const NodeId& node : court_.right_voters()) pay_seat(node);
      return;
    }
    for (const CaseVote& vote : court_.state().votes) pay_seat(vote.node);
  }
  void pay_seat(const NodeId& node) {
    const auto left = bond_.minus(record_.seat_pay);
    OORT_ASSERT(left.has_value(), "is_possible: the bond prepays every seat");
    bond_ = *left;
    pay(owner_of(node), record_.seat_pay, Purpose::SeatPaid);
  }

  /// An appeal that changed nothing is lost.
  void settle_appeals() {
    for (const Appeal& appeal : record_.appeals) {
      if (verdict() == appeal.against) {
        destroy(appeal.bond);
      } else {
        pay(appeal.from, appeal.bond, Purpose::CaseBondReturned);
      }
    }
  }

  /// What the seats left: the accuser's, unless it accused falsely. Then half is the accused's.
  void settle_bond() {
    if (verdict() != PanelVerdict::Acquitted) {
      return pay(record_.payer, bond_, Purpose::CaseBondReturned);
    }
    const Oort half(bond_.units() / 2);
    pay(record_.context.executor_owner, half, Purpose::AccusedCompensated);
    destroy(*bond_.minus(half));
  }

  void accuse(const NodeId& node, Offence offence, std::optional<AccountId> finder) {
    punish(block_, params_, {node, offence, court_.id(), record_.staking_epoch, finder}, events_);
  }
  void punish_sides() {
    const RevealContext& sides = record_.context;
    if (verdict() == PanelVerdict::Convicted) {
      accuse(record_.reveal.receipt.executor, Offence::WrongResult, sides.officer_owner);
    } else if (verdict() == PanelVerdict::Acquitted) {
      accuse(record_.reveal.officer, Offence::FalseAccusation, sides.executor_owner);
    }
  }
  void punish_panel() {
    for (const NodeId& node : court_.wrong_voters()) {
      accuse(node, Offence::MissedForgery, std::nullopt);
    }
    for (const NodeId& node : court_.silent()) accuse(node, Offence::Unavailable, std::nullopt);
  }

  Block& block_;
  const HonestyParams& params_;
  const CaseRecord& record_;
  FaultCase court_;
  std::vector<Event>& events_;
  Oort bond_ = record_.bond;
};

}  // namespace

void settle(Block& block, const HonestyParams& params, const CaseRecord& record,
            std::vector<Event>& events) {
  Settlement(block, params, record, events).run();
}

}  // namespace oort::ledger
