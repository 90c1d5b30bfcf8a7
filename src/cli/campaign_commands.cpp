// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/datahub.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "amounts.hpp"
#include "artefacts.hpp"
#include "campaign_answers.hpp"
#include "client.hpp"
#include "command.hpp"
#include "datahub_client.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/aggregation.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

/// Operations of one transaction: a payout with its paths has a few thousand bytes.
constexpr std::size_t payouts_per_transaction = 8;

constexpr std::array kinds = {"collect", "label", "review", "transform"};
constexpr std::array methods = {"majority", "wawa", "one-coin", "dawid-skene", "glad", "by-gold"};

struct Arguments {
  std::string key_file;
  std::string id;
  std::string account;
  std::string kind = "label";
  std::string method = "by-gold";
  std::string price;
  std::string budget;
  std::string steward;
  std::string reviewer;
  std::string task;
  std::string guide;
  std::string consent;
  std::string licence;
  std::string gold;
  std::string tickets;
  std::string ticket;
  std::string pseudonym;
  std::string out;
  std::vector<std::string> answers;
  std::uint64_t nonce = 0;
  std::uint64_t appeal_ms = 72 * ledger::hour_ms;
  std::uint32_t overlap = 3;
  std::uint32_t gold_share = 0;
  std::uint32_t holdback = 100'000;
  std::uint32_t batch = 0;
  std::uint32_t count = 0;
  bool in_credits = false;
  bool is_dry_run = false;
  bool is_withdrawn = false;
};

tl::unexpected<Error> refused(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

template <std::size_t N>
Result<std::uint8_t> place_in(const std::array<const char*, N>& words, const std::string& word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return refused("'" + word + "' is none of those that can be");
  return static_cast<std::uint8_t>(found - words.begin());
}

Result<CampaignId> campaign_named(const std::string& text) {
  return artefact_named<CampaignId>("campaign", text);
}

Result<ledger::Units> units_of(const Arguments& arguments, const std::string& text) {
  if (arguments.in_credits) {
    OORT_TRY(const Credits credits, parse_credits(text));
    return ledger::Units(credits.units());
  }
  OORT_TRY(const Oort oort, parse_oort(text));
  return ledger::Units(oort.units());
}

std::string amount_text(const v1::Campaign& campaign, const std::string& digits) {
  if (campaign.currency() == "oort") return oort_text(digits);
  return to_text(Credits(from_decimal(digits).value_or(0))) + " credits";
}

Json to_json(const v1::Campaign& campaign) {
  return {{"id", hex_of(campaign.id())},
          {"requester", hex_of(campaign.requester())},
          {"steward", hex_of(campaign.steward())},
          {"reviewer", hex_of(campaign.reviewer())},
          {"kind", campaign.kind()},
          {"status", campaign.status()},
          {"currency", campaign.currency()},
          {"escrow", campaign.escrow()},
          {"price", campaign.price()},
          {"method", campaign.method()},
          {"overlap", campaign.overlap()},
          {"gold_share", campaign.gold_share()},
          {"holdback", campaign.holdback()},
          {"appeal_ms", campaign.appeal_ms()},
          {"gold_count", campaign.gold_count()},
          {"stage", campaign.stage()},
          {"batches_count", campaign.batches_count()},
          {"answers_count", campaign.answers_count()},
          {"accepted_count", campaign.accepted_count()},
          {"paid", campaign.paid()},
          {"held", campaign.held()},
          {"reserved", campaign.reserved()},
          {"appeals_open", campaign.appeals_open()},
          {"result", hex_of(campaign.result())},
          {"gold_root", hex_of(campaign.gold_root())},
          {"appeals_until_ms", campaign.appeals_until_ms()}};
}

Result<void> send(const Session& session, const Arguments& arguments,
                  const ledger::Operation& operation, const std::string& what) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  show_submitted(session, response, what);
  return {};
}

