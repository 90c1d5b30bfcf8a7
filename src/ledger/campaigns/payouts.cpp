// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "campaigns/campaigns.hpp"
#include "market/escrow.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {
namespace {

using CampaignChange = CampaignChanged::Kind;

Units sum(Units a, Units b) {
  const auto both = a.plus(b);
  OORT_ASSERT(both.has_value(), "what an escrow was funded with fits an amount");
  return *both;
}
Units difference(Units a, Units b) {
  const auto left = a.minus(b);
  OORT_ASSERT(left.has_value(), "nothing is released that was not kept");
  return *left;
}

/// One operation about the answers of one batch. Saved as a whole at its end.
struct Books {
  Campaign campaign;
  Batch batch;
};

Accepted<Books> find(const Call& call, const CampaignId& id, std::uint32_t number) {
  auto campaign = find_campaign(call.state(), id);
  if (!campaign) return Refused(campaign.error());
  if (campaign->status != CampaignStatus::Closed) return Refused(Rejection::CampaignStatusWrong);
  auto batch = load<Batch>(call.state(), keys::batch(id, number));
  if (!batch) return Refused(Rejection::BatchUnknown);
  return Books{*std::move(campaign), *std::move(batch)};
}

void keep(Call& call, const Books& books) {
  save_campaign(call.state(), books.campaign);
  save(call.state(), keys::batch(books.campaign.id, books.batch.number), books.batch);
}

bool belongs(const Books& books, const Contribution& contribution, const ContributionPath& path) {
  return path.count == books.batch.contributors &&
         verify_contribution(
             books.batch.root, path,
             contribution_leaf(books.campaign.id, books.batch.number, contribution));
}

/// Whether so many answers of the batch are neither accepted nor claimed.
bool has_left(const Batch& batch, std::uint64_t answers) {
  return std::uint64_t{batch.accepted} + batch.claimed + answers <= batch.answers;
}

/// Whether the escrow holds this much beyond what is held back and reserved.
Rejection check_free(const Call& call, const Campaign& campaign, Units amount) {
  const auto escrow = find_escrow(call.block, campaign.escrow);
  if (!escrow) return escrow.error();
  const auto kept = campaign.held.plus(campaign.reserved);
  const auto needed = kept ? kept->plus(amount) : std::nullopt;
  return !needed || unstreamed(*escrow) < *needed ? Rejection::EscrowTooLow : Rejection::None;
}

Rejection pay_out(Call& call, Campaign& campaign, const AccountId& to, Units amount) {
  if (amount.is_zero()) return Rejection::None;
  auto escrow = find_escrow(call.block, campaign.escrow);
  if (!escrow) return escrow.error();
  campaign.paid = sum(campaign.paid, amount);
  return pay_escrow(call, *escrow, to, amount);
}

Rejection pay_line(Call& call, Books& books, const PayoutLine& line, Units& total) {
  const Contribution& contribution = line.contribution;
  const Bytes key =
      keys::contributor_pay(books.campaign.id, books.batch.number, contribution.pseudonym);
  if (call.state().get(key)) return Rejection::PayKnown;
  if (call.state().get(
          keys::pay_appeal(books.campaign.id, books.batch.number, contribution.pseudonym))) {
    return Rejection::AppealKnown;
  }
  if (!belongs(books, contribution, line.path)) return Rejection::ContributionWrong;
  if (line.accepted == 0 || line.accepted > contribution.answers ||
      !has_left(books.batch, line.accepted)) {
    return Rejection::AnswersExceeded;
  }
  const auto amount = price_of(books.campaign, line.accepted);
  if (!amount) return amount.error();
  if (const Rejection refused = check_free(call, books.campaign, *amount);
      refused != Rejection::None) {
    return refused;
  }
  const Units held(share_of(amount->units(), books.campaign.terms.holdback, Rounding::Down));
  books.campaign.held = sum(books.campaign.held, held);
  books.campaign.accepted_count += line.accepted;
  books.batch.accepted += line.accepted;
  total = sum(total, *amount);
  save(call.state(), key, ContributorPay{contribution.account, line.accepted, *amount, held});
  return pay_out(call, books.campaign, contribution.account, difference(*amount, held));
}

}  // namespace

