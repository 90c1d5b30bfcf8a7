// SPDX-License-Identifier: Apache-2.0
#include "market/escrow.hpp"

#include <algorithm>

#include "bank/bank.hpp"
#include "bank/credits.hpp"
#include "market/market.hpp"
#include "oort/core/assert.hpp"
#include "storage/storage.hpp"

namespace oort::ledger {
namespace {

Units sum(Units a, Units b) {
  const auto both = a.plus(b);
  OORT_ASSERT(both.has_value(), "what an escrow was funded with fits an amount");
  return *both;
}
Units difference(Units a, Units b) {
  const auto left = a.minus(b);
  OORT_ASSERT(left.has_value(), "an escrow owes no more than it holds");
  return *left;
}

void tell(std::vector<Event>& events, EscrowChanged::Kind kind, const Escrow& escrow,
          Units amount) {
  events.emplace_back(EscrowChanged{kind, escrow.id, escrow.currency, amount});
}

/// Out of an account into the escrows.
Rejection set_aside(Call& call, const AccountId& from, const Escrow& escrow, Units amount) {
  const Bytes32 subject = subject_of(escrow.id);
  if (escrow.currency == Currency::Oort) {
    const Oort money(amount.units());
    const Rejection refused =
        debit(call.state(), call.events, from, money, Purpose::EscrowFunded, subject);
    if (refused == Rejection::None) put_in(call.state(), Pot::Escrow, money);
    return refused;
  }
  const Credits money(amount.units());
  const Rejection refused =
      debit_credits(call.state(), call.events, from, money, Purpose::EscrowFunded, subject);
  if (refused == Rejection::None) escrow_credits(call.state(), money);
  return refused;
}

/// Out of the escrow back to its payer.
void refund(Call& call, Escrow& escrow, Units amount) {
  if (amount.is_zero()) return;
  escrow.refunded = sum(escrow.refunded, amount);
  escrow.held = difference(escrow.held, amount);
  const Bytes32 subject = subject_of(escrow.id);
  if (escrow.currency == Currency::Oort) {
    draw(call.state(), Pot::Escrow, Oort(amount.units()));
    credit(call.state(), call.events, escrow.payer, Oort(amount.units()), Purpose::EscrowRefunded,
           subject);
  } else {
    release_credits(call.state(), Credits(amount.units()));
    credit_credits(call.state(), call.events, escrow.payer, Credits(amount.units()),
                   Purpose::EscrowRefunded, subject);
  }
}

void save_escrow(Overlay& state, const Escrow& escrow) {
  save(state, keys::escrow(escrow.id), escrow);
}

bool is_owed(const Escrow& escrow, const Earner& earner) {
  return earner.taken < earned_by(escrow, earner);
}

/// Saves a closed escrow, or ends it where nobody is owed anything: what rounding has left, less
/// than one unit for each earner, goes back to the payer.
void save_or_end(Call& call, Escrow& escrow) {
  const bool is_open = escrow.status != EscrowStatus::Closed;
  if (is_open || std::ranges::any_of(escrow.earners, [&](const Earner& earner) {
        return is_owed(escrow, earner);
      })) {
    return save_escrow(call.state(), escrow);
  }
  refund(call, escrow, escrow.held);
  call.state().erase(keys::escrow(escrow.id));
  call.state().erase(keys::escrow_payer(escrow.payer, escrow.id));
  for (const Earner& earner : escrow.earners) {
    call.state().erase(keys::escrow_earner(earner.account, escrow.id));
  }
  tell(call.events, EscrowChanged::Kind::Ended, escrow, Units());
}

Oort credits_into_oort(Block& block, Credits gross, Rate rate) {
  const Credits total = block.view().credit_supply().total;
  const Oort reserve = block.view().pot(Pot::Reserve);
  const auto part = mul_div(reserve.units(), gross.units(), total.units(), Rounding::Down);
  OORT_ASSERT(part.has_value(), "a part of the reserve is no more than it");
  const Oort worth = oort_for(gross, rate, Rounding::Down).value_or(Oort(*part));
  const Oort value = std::min(worth, Oort(*part));
  release_credits(block.state, gross);
  burn_credits(block.state, gross);
  draw(block.state, Pot::Reserve, value);
  return value;
}

/// The protocol's part, rounded up, so that nobody gains by being paid in pieces.
Oort take_of(const Escrow& escrow, Oort value) {
  return Oort(share_of(value.units(), escrow.take, Rounding::Up));
}

Accepted<Oort> spend_oort(Block& block, std::vector<Event>& events, Escrow& escrow, Units gross) {
  const Oort value(gross.units());
  const Oort take = take_of(escrow, value);
  // Rounded down, and out of the take alone: no share is over the take's.
  const Oort discount(share_of(value.units(), escrow.discount, Rounding::Down));
  draw(block.state, Pot::Escrow, value);
  put_in(block.state, Pot::Treasury, *take.minus(discount));
  credit(block.state, events, escrow.payer, discount, Purpose::EscrowDiscounted,
         subject_of(escrow.id));
  escrow.paid = sum(escrow.paid, Units(value.minus(discount)->units()));
  escrow.refunded = sum(escrow.refunded, Units(discount.units()));
  escrow.held = difference(escrow.held, gross);
  return *value.minus(take);
}

bool has_possible_terms(const EscrowTerms& terms) {
  return !terms.amount.is_zero() && terms.earners.size() <= earners_max &&
         terms.holdback <= parts_per_million &&
         ascends(terms.earners, [](const Earner& earner) { return earner.account; });
}

}  // namespace

Bytes32 subject_of(EscrowId id) noexcept {
  Bytes32 subject;
  const auto bytes = subject.mutable_view();
  for (std::size_t i = 0; i < sizeof(std::uint64_t); ++i) {
    bytes[bytes.size() - 1 - i] =
        static_cast<std::byte>(static_cast<std::uint8_t>(id.value() >> (8 * i)));
  }
  return subject;
}

Accepted<Escrow> open_escrow(Call& call, const EscrowTerms& terms) {
  return open_escrow_with(call, terms, terms.payer);
}

Accepted<Escrow> open_escrow_with(Call& call, const EscrowTerms& terms, const AccountId& from) {
  const auto params = call.view().market_params();
  if (!params) return Refused(Rejection::ModuleOff);
  if (!has_possible_terms(terms)) return Refused(Rejection::EscrowFieldInvalid);
  Escrow escrow;
  escrow.id = EscrowId(take_number(call.state(), keys::escrow_next()));
  escrow.payer = terms.payer;
  escrow.kind = terms.kind;
  escrow.currency = terms.currency;
  escrow.arbiter = terms.arbiter;
  escrow.funded = terms.amount;
  escrow.held = terms.amount;
  escrow.rate = terms.rate;
  escrow.settled_ms = call.block.header.time_ms;
  for (const Earner& earner : terms.earners) {
    escrow.earners.push_back({earner.account, earner.weight, Units(), Units()});
    call.state().put(keys::escrow_earner(earner.account, escrow.id), {});
  }
  escrow.expires_ms = terms.expires_ms;
  escrow.take = params->take;
  escrow.discount = terms.currency == Currency::Oort ? params->discount : 0;
  escrow.holdback = terms.holdback;
  escrow.holdback_ms = terms.holdback_ms;
  if (const Rejection refused = set_aside(call, from, escrow, terms.amount);
      refused != Rejection::None) {
    return Refused(refused);
  }
  call.state().put(keys::escrow_payer(escrow.payer, escrow.id), {});
  save_escrow(call.state(), escrow);
  tell(call.events, EscrowChanged::Kind::Opened, escrow, terms.amount);
  return escrow;
}

Accepted<Escrow> find_escrow(const Block& block, EscrowId id) {
  auto escrow = block.view().escrow(id);
  if (!escrow) return Refused(Rejection::EscrowUnknown);
  return settled_at(*std::move(escrow), block.header.time_ms);
}

Rejection fund_escrow(Call& call, Escrow& escrow, const AccountId& from, Units amount) {
  if (amount.is_zero()) return Rejection::ZeroAmount;
  if (escrow.status == EscrowStatus::Closed) return Rejection::EscrowEnded;
  const auto funded = escrow.funded.plus(amount);
  if (!funded) return Rejection::AmountOverflow;
  if (const Rejection refused = set_aside(call, from, escrow, amount); refused != Rejection::None) {
    return refused;
  }
  escrow.funded = *funded;
  escrow.held = sum(escrow.held, amount);
  save_escrow(call.state(), escrow);
  tell(call.events, EscrowChanged::Kind::Funded, escrow, amount);
  return Rejection::None;
}

Accepted<Oort> spend(Block& block, std::vector<Event>& events, Escrow& escrow, Units gross) {
  OORT_ASSERT(gross <= escrow.held, "an escrow spends what it holds");
  if (escrow.currency == Currency::Oort) return spend_oort(block, events, escrow, gross);
  const auto rate = rate_of(block.state, block.header.time_ms);
  if (!rate) return Refused(rate.error());
  const Oort value = credits_into_oort(block, Credits(gross.units()), *rate);
  const Oort take = take_of(escrow, value);
  put_in(block.state, Pot::Treasury, take);
  escrow.paid = sum(escrow.paid, gross);
  escrow.held = difference(escrow.held, gross);
  return *value.minus(take);
}

Rejection pay_escrow(Call& call, Escrow& escrow, const AccountId& to, Units gross) {
  if (escrow.status == EscrowStatus::Frozen) return Rejection::EscrowFrozen;
  if (unstreamed(escrow) < gross) return Rejection::EscrowTooLow;
  const auto net = spend(call.block, call.events, escrow, gross);
  if (!net) return net.error();
  credit(call.state(), call.events, to, *net, Purpose::EscrowPaid, subject_of(escrow.id));
  save_or_end(call, escrow);
  tell(call.events, EscrowChanged::Kind::Paid, escrow, gross);
  return Rejection::None;
}

void refund_escrow(Call& call, Escrow& escrow, Units amount) {
  OORT_ASSERT(amount <= unstreamed(escrow), "what comes back has not streamed");
  refund(call, escrow, amount);
  save_escrow(call.state(), escrow);
}

void freeze_escrow(Call& call, Escrow& escrow) {
  if (escrow.status != EscrowStatus::Open) return;
  escrow.status = EscrowStatus::Frozen;
  save_escrow(call.state(), escrow);
  tell(call.events, EscrowChanged::Kind::Frozen, escrow, Units());
}

void thaw_escrow(Call& call, Escrow& escrow) {
  if (escrow.status != EscrowStatus::Frozen) return;
  escrow.status = EscrowStatus::Open;
  save_escrow(call.state(), escrow);
  tell(call.events, EscrowChanged::Kind::Thawed, escrow, Units());
}

Units forfeit(Call& call, Escrow& escrow, const AccountId& account, Units amount) {
  const auto earner = std::ranges::find(escrow.earners, account, &Earner::account);
  if (earner == escrow.earners.end()) return Units();
  const Units owed = difference(earned_by(escrow, *earner), earner->taken);
  const Units lost = std::min(owed, amount);
  if (lost.is_zero()) return lost;
  earner->taken = sum(earner->taken, lost);
  refund(call, escrow, lost);
  tell(call.events, EscrowChanged::Kind::Forfeited, escrow, lost);
  save_or_end(call, escrow);
  return lost;
}

void close_escrow(Call& call, Escrow& escrow) {
  const Units rest = unstreamed(escrow);
  const std::uint64_t now = call.block.header.time_ms;
  escrow.closed_ms = escrow.expires_ms == 0 ? now : std::min(now, escrow.expires_ms);
  escrow.status = EscrowStatus::Closed;
  escrow.rate = Units();
  refund(call, escrow, rest);
  tell(call.events, EscrowChanged::Kind::Closed, escrow, rest);
  save_or_end(call, escrow);
}

namespace {

bool has_expired(const Call& call, const Escrow& escrow) {
  return escrow.expires_ms != 0 && escrow.expires_ms <= call.block.header.time_ms;
}

bool are_possible(const std::vector<EarnerShare>& shares) {
  return !shares.empty() &&
         ascends(shares, [](const EarnerShare& share) { return share.account; }) &&
         std::ranges::all_of(shares, [](const EarnerShare& share) { return share.weight > 0; });
}

/// An open stream of the sender's.
Rejection check_own_stream(const Call& call, const Escrow& escrow) {
  if (escrow.payer != call.sender || escrow.kind != EscrowKind::Stream) {
    return Rejection::EscrowNotYours;
  }
  if (escrow.status == EscrowStatus::Frozen) return Rejection::EscrowFrozen;
  return escrow.status == EscrowStatus::Closed ? Rejection::EscrowEnded : Rejection::None;
}

/// Whoever is owed something stays, with what it has earned; the others are those named.
std::vector<Earner> reweighted(Escrow& escrow, const std::vector<EarnerShare>& shares) {
  std::vector<Earner> earners;
  Units parts;
  for (const Earner& earner : escrow.earners) {
    const Units earned = earned_by(escrow, earner);
    parts = sum(parts, difference(earned, earner.settled));
    if (earner.taken < earned) earners.push_back({earner.account, 0, earned, earner.taken});
  }
  // What rounding left of the old weights is shared by the new ones.
  escrow.streamed = difference(escrow.streamed, parts);
  for (const EarnerShare& share : shares) {
    const auto place = std::ranges::lower_bound(earners, share.account, {}, &Earner::account);
    if (place != earners.end() && place->account == share.account) {
      place->weight = share.weight;
    } else {
      earners.insert(place, {share.account, share.weight, Units(), Units()});
    }
  }
  return earners;
}

}  // namespace

Rejection apply(Call& call, const EscrowOpen& operation) {
  if (!call.view().market_params()) return Rejection::ModuleOff;
  const std::uint64_t now = call.block.header.time_ms;
  if (!are_possible(operation.earners) || operation.rate.is_zero() ||
      (operation.expires_ms != 0 && operation.expires_ms <= now) ||
      (operation.holdback != 0 && operation.expires_ms == 0)) {
    return Rejection::EscrowFieldInvalid;
  }
  EscrowTerms terms{.payer = call.sender,
                    .kind = EscrowKind::Stream,
                    .currency = operation.currency,
                    .arbiter = Module::Market,
                    .amount = operation.amount,
                    .rate = operation.rate,
                    .earners = {},
                    .expires_ms = operation.expires_ms,
                    .holdback = operation.holdback,
                    .holdback_ms = operation.holdback_ms};
  for (const EarnerShare& share : operation.earners) {
    terms.earners.push_back({share.account, share.weight, Units(), Units()});
  }
  const auto opened = open_escrow(call, terms);
  return opened ? Rejection::None : opened.error();
}

Rejection apply(Call& call, const EscrowFund& operation) {
  if (!call.view().market_params()) return Rejection::ModuleOff;
  auto escrow = find_escrow(call.block, operation.escrow);
  if (!escrow) return escrow.error();
  if (has_expired(call, *escrow)) return Rejection::EscrowEnded;
  if (escrow->kind == EscrowKind::Storage) {
    return fund_storage(call, *escrow, call.sender, operation.amount);
  }
  return fund_escrow(call, *escrow, call.sender, operation.amount);
}

Rejection apply(Call& call, const EscrowChange& operation) {
  if (!call.view().market_params()) return Rejection::ModuleOff;
  auto escrow = find_escrow(call.block, operation.escrow);
  if (!escrow) return escrow.error();
  if (const Rejection refused = check_own_stream(call, *escrow); refused != Rejection::None) {
    return refused;
  }
  if (has_expired(call, *escrow)) return Rejection::EscrowEnded;
  if (!are_possible(operation.earners) || operation.rate.is_zero()) {
    return Rejection::EscrowFieldInvalid;
  }
  std::vector<Earner> earners = reweighted(*escrow, operation.earners);
  if (earners.size() > earners_max) return Rejection::EscrowFieldInvalid;
  for (const Earner& earner : escrow->earners) {
    call.state().erase(keys::escrow_earner(earner.account, escrow->id));
  }
  escrow->earners = std::move(earners);
  for (const Earner& earner : escrow->earners) {
    call.state().put(keys::escrow_earner(earner.account, escrow->id), {});
  }
  escrow->rate = operation.rate;
  save_escrow(call.state(), *escrow);
  tell(call.events, EscrowChanged::Kind::Changed, *escrow, operation.rate);
  return Rejection::None;
}

Rejection apply(Call& call, const EscrowClose& operation) {
  if (!call.view().market_params()) return Rejection::ModuleOff;
  auto escrow = find_escrow(call.block, operation.escrow);
  if (!escrow) return escrow.error();
  const bool is_over = has_expired(call, *escrow) && escrow->status == EscrowStatus::Open;
  if (const Rejection refused = check_own_stream(call, *escrow);
      refused != Rejection::None && !is_over) {
    return refused;
  }
  close_escrow(call, *escrow);
  return Rejection::None;
}

Rejection apply(Call& call, const EscrowWithdraw& operation) {
  if (!call.view().market_params()) return Rejection::ModuleOff;
  auto escrow = find_escrow(call.block, operation.escrow);
  if (!escrow) return escrow.error();
  if (escrow->status == EscrowStatus::Frozen) return Rejection::EscrowFrozen;
  const auto earner = std::ranges::find(escrow->earners, call.sender, &Earner::account);
  if (earner == escrow->earners.end()) return Rejection::EscrowNotYours;
  const Units gross = withdrawable(*escrow, *earner, call.block.header.time_ms);
  if (gross.is_zero()) return Rejection::NothingToWithdraw;
  const auto net = spend(call.block, call.events, *escrow, gross);
  if (!net) return net.error();
  earner->taken = sum(earner->taken, gross);
  credit(call.state(), call.events, call.sender, *net, Purpose::EscrowPaid, subject_of(escrow->id));
  tell(call.events, EscrowChanged::Kind::Paid, *escrow, gross);
  save_or_end(call, *escrow);
  return Rejection::None;
}

}  // namespace oort::ledger