Result<ledger::CampaignTerms> terms_of(const Arguments& arguments, const AccountId& sender) {
  ledger::CampaignTerms terms;
  OORT_TRY(const std::uint8_t kind, place_in(kinds, arguments.kind));
  OORT_TRY(const std::uint8_t method, place_in(methods, arguments.method));
  terms.kind = static_cast<ledger::CampaignKind>(kind);
  terms.method = static_cast<ledger::CampaignMethod>(method);
  OORT_TRY(terms.task, digest_of_file(arguments.task));
  OORT_TRY(terms.guide, digest_of_file(arguments.guide));
  OORT_TRY(terms.consent, digest_of_file(arguments.consent));
  OORT_TRY(terms.licence, digest_of_file(arguments.licence));
  terms.overlap = arguments.overlap;
  terms.gold_share = arguments.gold_share;
  OORT_TRY(terms.price, units_of(arguments, arguments.price));
  terms.holdback = arguments.holdback;
  terms.appeal_ms = arguments.appeal_ms;
  terms.steward = sender;
  if (!arguments.steward.empty()) {
    OORT_TRY(terms.steward, parse_account(arguments.steward));
  }
  OORT_TRY(terms.reviewer, parse_account(arguments.reviewer));
  return terms;
}

Result<void> open(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  const AccountId sender = crypto::account_of(keys.public_key());
  ledger::CampaignOpen operation;
  operation.nonce = arguments.nonce;
  OORT_TRY(operation.terms, terms_of(arguments, sender));
  operation.currency = arguments.in_credits ? ledger::Currency::Credits : ledger::Currency::Oort;
  OORT_TRY(operation.budget, units_of(arguments, arguments.budget));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  const std::string id = ledger::campaign_id_of(sender, operation.nonce).hex();
  session.show({{"campaign", id}, {"height", response.receipt().height()}},
               [&] { std::printf("campaign %s is open\n", id.c_str()); });
  return {};
}