Rejection apply(Call& call, const PayoutPost& operation) {
  auto found = find(call, operation.campaign, operation.batch);
  if (!found) return found.error();
  const Campaign& campaign = found->campaign;
  if (call.sender != campaign.terms.steward) return Rejection::CampaignNotYours;
  if (campaign.result_ms == 0 || operation.result != campaign.result) {
    return Rejection::ResultWrong;
  }
  if (call.block.header.time_ms >= appeals_until_ms(campaign)) return Rejection::PayoutLate;
  if (operation.lines.empty() || !ascends(operation.lines, [](const PayoutLine& line) {
        return line.contribution.pseudonym;
      })) {
    return Rejection::PayoutInvalid;
  }
  Units total;
  for (const PayoutLine& line : operation.lines) {
    if (const Rejection refused = pay_line(call, *found, line, total); refused != Rejection::None) {
      return refused;
    }
  }
  keep(call, *found);
  tell(call, CampaignChange::PaidOut, campaign, operation.batch, total, operation.result);
  return Rejection::None;
}

Rejection apply(Call& call, const AppealOpen& operation) {
  auto found = find(call, operation.campaign, operation.batch);
  if (!found) return found.error();
  Campaign& campaign = found->campaign;
  const Contribution& contribution = operation.contribution;
  if (call.sender != contribution.account) return Rejection::CampaignNotYours;
  const std::uint64_t now = call.block.header.time_ms;
  if (now < appeals_from_ms(campaign) || now >= appeals_until_ms(campaign)) {
    return Rejection::AppealOutsideWindow;
  }
  if (!belongs(*found, contribution, operation.path)) return Rejection::ContributionWrong;
  const Bytes key = keys::pay_appeal(campaign.id, operation.batch, contribution.pseudonym);
  if (call.state().get(key)) return Rejection::AppealKnown;
  const auto pay = load<ContributorPay>(
      call.state(), keys::contributor_pay(campaign.id, operation.batch, contribution.pseudonym));
  const std::uint64_t before = pay ? pay->accepted : 0;
  if (pay && pay->account != contribution.account) return Rejection::ContributionWrong;
  if (operation.claimed == 0 || before + operation.claimed > contribution.answers ||
      !has_left(found->batch, operation.claimed)) {
    return Rejection::AnswersExceeded;
  }
  const auto amount = price_of(campaign, operation.claimed);
  if (!amount) return amount.error();
  if (const Rejection refused = check_free(call, campaign, *amount); refused != Rejection::None) {
    return refused;
  }
  campaign.reserved = sum(campaign.reserved, *amount);
  ++campaign.appeals_open;
  found->batch.claimed += operation.claimed;
  PayAppeal appeal;
  appeal.account = contribution.account;
  appeal.claimed = operation.claimed;
  appeal.deadline_ms = now + campaign.terms.appeal_ms;
  save(call.state(), key, appeal);
  keep(call, *found);
  tell(call, CampaignChange::AppealOpened, campaign, operation.batch, *amount,
       contribution.pseudonym);
  return Rejection::None;
}

