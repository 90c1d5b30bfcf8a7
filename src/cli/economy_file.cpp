// SPDX-License-Identifier: Apache-2.0
#include "economy_file.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "amounts.hpp"
#include "ledger_client.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/storage_records.hpp"
#include "storage_classes.hpp"

namespace oort::cli {
namespace {

using ledger::CampaignsParams;
using ledger::DatasetsParams;
using ledger::GovernanceParams;
using ledger::HonestyParams;
using ledger::JobsParams;
using ledger::MarketParams;
using ledger::ModelsParams;
using ledger::Module;
using ledger::StakingParams;
using ledger::StorageParams;

constexpr std::array module_names = {"staking",   "governance", "honesty", "market", "jobs",
                                     "campaigns", "datasets",   "models",  "storage"};
/// Ascending, as a genesis lists them.
constexpr std::array modules = {Module::Staking,  Module::Governance, Module::Honesty,
                                Module::Market,   Module::Jobs,       Module::Campaigns,
                                Module::Datasets, Module::Models,     Module::Storage};

struct NamedPot {
  ledger::Pot pot;
  const char* name;
};
/// What founders may fill; the others are filled by what the modules do.
constexpr std::array founders_pots = {
    NamedPot{ledger::Pot::Reserve, "reserve"}, NamedPot{ledger::Pot::Mining, "mining"},
    NamedPot{ledger::Pot::Treasury, "treasury"}, NamedPot{ledger::Pot::Honesty, "honesty"}};

template <class P, class T>
concept As = std::same_as<std::remove_const_t<P>, T>;

/// One list of names for reading and for writing.
template <class F, As<StakingParams> P>
void walk(F& f, P& v) {
  f("creator_stake_min", v.creator_stake_min);
  f("pool_stake_min", v.pool_stake_min);
  f("delegation_min", v.delegation_min);
  f("commission_max", v.commission_max);
  f("commission_step", v.commission_step);
  f("moved_weight_max", v.moved_weight_max);
  f("double_vote_share", v.double_vote_share);
  f("finder_share", v.finder_share);
  f("jail_epochs", v.jail_epochs);
  f("emission", v.emission);
  f("halving_epochs", v.halving_epochs);
  f("evidence_views", v.evidence_views);
  f("evidence_per_block", v.evidence_per_block);
}
template <class F, As<GovernanceParams> P>
void walk(F& f, P& v) {
  f("deposit_min", v.deposit_min);
  f("deposit_epochs", v.deposit_epochs);
  f("voting_epochs", v.voting_epochs);
  f("delay", v.delay);
  f("quorum", v.quorum);
  f("threshold", v.threshold);
  f("veto", v.veto);
  f("live_max", v.live_max);
}
template <class F, As<MarketParams> P>
void walk(F& f, P& v) {
  f("processors", v.processors);
  f("processors_needed", v.processors_needed);
  f("daily_cap", v.daily_cap);
  f("fixed_rate", v.fixed_rate);
  f("reporters", v.reporters);
  f("reporters_needed", v.reporters_needed);
  f("reporter_bond", v.reporter_bond);
  f("report_lifetime_ms", v.report_lifetime_ms);
  f("sample_ms", v.sample_ms);
  f("samples", v.samples);
  f("stale_ms", v.stale_ms);
  f("step", v.step);
  f("classes", v.classes);
  f("egress_gib", v.egress_gib);
  f("take", v.take);
  f("discount", v.discount);
}
template <class F, As<CampaignsParams> P>
void walk(F& f, P& v) {
  f("appeal_ms_min", v.appeal_ms_min);
  f("appeal_ms_max", v.appeal_ms_max);
  f("holdback_max", v.holdback_max);
  f("overlap_max", v.overlap_max);
}
template <class F, As<DatasetsParams> P>
void walk(F& f, P& v) {
  f("grant_ms_max", v.grant_ms_max);
}
template <class F, As<ModelsParams> P>
void walk(F& f, P& v) {
  f("training_ms_max", v.training_ms_max);
}
template <class F, As<StorageParams> P>
void walk(F& f, P& v) {
  f("month_ms", v.month_ms);
  f("grace_ms", v.grace_ms);
}

template <class F, As<JobsParams> P>
void walk(F& f, P& v) {
  f("lease_ms", v.lease_ms);
  f("dispute_ms_min", v.dispute_ms_min);
  f("dispute_ms_max", v.dispute_ms_max);
  f("claim_ms", v.claim_ms);
  f("cancel_ms", v.cancel_ms);
  f("job_ms_max", v.job_ms_max);
  f("keep_ms", v.keep_ms);
  f("offer_ms_max", v.offer_ms_max);
  f("broker_share", v.broker_share);
}
template <class F, As<HonestyParams> P>
void walk(F& f, P& v) {
  f("round_blocks", v.round_blocks);
  f("post_blocks", v.post_blocks);
  f("keep_rounds", v.keep_rounds);
  f("stake_min", v.stake_min);
  f("officers_expected", v.officers_expected);
  f("judged_per_block", v.judged_per_block);
  f("prior_saboteurs", v.prior.saboteurs);
  f("prior_strength", v.prior.strength);
  f("lost_per_round", v.lost_per_round);
  f("each_operator_max", v.each_operator_max);
  f("honest_misses", v.goals.honest_misses);
  f("cheat_misses", v.goals.cheat_misses);
  f("false_alarm", v.goals.false_alarm);
  f("false_rest", v.goals.false_rest);
  f("detection", v.detection);
  f("commit_blocks", v.rules.commit_blocks);
  f("open_blocks", v.rules.open_blocks);
  f("appeal_blocks", v.rules.appeal_blocks);
  f("replay_blocks", v.rules.replay_blocks);
  f("case_bond", v.case_bond);
  f("seat_pay", v.seat_pay);
  f("appeal_bond", v.appeal_bond);
  f("cases_per_officer", v.cases_per_officer);
  f("reveal_pay", v.reveal_pay);
  f("paid_reveals_max", v.paid_reveals_max);
  f("slashed_wrong_result", v.slashed[0]);
  f("slashed_missed_audit", v.slashed[1]);
  f("slashed_unavailable", v.slashed[2]);
  f("slashed_forged_label", v.slashed[3]);
  f("slashed_false_accusation", v.slashed[4]);
  f("slashed_double_vote", v.slashed[5]);
  f("slashed_risk_overrun", v.slashed[6]);
  f("slashed_missed_forgery", v.slashed[7]);
  f("pool_part", v.pool_part);
  f("audit_every_blocks", v.audit_every_blocks);
  f("audit_blocks", v.audit_blocks);
  f("audit_fee", v.audit_fee);
  f("audits_per_node", v.audits_per_node);
  f("misses_max", v.misses_max);
}

std::string rate_text(ledger::Rate rate) { return oort::to_text(Oort(rate.units())); }

class Describer {
 public:
  template <std::unsigned_integral T>
  void operator()(const char* name, T value) {
    json_[name] = value;
  }
  void operator()(const char* name, ledger::Ppb share) { json_[name] = share.value(); }
  void operator()(const char* name, Oort amount) { json_[name] = oort::to_text(amount); }
  void operator()(const char* name, Credits amount) { json_[name] = to_text(amount); }
  void operator()(const char* name, const std::optional<ledger::Rate>& rate) {
    if (rate) json_[name] = rate_text(*rate);
  }
  template <class Id>
  void operator()(const char* name, const std::vector<Id>& ids) {
    Json list = Json::array();
    for (const Id& id : ids) list.push_back(id.hex());
    json_[name] = std::move(list);
  }
  void operator()(const char* name, const std::vector<ledger::ClassPrice>& prices) {
    Json list = Json::array();
    for (const ledger::ClassPrice& price : prices) {
      list.push_back(
          {{"class", name_of(price.storage_class)}, {"gib_month", to_text(price.gib_month)}});
    }
    json_[name] = std::move(list);
  }
  [[nodiscard]] Json take() && { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

/// Leaves alone what a description does not name.
class FieldSetter {
 public:
  explicit FieldSetter(JsonFields& fields) : fields_(fields) {}

  template <std::unsigned_integral T>
  void operator()(const char* name, T& value) {
    value = static_cast<T>(fields_.number(name, value, std::numeric_limits<T>::max()));
  }
  void operator()(const char* name, ledger::Ppb& share) {
    share = ledger::Ppb(fields_.number(name, share.value(), ledger::ppb_one));
  }
  void operator()(const char* name, Oort& amount) { amount = fields_.oort(name, amount); }
  void operator()(const char* name, Credits& amount) {
    const Json* found = fields_.find(name);
    if (found == nullptr) return;
    const auto read = found->is_string() ? credits_from_text(found->get<std::string>())
                                         : std::optional<Credits>();
    if (!read) return fields_.refuse(name, "must be an amount of credits as text, as \"12.5\"");
    amount = *read;
  }
  void operator()(const char* name, std::optional<ledger::Rate>& rate) {
    const Json* found = fields_.find(name);
    if (found != nullptr) rate = ledger::Rate(fields_.oort(name, Oort()).units());
  }
  template <class Id>
  void operator()(const char* name, std::vector<Id>& ids) {
    for_each(name, ids, [&](const Json& entry) -> std::optional<Id> {
      if (!entry.is_string()) return std::nullopt;
      return Id::from_hex(entry.get<std::string>());
    });
    std::ranges::sort(ids);
  }
  void operator()(const char* name, std::vector<ledger::ClassPrice>& prices) {
    for_each(name, prices, [](const Json& entry) -> std::optional<ledger::ClassPrice> {
      if (!entry.is_object()) return std::nullopt;
      const auto place = class_of(entry.value("class", ""));
      const auto price = credits_from_text(entry.value("gib_month", ""));
      if (!place || !price) return std::nullopt;
      return ledger::ClassPrice{*place, *price};
    });
    std::ranges::sort(prices, {}, &ledger::ClassPrice::storage_class);
  }

 private:
  template <class T, class Read>
  void for_each(const std::string& name, std::vector<T>& values, const Read& read) {
    const Json* found = fields_.find(name);
    if (found == nullptr) return;
    if (!found->is_array()) return fields_.refuse(name, "must be a list");
    values.clear();
    for (const Json& entry : *found) {
      const auto value = read(entry);
      if (!value) return fields_.refuse(name, "holds what is none: " + entry.dump());
      values.push_back(*value);
    }
  }

  JsonFields& fields_;
};

template <class P>
Json described(const P& params) {
  Describer describer;
  walk(describer, params);
  return std::move(describer).take();
}

/// With the defaults of `params` where the description says nothing.
template <class P>
Result<P> set_from(const Json& description, const std::string& where, P params) {
  JsonFields fields(description, where);
  FieldSetter setter(fields);
  walk(setter, params);
  OORT_TRY(fields.finish());
  return params;
}

template <class P>
Result<P> params_in(JsonFields& module) {
  const Json* found = module.find("params");
  if (found == nullptr) return P{};
  return set_from(*found, module.where() + ".params", P{});
}

/// Each element of a list of objects.
template <class Read>
Result<void> read_list(JsonFields& fields, const std::string& name, const Read& read) {
  const Json* found = fields.find(name);
  if (found == nullptr) return {};
  if (!found->is_array()) {
    fields.refuse(name, "must be a list");
    return {};
  }
  std::size_t index = 0;
  for (const Json& entry : *found) {
    JsonFields element(entry, fields.where() + "." + name + "[" + std::to_string(index++) + "]");
    OORT_TRY(read(element));
    OORT_TRY(element.finish());
  }
  return {};
}

AccountId account_in(JsonFields& fields, const std::string& name) {
  const auto id = AccountId::from_hex(fields.text(name, ""));
  if (!id) fields.refuse(name, "must be an account: 40 hexadecimal digits");
  return id.value_or(AccountId());
}

void add_pot(ledger::GenesisParams& genesis, ledger::Pot pot, Oort balance) {
  if (balance.is_zero()) return;
  genesis.pots.push_back({pot, balance});
  std::ranges::sort(genesis.pots, {}, &ledger::GenesisPot::pot);
}

Result<ledger::GenesisPool> read_pool(JsonFields& fields, Oort stake_default) {
  ledger::GenesisPool pool;
  const auto node = NodeId::from_hex(fields.text("node", ""));
  if (!node) fields.refuse("node", "must be a super node of the list: 64 hexadecimal digits");
  pool.node = node.value_or(NodeId());
  pool.self = fields.oort("stake", stake_default);
  pool.commission = static_cast<std::uint32_t>(
      fields.number("commission", 0, std::numeric_limits<std::uint32_t>::max()));
  return pool;
}

Result<Bytes> read_staking(JsonFields& fields, ledger::GenesisParams& genesis) {
  ledger::StakingGenesis staking;
  OORT_TRY(staking.params, params_in<StakingParams>(fields));
  const Oort least = staking.params.pool_stake_min;
  OORT_TRY(read_list(fields, "pools", [&](JsonFields& entry) -> Result<void> {
    OORT_TRY(const auto pool, read_pool(entry, least));
    staking.pools.push_back(pool);
    return {};
  }));
  if (fields.find("pools") == nullptr) {
    for (const ledger::Validator& validator : genesis.validators) {
      staking.pools.push_back({validator.node, least, 0});
    }
  }
  std::ranges::sort(staking.pools, {}, &ledger::GenesisPool::node);
  Oort sum;
  for (const ledger::GenesisPool& pool : staking.pools) {
    const auto next = sum.plus(pool.self);
    if (!next) fields.refuse("pools", "have more stake than an amount can hold");
    sum = next.value_or(Oort());
  }
  add_pot(genesis, ledger::Pot::Stake, sum);
  return codec::to_bytes(staking);
}

Result<Bytes> read_governance(JsonFields& fields) {
  OORT_TRY(const auto params, params_in<GovernanceParams>(fields));
  return codec::to_bytes(params);
}

Result<Bytes> read_honesty(JsonFields& fields) {
  OORT_TRY(const auto params, params_in<HonestyParams>(fields));
  return codec::to_bytes(ledger::HonestyGenesis{params});
}

Result<Bytes> read_market(JsonFields& fields) {
  ledger::MarketGenesis market;
  OORT_TRY(market.params, params_in<MarketParams>(fields));
  const Oort first =
      fields.oort("first_rate", Oort(market.params.fixed_rate.value_or(ledger::Rate()).units()));
  market.first_rate = ledger::Rate(first.units());
  OORT_TRY(read_list(fields, "credits", [&](JsonFields& entry) -> Result<void> {
    ledger::GenesisCredits credits;
    credits.account = account_in(entry, "account");
    FieldSetter setter(entry);
    setter("balance", credits.balance);
    market.credits.push_back(credits);
    return {};
  }));
  OORT_TRY(read_list(fields, "bonds", [&](JsonFields& entry) -> Result<void> {
    const AccountId reporter = account_in(entry, "reporter");
    market.bonds.push_back({reporter, entry.oort("bond", Oort())});
    return {};
  }));
  std::ranges::sort(market.credits, {}, &ledger::GenesisCredits::account);
  std::ranges::sort(market.bonds, {}, &ledger::GenesisBond::reporter);
  return codec::to_bytes(market);
}

Result<Bytes> read_jobs(JsonFields& fields) {
  ledger::JobsGenesis jobs;
  OORT_TRY(jobs.params, params_in<JobsParams>(fields));
  return codec::to_bytes(jobs);
}

Result<Bytes> read_storage(JsonFields& fields) {
  ledger::StorageGenesis storage;
  OORT_TRY(storage.params, params_in<StorageParams>(fields));
  OORT_TRY(read_list(fields, "funds", [&](JsonFields& entry) -> Result<void> {
    const AccountId payer = account_in(entry, "payer");
    storage.funds.push_back({payer, entry.oort("amount", Oort())});
    return {};
  }));
  std::ranges::sort(storage.funds, {}, &ledger::GenesisStorageFund::payer);
  return codec::to_bytes(storage);
}

/// A module that begins with its parameters and nothing else.
template <class G, class P>
Result<Bytes> read_plain(JsonFields& fields) {
  G genesis;
  OORT_TRY(genesis.params, params_in<P>(fields));
  return codec::to_bytes(genesis);
}

Result<Bytes> read_module(Module module, JsonFields& fields, ledger::GenesisParams& genesis) {
  if (module == Module::Campaigns) {
    return read_plain<ledger::CampaignsGenesis, CampaignsParams>(fields);
  }
  if (module == Module::Datasets) {
    return read_plain<ledger::DatasetsGenesis, DatasetsParams>(fields);
  }
  if (module == Module::Models) return read_plain<ledger::ModelsGenesis, ModelsParams>(fields);
  if (module == Module::Staking) return read_staking(fields, genesis);
  if (module == Module::Governance) return read_governance(fields);
  if (module == Module::Honesty) return read_honesty(fields);
  if (module == Module::Jobs) return read_jobs(fields);
  if (module == Module::Storage) return read_storage(fields);
  return read_market(fields);
}

Result<void> read_pots(JsonFields& fields, ledger::GenesisParams& genesis) {
  const Json* found = fields.find("pots");
  if (found == nullptr) return {};
  JsonFields pots(*found, "pots");
  for (const NamedPot& named : founders_pots) {
    add_pot(genesis, named.pot, pots.oort(named.name, Oort()));
  }
  return pots.finish();
}

Json describe_staking(const ledger::StakingGenesis& staking) {
  Json pools = Json::array();
  for (const ledger::GenesisPool& pool : staking.pools) {
    pools.push_back({{"node", pool.node.hex()},
                     {"stake", oort::to_text(pool.self)},
                     {"commission", pool.commission}});
  }
  return {{"params", described(staking.params)}, {"pools", std::move(pools)}};
}

Json describe_market(const ledger::MarketGenesis& market) {
  Json credits = Json::array();
  for (const ledger::GenesisCredits& entry : market.credits) {
    credits.push_back({{"account", entry.account.hex()}, {"balance", to_text(entry.balance)}});
  }
  Json bonds = Json::array();
  for (const ledger::GenesisBond& entry : market.bonds) {
    bonds.push_back({{"reporter", entry.reporter.hex()}, {"bond", oort::to_text(entry.bond)}});
  }
  return {{"params", described(market.params)},
          {"first_rate", rate_text(market.first_rate)},
          {"credits", std::move(credits)},
          {"bonds", std::move(bonds)}};
}

Json describe_storage(const ledger::StorageGenesis& storage) {
  Json funds = Json::array();
  for (const ledger::GenesisStorageFund& fund : storage.funds) {
    funds.push_back({{"payer", fund.payer.hex()}, {"amount", oort::to_text(fund.amount)}});
  }
  return {{"params", described(storage.params)}, {"funds", std::move(funds)}};
}

template <class G>
Json describe_plain(ByteView record) {
  const auto genesis = codec::from_bytes<G>(record);
  return genesis ? Json{{"params", described(genesis->params)}} : Json();
}

/// A genesis that decoded holds modules that decode; `check_genesis` saw to it.
Json describe_module(const ledger::GenesisModule& module) {
  if (module.module == Module::Staking) {
    const auto staking = codec::from_bytes<ledger::StakingGenesis>(module.genesis);
    return staking ? describe_staking(*staking) : Json();
  }
  if (module.module == Module::Governance) {
    const auto params = codec::from_bytes<GovernanceParams>(module.genesis);
    return params ? Json{{"params", described(*params)}} : Json();
  }
  if (module.module == Module::Jobs) {
    const auto jobs = codec::from_bytes<ledger::JobsGenesis>(module.genesis);
    return jobs ? Json{{"params", described(jobs->params)}} : Json();
  }
  if (module.module == Module::Honesty) {
    const auto honesty = codec::from_bytes<ledger::HonestyGenesis>(module.genesis);
    return honesty ? Json{{"params", described(honesty->params)}} : Json();
  }
  if (module.module == Module::Campaigns) {
    return describe_plain<ledger::CampaignsGenesis>(module.genesis);
  }
  if (module.module == Module::Datasets) {
    return describe_plain<ledger::DatasetsGenesis>(module.genesis);
  }
  if (module.module == Module::Models) return describe_plain<ledger::ModelsGenesis>(module.genesis);
  if (module.module == Module::Storage) {
    const auto storage = codec::from_bytes<ledger::StorageGenesis>(module.genesis);
    return storage ? describe_storage(*storage) : Json();
  }
  const auto market = codec::from_bytes<ledger::MarketGenesis>(module.genesis);
  return market ? describe_market(*market) : Json();
}

template <class P>
Result<Json> describe_as(ByteView canonical) {
  OORT_TRY(const auto params, codec::from_bytes<P>(canonical));
  return described(params);
}

template <class P>
Result<Bytes> read_as(const Json& description) {
  OORT_TRY(const P params, set_from(description, "params", P{}));
  return codec::to_bytes(params);
}

}  // namespace

Result<Module> parse_module(const std::string& name) {
  const auto found = std::ranges::find(module_names, name);
  if (found != module_names.end()) {
    return modules.at(static_cast<std::size_t>(found - module_names.begin()));
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + name +
                  "' is none of staking, governance, honesty, market, jobs, campaigns, datasets, "
                  "models and storage");
}

Result<void> read_economy(JsonFields& fields, ledger::GenesisParams& genesis) {
  OORT_TRY(read_pots(fields, genesis));
  const Json* found = fields.find("modules");
  if (found == nullptr) return {};
  JsonFields named(*found, "modules");
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const Json* description = named.find(module_names.at(i));
    if (description == nullptr) continue;
    JsonFields module(*description, std::string("modules.") + module_names.at(i));
    OORT_TRY(Bytes record, read_module(modules.at(i), module, genesis));
    OORT_TRY(module.finish());
    genesis.modules.push_back({modules.at(i), std::move(record)});
  }
  return named.finish();
}

void describe_economy(const ledger::GenesisParams& genesis, Json& description) {
  Json pots = Json::object();
  for (const ledger::GenesisPot& pot : genesis.pots) {
    const auto named = std::ranges::find(founders_pots, pot.pot, &NamedPot::pot);
    if (named != founders_pots.end()) pots[named->name] = oort::to_text(pot.balance);
  }
  if (!pots.empty()) description["pots"] = std::move(pots);
  if (genesis.modules.empty()) return;
  Json& described_modules = description["modules"];
  for (const ledger::GenesisModule& module : genesis.modules) {
    described_modules[std::string(ledger::to_string(module.module))] = describe_module(module);
  }
}

Json modules_template() {
  MarketParams market;
  market.fixed_rate = rate_from_price("0.05");
  const ledger::MarketGenesis begin{market, *market.fixed_rate, {}, {}};
  // Without pools every validator has one.
  return {{"staking", {{"params", described(StakingParams{})}}},
          {"governance", {{"params", described(GovernanceParams{})}}},
          {"market", describe_market(begin)},
          {"jobs", {{"params", described(JobsParams{})}}},
          {"campaigns", {{"params", described(CampaignsParams{})}}},
          {"datasets", {{"params", described(DatasetsParams{})}}},
          {"models", {{"params", described(ModelsParams{})}}},
          {"storage", describe_storage(ledger::StorageGenesis{})}};
}

Result<Json> describe_params(Module module, ByteView canonical) {
  if (module == Module::Staking) return describe_as<StakingParams>(canonical);
  if (module == Module::Governance) return describe_as<GovernanceParams>(canonical);
  if (module == Module::Market) return describe_as<MarketParams>(canonical);
  if (module == Module::Honesty) return describe_as<HonestyParams>(canonical);
  if (module == Module::Jobs) return describe_as<JobsParams>(canonical);
  if (module == Module::Campaigns) return describe_as<CampaignsParams>(canonical);
  if (module == Module::Datasets) return describe_as<DatasetsParams>(canonical);
  if (module == Module::Models) return describe_as<ModelsParams>(canonical);
  if (module == Module::Storage) return describe_as<StorageParams>(canonical);
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "the module " + std::string(ledger::to_string(module)) + " has no parameters");
}

Result<Bytes> read_params(Module module, const Json& description) {
  if (module == Module::Staking) return read_as<StakingParams>(description);
  if (module == Module::Governance) return read_as<GovernanceParams>(description);
  if (module == Module::Honesty) return read_as<HonestyParams>(description);
  if (module == Module::Jobs) return read_as<JobsParams>(description);
  if (module == Module::Campaigns) return read_as<CampaignsParams>(description);
  if (module == Module::Datasets) return read_as<DatasetsParams>(description);
  if (module == Module::Models) return read_as<ModelsParams>(description);
  if (module == Module::Storage) return read_as<StorageParams>(description);
  return read_as<MarketParams>(description);
}

}  // namespace oort::cli