Result<void> list(const Session& session, const Arguments& arguments) {
  OORT_TRY(DataHubClient client, open_datahub(session));
  std::optional<AccountId> requester;
  if (!arguments.account.empty()) {
    OORT_TRY(requester, parse_account(arguments.account));
  }
  OORT_TRY(const auto campaigns, client.campaigns(requester));
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"CAMPAIGN", "STATUS", "ANSWERS", "PAID"}};
  for (const v1::Campaign& campaign : campaigns) {
    all.push_back(to_json(campaign));
    rows.push_back({hex_of(campaign.id()), campaign.status(),
                    std::to_string(campaign.answers_count()),
                    amount_text(campaign, campaign.paid())});
  }
  session.show({{"campaigns", all}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> show(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(const auto campaign, client.campaign(id));
  OORT_TRY(const auto batches, client.batches(id));
  Json value = to_json(campaign);
  value["batches"] = Json::array();
  for (const v1::Batch& batch : batches) {
    value["batches"].push_back({{"number", batch.number()},
                                {"stage", batch.stage()},
                                {"root", hex_of(batch.root())},
                                {"contributors", batch.contributors()},
                                {"answers", batch.answers()},
                                {"accepted", batch.accepted()},
                                {"claimed", batch.claimed()},
                                {"height", batch.height()}});
  }
  session.show(value, [&] {
    std::fputs(columns({{"campaign", hex_of(campaign.id())},
                        {"status", campaign.status()},
                        {"price", amount_text(campaign, campaign.price())},
                        {"batches", std::to_string(campaign.batches_count())},
                        {"answers", std::to_string(campaign.answers_count())},
                        {"accepted", std::to_string(campaign.accepted_count())},
                        {"paid", amount_text(campaign, campaign.paid())},
                        {"held back", amount_text(campaign, campaign.held())},
                        {"open appeals", std::to_string(campaign.appeals_open())}})
                   .c_str(),
               stdout);
  });
  return {};
}

Result<void> pays(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(const auto found, client.pays(id, arguments.batch));
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"ACCOUNT", "ACCEPTED", "AMOUNT", "HELD BACK"}};
  for (const v1::ContributorPay& pay : found) {
    all.push_back({{"pseudonym", hex_of(pay.pseudonym())},
                   {"account", hex_of(pay.account())},
                   {"accepted", pay.accepted()},
                   {"amount", pay.amount()},
                   {"held", pay.held()}});
    rows.push_back(
        {hex_of(pay.account()), std::to_string(pay.accepted()), pay.amount(), pay.held()});
  }
  session.show({{"pays", all}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> pause(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  return send(session, arguments, ledger::CampaignPause{id, true}, "paused");
}
Result<void> resume(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  return send(session, arguments, ledger::CampaignPause{id, false}, "open again");
}
Result<void> close(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  return send(session, arguments, ledger::CampaignClose{id}, "closed; no batch comes any more");
}
Result<void> finish(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  return send(session, arguments, ledger::CampaignSettle{id}, "settled; the rest is back");
}

Result<void> commit_gold(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const std::string text, text_of_file(arguments.gold));
  OORT_TRY(const auto gold, parse_gold(text));
  return send(session, arguments,
              ledger::GoldCommit{id, gold_commitment_of(campaign_secret(keys, id), gold),
                                 static_cast<std::uint32_t>(gold.size())},
              "the gold is fixed");
}

/// What a contributor needs to appeal by itself.
Json ticket_of(const BatchTree& tree, std::size_t place) {
  const ledger::Contribution& contribution = tree.contributions.at(place);
  const ledger::ContributionPath path = tree.path(place);
  Json siblings = Json::array();
  for (const Bytes32& each : path.siblings) siblings.push_back(each.hex());
  return {{"campaign", tree.commit.campaign.hex()},
          {"batch", tree.commit.number},
          {"pseudonym", contribution.pseudonym.hex()},
          {"account", contribution.account.hex()},
          {"answers", contribution.answers},
          {"answers_root", contribution.answers_root.hex()},
          {"index", path.index},
          {"count", path.count},
          {"path", siblings}};
}

Result<void> write_tickets(const BatchTree& tree, const std::string& folder) {
  for (std::size_t i = 0; i < tree.contributions.size(); ++i) {
    const std::string name = folder + "/" + tree.contributions[i].account.hex() + ".json";
    OORT_TRY(write_file(name, as_bytes(ticket_of(tree, i).dump(2) + "\n"), 0600));
  }
  return {};
}

Result<void> commit_batch(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  if (arguments.answers.size() != 1) return refused("a batch is one file: --answers FILE");
  OORT_TRY(const std::string text, text_of_file(arguments.answers.front()));
  OORT_TRY(const auto answers, parse_answers(text));
  OORT_TRY(DataHubClient datahub, open_datahub(session));
  OORT_TRY(const auto campaign, datahub.campaign(id));
  BatchTree tree = batch_of(id, campaign.batches_count() + 1, answers, campaign_secret(keys, id));
  const auto consent = Bytes32::from(as_bytes(campaign.consent()));
  if (!consent) return fail(ErrorCode::Internal, reason::malformed, "the node sent no digest");
  tree.commit.consent = *consent;
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(tree.commit.not_before, newest_block(client));
  OORT_TRY(const auto response, client.submit(keys, tree.commit));
  if (!arguments.tickets.empty()) {
    OORT_TRY(write_tickets(tree, arguments.tickets));
  }
  session.show({{"batch", tree.commit.number},
                {"root", tree.commit.root.hex()},
                {"contributors", tree.commit.contributors},
                {"answers", tree.commit.answers},
                {"height", response.receipt().height()}},
               [&] {
                 std::printf("batch %u: %u answers of %u contributors, root %s\n",
                             tree.commit.number, tree.commit.answers, tree.commit.contributors,
                             tree.commit.root.hex().c_str());
               });
  return {};
}

Result<void> open_stage(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  if (arguments.answers.size() != 1) return refused("name what is opened: --answers FILE");
  OORT_TRY(const Bytes32 digest, digest_of_file(arguments.answers.front()));
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(const auto campaign, client.campaign(id));
  return send(session, arguments, ledger::StageOpen{id, campaign.stage(), digest},
              "stage " + std::to_string(campaign.stage()) + " is over");
}

// Settlement --------------------------------------------------------------------------------------

struct Settlement {
  v1::Campaign campaign;
  std::vector<BatchTree> trees;
  CampaignResult result;
  ledger::ResultPost post;
};

/// Reads the files again, checks them against the ledger's roots, and computes who gets what.
Result<Settlement> compute(const Session& session, const Arguments& arguments, const CampaignId& id,
                           const Bytes32& secret) {
  OORT_TRY(DataHubClient client, open_datahub(session));
  Settlement settlement;
  OORT_TRY(settlement.campaign, client.campaign(id));
  OORT_TRY(const auto batches, client.batches(id));
  if (batches.size() != arguments.answers.size()) {
    return refused("the campaign has " + std::to_string(batches.size()) +
                   " batches: name the file of each in their order");
  }
  std::vector<std::vector<NamedAnswer>> answers;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    OORT_TRY(const std::string text, text_of_file(arguments.answers[i]));
    OORT_TRY(auto parsed, parse_answers(text));
    settlement.trees.push_back(batch_of(id, batches[i].number(), parsed, secret));
    if (hex_of(batches[i].root()) != settlement.trees.back().commit.root.hex()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_proof,
                  arguments.answers[i] + " is not what batch " +
                      std::to_string(batches[i].number()) + " committed to");
    }
    answers.push_back(std::move(parsed));
  }
  std::vector<GoldLine> gold;
  if (!arguments.gold.empty()) {
    OORT_TRY(const std::string text, text_of_file(arguments.gold));
    OORT_TRY(gold, parse_gold(text));
  }
  OORT_TRY(const std::uint8_t method, place_in(methods, settlement.campaign.method()));
  OORT_TRY(settlement.result, settle_answers(answers, settlement.trees, gold,
                                             static_cast<ledger::CampaignMethod>(method)));
  settlement.post.campaign = id;
  settlement.post.result = settlement.result.digest;
  if (!settlement.campaign.gold().empty()) {
    settlement.post.gold_root = gold_root_of(gold);
    settlement.post.gold_salt = gold_salt_of(secret);
  }
  return settlement;
}

