// SPDX-License-Identifier: Apache-2.0
#include "datahub_messages.hpp"

#include <optional>
#include <string>

#include "call.hpp"
#include "economy_messages.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/model_records.hpp"

namespace oort::api {
namespace {

std::string_view word_of(ledger::CampaignKind kind) {
  switch (kind) {
    case ledger::CampaignKind::Collect: return "collect";
    case ledger::CampaignKind::Label: return "label";
    case ledger::CampaignKind::Review: return "review";
    case ledger::CampaignKind::Transform: return "transform";
  }
  return "unknown";
}
std::string_view word_of(ledger::CampaignStatus status) {
  switch (status) {
    case ledger::CampaignStatus::Open: return "open";
    case ledger::CampaignStatus::Paused: return "paused";
    case ledger::CampaignStatus::Closed: return "closed";
    case ledger::CampaignStatus::Settled: return "settled";
  }
  return "unknown";
}
std::string_view word_of(ledger::CampaignMethod method) {
  switch (method) {
    case ledger::CampaignMethod::Majority: return "majority";
    case ledger::CampaignMethod::Wawa: return "wawa";
    case ledger::CampaignMethod::OneCoin: return "one-coin";
    case ledger::CampaignMethod::DawidSkene: return "dawid-skene";
    case ledger::CampaignMethod::Glad: return "glad";
    case ledger::CampaignMethod::ByGold: return "by-gold";
  }
  return "unknown";
}
std::string_view word_of(ledger::DatasetAccess access) {
  switch (access) {
    case ledger::DatasetAccess::Closed: return "closed";
    case ledger::DatasetAccess::Open: return "open";
    case ledger::DatasetAccess::Gated: return "gated";
    case ledger::DatasetAccess::Sold: return "sold";
  }
  return "unknown";
}
std::string_view word_of(ledger::GrantStatus status) {
  switch (status) {
    case ledger::GrantStatus::Requested: return "requested";
    case ledger::GrantStatus::Granted: return "granted";
    case ledger::GrantStatus::Refused: return "refused";
    case ledger::GrantStatus::Revoked: return "revoked";
  }
  return "unknown";
}
std::string_view word_of(ledger::TrainingGrade grade) {
  switch (grade) {
    case ledger::TrainingGrade::Claimed: return "CLAIMED";
    case ledger::TrainingGrade::Witnessed: return "WITNESSED";
    case ledger::TrainingGrade::Replayed: return "REPLAYED";
  }
  return "UNKNOWN";
}

template <class Id>
std::string field(const Id& id) {
  return to_field(id.view());
}
/// Empty where the record has zeros for none.
template <class Id>
std::string field_unless_zero(const Id& id) {
  return id == Id{} ? std::string() : field(id);
}
std::string text_of(const ledger::ArtefactVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

void write_terms(const ledger::CampaignTerms& terms, v1::Campaign* out) {
  out->set_steward(field(terms.steward));
  out->set_reviewer(field(terms.reviewer));
  out->set_kind(std::string(word_of(terms.kind)));
  out->set_price(digits_of(terms.price));
  out->set_overlap(terms.overlap);
  out->set_gold_share(terms.gold_share);
  out->set_method(std::string(word_of(terms.method)));
  out->set_holdback(terms.holdback);
  out->set_appeal_ms(terms.appeal_ms);
  out->set_task(field(terms.task));
  out->set_guide(field(terms.guide));
  out->set_consent(field(terms.consent));
  out->set_licence(field(terms.licence));
}

}  // namespace

void write(const ledger::Campaign& campaign, v1::Campaign* out) {
  out->set_id(field(campaign.id));
  out->set_requester(field(campaign.requester));
  write_terms(campaign.terms, out);
  out->set_status(std::string(word_of(campaign.status)));
  out->set_currency(campaign.currency == ledger::Currency::Oort ? "oort" : "credits");
  out->set_escrow(campaign.escrow.value());
  out->set_gold(field_unless_zero(campaign.gold));
  out->set_gold_count(campaign.gold_count);
  out->set_stage(campaign.stage);
  out->set_batches_count(campaign.batches_count);
  out->set_answers_count(campaign.answers_count);
  out->set_accepted_count(campaign.accepted_count);
  out->set_paid(digits_of(campaign.paid));
  out->set_held(digits_of(campaign.held));
  out->set_reserved(digits_of(campaign.reserved));
  out->set_appeals_open(campaign.appeals_open);
  out->set_opened_ms(campaign.opened_ms);
  out->set_closed_ms(campaign.closed_ms);
  out->set_result_ms(campaign.result_ms);
  out->set_result(field_unless_zero(campaign.result));
  out->set_gold_root(field_unless_zero(campaign.gold_root));
  out->set_appeals_until_ms(campaign.closed_ms == 0 ? 0 : ledger::appeals_until_ms(campaign));
}

void write(const ledger::Batch& batch, v1::Batch* out) {
  out->set_number(batch.number);
  out->set_stage(batch.stage);
  out->set_root(field(batch.root));
  out->set_contributors(batch.contributors);
  out->set_answers(batch.answers);
  out->set_accepted(batch.accepted);
  out->set_claimed(batch.claimed);
  out->set_not_before(field(batch.not_before));
  out->set_height(batch.height.value());
  out->set_time_ms(batch.time_ms);
}

void write(const Bytes32& pseudonym, const ledger::ContributorPay& pay, v1::ContributorPay* out) {
  out->set_pseudonym(field(pseudonym));
  out->set_account(field(pay.account));
  out->set_accepted(pay.accepted);
  out->set_amount(digits_of(pay.amount));
  out->set_held(digits_of(pay.held));
}

void write(const ledger::DatasetVersion& version, v1::Dataset* out) {
  out->set_root(field(version.root));
  out->set_owner(field(version.owner));
  out->set_name(version.name);
  out->set_version(text_of(version.version));
  out->set_previous(field_unless_zero(version.previous));
  out->set_manifest(field(version.manifest));
  out->set_splits(field(version.splits));
  out->set_card(field(version.card));
  out->set_samples(field(version.samples));
  out->set_samples_count(version.samples_count);
  out->set_bytes(version.bytes);
  out->set_licence(version.licence);
  for (const CampaignId& id : version.campaigns) out->add_campaigns(field(id));
  for (const DatasetId& id : version.parents) out->add_parents(field(id));
  out->set_not_before(field(version.not_before));
  out->set_height(version.sealed.value());
  out->set_sealed_ms(version.sealed_ms);
  out->set_access(std::string(word_of(version.access)));
  out->set_price(digits_of(version.price));
  out->set_grant_ms(version.grant_ms);
  out->set_taken_down_ms(version.taken_down_ms);
  out->set_grants_count(version.grants_count);
  out->set_uses_count(version.uses_count);
}

void write(const ledger::DatasetVersion& version, const ledger::DatasetGrant& grant,
           const std::optional<ledger::DatasetOpening>& opening, std::uint64_t now_ms,
           v1::DatasetGrant* out) {
  out->set_status(std::string(word_of(grant.status)));
  out->set_paid(digits_of(grant.paid));
  out->set_since_ms(grant.since_ms);
  out->set_expires_ms(grant.expires_ms);
  out->set_uses(grant.uses);
  out->set_uses_max(grant.uses_max);
  out->set_is_live(ledger::is_live(version, grant, now_ms));
  const bool is_open = opening && ledger::is_open(version, grant, *opening, now_ms);
  out->set_open_until_ms(is_open ? opening->until_ms : 0);
}

void write(const ledger::ModelVersion& model, v1::Model* out) {
  out->set_root(field(model.root));
  out->set_owner(field(model.owner));
  out->set_name(model.name);
  out->set_version(text_of(model.version));
  out->set_previous(field_unless_zero(model.previous));
  out->set_card(field(model.card));
  out->set_licence(model.licence);
  out->set_training(field_unless_zero(model.training));
  out->set_height(model.height.value());
  out->set_time_ms(model.time_ms);
  out->set_deployments_count(model.deployments_count);
}

void write(const ledger::Training& training, v1::Training* out) {
  const ledger::TrainingTerms& terms = training.terms;
  out->set_id(field(training.id));
  out->set_owner(field(training.owner));
  out->set_job(field(terms.job));
  out->set_trainer(field(terms.trainer));
  for (const DatasetId& id : terms.datasets) out->add_datasets(field(id));
  if (terms.base) out->set_base(field(*terms.base));
  out->set_recipe(field(terms.recipe));
  out->set_code(field(terms.code));
  out->set_environment(field(terms.environment));
  out->set_not_before(field(terms.not_before));
  out->set_started_height(training.started.value());
  out->set_started_ms(training.started_ms);
  if (training.result) {
    out->set_model(field(training.result->model));
    out->set_statement(field(training.result->statement));
    out->set_recorded_height(training.result->height.value());
    out->set_recorded_ms(training.result->time_ms);
  }
  out->set_grade(std::string(word_of(training.grade)));
  out->set_witness(field_unless_zero(training.witness));
  out->set_replayer(field_unless_zero(training.replayer));
}

void write(const ledger::Deployment& deployment, v1::Deployment* out) {
  out->set_node(field(deployment.node));
  out->set_by(field(deployment.by));
  out->set_height(deployment.since.value());
  out->set_since_ms(deployment.since_ms);
  out->set_removed_ms(deployment.removed_ms);
}

}  // namespace oort::api