namespace {

/// Pays what was granted, and gives free what was reserved.
Rejection resolve(Call& call, Books& books, PayAppeal& appeal, const Bytes32& pseudonym,
                  std::uint32_t granted, AppealStatus status) {
  Campaign& campaign = books.campaign;
  const auto claimed = price_of(campaign, appeal.claimed);
  OORT_ASSERT(claimed.has_value(), "it was reserved when the appeal was opened");
  const auto amount = price_of(campaign, granted);
  OORT_ASSERT(amount.has_value(), "no more is granted than was claimed");
  campaign.reserved = difference(campaign.reserved, *claimed);
  --campaign.appeals_open;
  books.batch.claimed -= appeal.claimed;
  books.batch.accepted += granted;
  campaign.accepted_count += granted;
  appeal.status = status;
  appeal.granted = granted;
  if (granted > 0) {
    const Bytes key = keys::contributor_pay(campaign.id, books.batch.number, pseudonym);
    ContributorPay pay =
        load<ContributorPay>(call.state(), key).value_or(ContributorPay{appeal.account, 0, {}, {}});
    pay.accepted += granted;
    pay.amount = sum(pay.amount, *amount);
    save(call.state(), key, pay);
    if (const Rejection refused = pay_out(call, campaign, appeal.account, *amount);
        refused != Rejection::None) {
      return refused;
    }
  }
  save(call.state(), keys::pay_appeal(campaign.id, books.batch.number, pseudonym), appeal);
  keep(call, books);
  const bool is_timed_out = status == AppealStatus::TimedOut;
  tell(call, is_timed_out ? CampaignChange::AppealTimedOut : CampaignChange::AppealResolved,
       campaign, books.batch.number, *amount, pseudonym);
  return Rejection::None;
}

Accepted<PayAppeal> find_open(const Call& call, const CampaignId& campaign, std::uint32_t batch,
                              const Bytes32& pseudonym) {
  auto appeal = load<PayAppeal>(call.state(), keys::pay_appeal(campaign, batch, pseudonym));
  if (!appeal || appeal->status != AppealStatus::Open) return Refused(Rejection::AppealUnknown);
  return *std::move(appeal);
}

}  // namespace

Rejection apply(Call& call, const AppealVote& operation) {
  auto found = find(call, operation.campaign, operation.batch);
  if (!found) return found.error();
  auto appeal = find_open(call, operation.campaign, operation.batch, operation.pseudonym);
  if (!appeal) return appeal.error();
  const CampaignTerms& terms = found->campaign.terms;
  if (call.sender != terms.steward && call.sender != terms.reviewer) {
    return Rejection::CampaignNotYours;
  }
  if (call.block.header.time_ms >= appeal->deadline_ms) return Rejection::AppealOutsideWindow;
  if (operation.granted > appeal->claimed) return Rejection::AnswersExceeded;
  (call.sender == terms.steward ? appeal->by_steward : appeal->by_reviewer) = operation.granted;
  if (appeal->by_steward && appeal->by_steward == appeal->by_reviewer) {
    return resolve(call, *found, *appeal, operation.pseudonym, operation.granted,
                   AppealStatus::Resolved);
  }
  save(call.state(), keys::pay_appeal(operation.campaign, operation.batch, operation.pseudonym),
       *appeal);
  return Rejection::None;
}

Rejection apply(Call& call, const AppealExpire& operation) {
  auto found = find(call, operation.campaign, operation.batch);
  if (!found) return found.error();
  auto appeal = find_open(call, operation.campaign, operation.batch, operation.pseudonym);
  if (!appeal) return appeal.error();
  if (call.block.header.time_ms < appeal->deadline_ms) return Rejection::AppealOutsideWindow;
  return resolve(call, *found, *appeal, operation.pseudonym, appeal->claimed,
                 AppealStatus::TimedOut);
}

Rejection apply(Call& call, const HoldbackRelease& operation) {
  auto found = find(call, operation.campaign, operation.batch);
  if (!found) return found.error();
  Campaign& campaign = found->campaign;
  if (call.block.header.time_ms < appeals_until_ms(campaign)) return Rejection::HoldbackTooEarly;
  if (operation.pseudonyms.empty() ||
      !ascends(operation.pseudonyms, [](const Bytes32& pseudonym) { return pseudonym; })) {
    return Rejection::PayoutInvalid;
  }
  Units total;
  for (const Bytes32& pseudonym : operation.pseudonyms) {
    if (find_open(call, campaign.id, operation.batch, pseudonym)) return Rejection::AppealRunning;
    const Bytes key = keys::contributor_pay(campaign.id, operation.batch, pseudonym);
    auto pay = load<ContributorPay>(call.state(), key);
    if (!pay || pay->held.is_zero()) return Rejection::NothingHeld;
    const Units held = pay->held;
    pay->held = Units();
    campaign.held = difference(campaign.held, held);
    total = sum(total, held);
    save(call.state(), key, *pay);
    if (const Rejection refused = pay_out(call, campaign, pay->account, held);
        refused != Rejection::None) {
      return refused;
    }
  }
  keep(call, *found);
  tell(call, CampaignChange::HoldbackReleased, campaign, operation.batch, total);
  return Rejection::None;
}

}  // namespace oort::ledger