Json to_json(const CampaignResult& result) {
  std::uint64_t accepted = 0;
  std::size_t paid = 0;
  for (const auto& batch : result.accepted) {
    for (const std::uint32_t each : batch) {
      accepted += each;
      paid += each > 0 ? 1 : 0;
    }
  }
  return {{"result", result.digest.hex()},
          {"method", std::string(datahub::to_string(result.method))},
          {"samples", result.samples.size()},
          {"contributors", result.contributors_count},
          {"screened_out", result.screened_out_count},
          {"gold_accuracy_ppm", result.gold_accuracy_ppm},
          {"gold_unseen", result.gold_unseen_count},
          {"tied", result.tied_count},
          {"lines", paid},
          {"accepted", accepted}};
}

/// `sample,label,confidence`, for whoever seals the dataset.
std::string labels_csv(const CampaignResult& result) {
  std::string text = "sample,label,confidence_ppm\n";
  for (std::size_t i = 0; i < result.verdicts.size(); ++i) {
    const datahub::SampleVerdict& verdict = result.verdicts[i];
    if (verdict.label == datahub::no_label) continue;
    text += result.samples[i] + "," + result.labels[verdict.label] + "," +
            std::to_string(verdict.confidence_ppm) + "\n";
  }
  return text;
}

Result<void> pay(LedgerClient& client, const crypto::KeyPair& keys, const Settlement& settlement,
                 DataHubClient& datahub, const CampaignId& id) {
  std::vector<ledger::Operation> waiting;
  for (std::size_t i = 0; i < settlement.trees.size(); ++i) {
    const BatchTree& tree = settlement.trees[i];
    // Who was paid already, before an interruption perhaps, is left out.
    OORT_TRY(const auto before, datahub.pays(id, tree.commit.number));
    std::vector<std::uint32_t> accepted = settlement.result.accepted[i];
    for (std::size_t place = 0; place < accepted.size(); ++place) {
      const std::string pseudonym = tree.contributions[place].pseudonym.hex();
      if (std::ranges::any_of(before, [&](const v1::ContributorPay& each) {
            return hex_of(each.pseudonym()) == pseudonym;
          })) {
        accepted[place] = 0;
      }
    }
    for (auto& payout : payouts_of(tree, accepted, settlement.result.digest)) {
      waiting.emplace_back(std::move(payout));
      if (waiting.size() < payouts_per_transaction) continue;
      OORT_TRY(client.submit_all(keys, std::exchange(waiting, {})));
    }
  }
  if (!waiting.empty()) {
    OORT_TRY(client.submit_all(keys, waiting));
  }
  return {};
}

Result<void> settle(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const Settlement settlement, compute(session, arguments, id, campaign_secret(keys, id)));
  if (!arguments.out.empty()) {
    OORT_TRY(write_file(arguments.out, as_bytes(labels_csv(settlement.result)), 0644));
  }
  Json value = to_json(settlement.result);
  value["is_dry_run"] = arguments.is_dry_run;
  if (!arguments.is_dry_run) {
    OORT_TRY(LedgerClient client, open_ledger(session));
    OORT_TRY(DataHubClient datahub, open_datahub(session));
    if (settlement.campaign.result().empty()) {
      OORT_TRY(client.submit(keys, settlement.post));
    }
    OORT_TRY(pay(client, keys, settlement, datahub, id));
  }
  session.show(value, [&] {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, one] : value.items()) {
      rows.push_back({name, one.is_string() ? one.get<std::string>() : one.dump()});
    }
    std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<void> release(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(DataHubClient datahub, open_datahub(session));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto batches, datahub.batches(id));
  std::size_t count = 0;
  std::vector<ledger::Operation> operations;
  for (const v1::Batch& batch : batches) {
    OORT_TRY(const auto found, datahub.pays(id, batch.number()));
    ledger::HoldbackRelease operation{id, batch.number(), {}};
    for (const v1::ContributorPay& each : found) {
      const auto pseudonym = Bytes32::from(as_bytes(each.pseudonym()));
      if (!pseudonym || each.held() == "0") continue;
      operation.pseudonyms.push_back(*pseudonym);
      ++count;
      if (operation.pseudonyms.size() < ledger::payout_lines_max) continue;
      operations.emplace_back(std::exchange(operation, {id, batch.number(), {}}));
    }
    if (!operation.pseudonyms.empty()) operations.emplace_back(std::move(operation));
  }
  for (std::size_t i = 0; i < operations.size(); i += payouts_per_transaction) {
    const auto begin = operations.begin() + static_cast<std::ptrdiff_t>(i);
    const auto end = operations.begin() + static_cast<std::ptrdiff_t>(std::min(
                                              operations.size(), i + payouts_per_transaction));
    OORT_TRY(client.submit_all(keys, {begin, end}));
  }
  session.show({{"released", count}},
               [&] { std::printf("released what was held back of %zu lines\n", count); });
  return {};
}

// Appeals and consent -----------------------------------------------------------------------------

Result<ledger::AppealOpen> appeal_in(const Json& ticket) {
  ledger::AppealOpen appeal;
  const auto hex = [&](const char* name) { return ticket.value(name, std::string()); };
  const auto campaign = CampaignId::from_hex(hex("campaign"));
  const auto pseudonym = Bytes32::from_hex(hex("pseudonym"));
  const auto account = AccountId::from_hex(hex("account"));
  const auto answers_root = Bytes32::from_hex(hex("answers_root"));
  if (!campaign || !pseudonym || !account || !answers_root || !ticket.contains("path")) {
    return refused("the file is no ticket, as `oortd campaign batch --tickets` writes them");
  }
  appeal.campaign = *campaign;
  appeal.batch = ticket.value("batch", 0U);
  appeal.contribution = {*pseudonym, *account, ticket.value("answers", 0U), *answers_root};
  appeal.path.index = ticket.value("index", std::uint64_t{0});
  appeal.path.count = ticket.value("count", std::uint64_t{0});
  for (const Json& each : ticket.at("path")) {
    const auto sibling =
        each.is_string() ? Bytes32::from_hex(each.get<std::string>()) : std::nullopt;
    if (!sibling) return refused("the ticket's path holds what is no hash");
    appeal.path.siblings.push_back(*sibling);
  }
  return appeal;
}

Result<void> appeal(const Session& session, const Arguments& arguments) {
  OORT_TRY(const std::string text, text_of_file(arguments.ticket));
  const Json ticket = Json::parse(text, nullptr, false);
  if (!ticket.is_object()) return refused("the ticket is no JSON object");
  OORT_TRY(ledger::AppealOpen operation, appeal_in(ticket));
  operation.claimed = arguments.count;
  return send(session, arguments, operation, "the appeal is open");
}

Result<Bytes32> pseudonym_in(const Arguments& arguments) {
  const auto pseudonym = Bytes32::from_hex(arguments.pseudonym);
  if (!pseudonym) return refused("--pseudonym has 64 hexadecimal digits");
  return *pseudonym;
}

Result<void> vote(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(const Bytes32 pseudonym, pseudonym_in(arguments));
  return send(session, arguments,
              ledger::AppealVote{id, arguments.batch, pseudonym, arguments.count}, "said so");
}
Result<void> expire(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  OORT_TRY(const Bytes32 pseudonym, pseudonym_in(arguments));
  return send(session, arguments, ledger::AppealExpire{id, arguments.batch, pseudonym},
              "all that was claimed is paid");
}

Result<void> consent(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_named(arguments.id));
  if (arguments.is_withdrawn) {
    return send(session, arguments, ledger::ConsentWithdraw{id}, "the consent is withdrawn");
  }
  OORT_TRY(const Bytes32 commitment, digest_of_file(arguments.consent));
  return send(session, arguments, ledger::ConsentGive{id, commitment}, "the consent is on record");
}

// Options -----------------------------------------------------------------------------------------

using Command = Result<void> (*)(const Session&, const Arguments&);

/// Of a campaign, signed with a key.
CLI::App* add_signed(CLI::App* group, Session& session, Arguments& arguments,
                     const std::string& name, const std::string& help, Command command) {
  CLI::App* added = add(group, session, arguments, name, help, command);
  added->add_option("CAMPAIGN", arguments.id, "64 hexadecimal digits")->required();
  added->add_option("--key", arguments.key_file, "Key file of who does it")->required();
  return added;
}

void add_open(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* opened =
      add(group, session, arguments, "open", "Open a campaign and set its budget aside", open);
  opened->add_option("--key", arguments.key_file, "Key file of the requester")->required();
  opened->add_option("--price", arguments.price, "For an accepted answer")->required();
  opened->add_option("--budget", arguments.budget, "Set aside for all of them")->required();
  opened->add_option("--reviewer", arguments.reviewer, "Judges appeals beside the steward")
      ->required();
  opened->add_option("--steward", arguments.steward, "Posts batches and results; else yourself");
  opened->add_option("--kind", arguments.kind, "collect, label, review or transform");
  opened->add_option("--method", arguments.method,
                     "majority, wawa, one-coin, dawid-skene, glad or by-gold");
  opened->add_option("--overlap", arguments.overlap, "Answers for each sample");
  opened->add_option("--gold-share", arguments.gold_share, "Millionths of what is handed out");
  opened->add_option("--holdback", arguments.holdback, "Millionths that wait for appeals");
  opened->add_option("--appeal-ms", arguments.appeal_ms, "How long appeals are taken");
  opened->add_option("--task", arguments.task, "File of the template");
  opened->add_option("--guide", arguments.guide, "File of the instructions");
  opened->add_option("--consent", arguments.consent, "File of what contributors consent to");
  opened->add_option("--licence", arguments.licence, "File of the licence");
  opened->add_option("--number", arguments.nonce, "Tells your campaigns apart");
  opened->add_flag("--credits", arguments.in_credits, "Amounts are credits, not OORT");
  opened->footer(
      "Example: oortd campaign open --price 0.05 --budget 100 --reviewer 4f0a… --key me.key");
}

void add_work(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* gold = add_signed(group, session, arguments, "gold",
                              "Fix the samples whose label is known", commit_gold);
  gold->add_option("--gold", arguments.gold, "CSV: sample,label")->required();
  CLI::App* batch = add_signed(group, session, arguments, "batch",
                               "Commit answers that nobody has seen", commit_batch);
  batch->add_option("--answers", arguments.answers, "CSV: sample,account,label")->required();
  batch->add_option("--tickets", arguments.tickets,
                    "Folder for what each contributor needs to appeal");
  CLI::App* stage = add_signed(group, session, arguments, "stage",
                               "End the stage: its answers may be seen", open_stage);
  stage->add_option("--answers", arguments.answers, "The file that is opened")->required();
  CLI::App* settled = add_signed(group, session, arguments, "settle",
                                 "Compute result and quality, and pay", settle);
  settled->add_option("--answers", arguments.answers, "Files of all batches, in their order")
      ->required();
  settled->add_option("--gold", arguments.gold, "CSV: sample,label");
  settled->add_option("--out", arguments.out, "Where to write sample,label,confidence_ppm");
  settled->add_flag("--dry-run", arguments.is_dry_run, "Compute and send nothing");
  settled->footer("Example: oortd campaign settle ID --answers a.csv --gold gold.csv --key me.key");
  add_signed(group, session, arguments, "release", "Pay what is held back, after the window",
             release);
  add_signed(group, session, arguments, "finish", "Return the rest of the budget", finish);
}

void add_appeals(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* appealed =
      add(group, session, arguments, "appeal", "Say that more answers were right", appeal);
  appealed->add_option("TICKET", arguments.ticket, "File from the steward")->required();
  appealed->add_option("--claimed", arguments.count, "How many more")->required();
  appealed->add_option("--key", arguments.key_file, "Key file of the contributor")->required();
  for (const bool is_vote : {true, false}) {
    CLI::App* judged = is_vote
                           ? add_signed(group, session, arguments, "vote", "Judge an appeal", vote)
                           : add_signed(group, session, arguments, "expire",
                                        "Pay an appeal that nobody judged in time", expire);
    judged->add_option("--batch", arguments.batch, "Its number")->required();
    judged->add_option("--pseudonym", arguments.pseudonym, "64 hexadecimal digits")->required();
    if (is_vote) judged->add_option("--granted", arguments.count, "Answers")->required();
  }
  CLI::App* consented = add_signed(group, session, arguments, "consent",
                                   "Put your consent on record, or withdraw it", consent);
  consented->add_option("--receipt", arguments.consent, "File that is committed to");
  consented->add_flag("--withdraw", arguments.is_withdrawn, "Withdraw it");
}

}  // namespace

void add_campaign_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* group = app.add_subcommand("campaign", "Work of people: answers, quality, pay")
                        ->require_subcommand(1);
  add_open(group, session, arguments);
  CLI::App* listed = add(group, session, arguments, "list", "All campaigns", list);
  listed->add_option("--requester", arguments.account, "Only theirs, 40 hexadecimal digits");
  add(group, session, arguments, "show", "One campaign and its batches", show)
      ->add_option("CAMPAIGN", arguments.id, "64 hexadecimal digits")
      ->required();
  CLI::App* paid = add(group, session, arguments, "pays", "What was paid for a batch", pays);
  paid->add_option("CAMPAIGN", arguments.id, "64 hexadecimal digits")->required();
  paid->add_option("--batch", arguments.batch, "Its number")->required();
  add_signed(group, session, arguments, "pause", "Take no batches for now", pause);
  add_signed(group, session, arguments, "resume", "Go on", resume);
  add_signed(group, session, arguments, "close", "Take no batches any more", close);
  add_work(group, session, arguments);
  add_appeals(group, session, arguments);
}

}  // namespace oort::cli
