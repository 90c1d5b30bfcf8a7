// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/governance.pb.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "amounts.hpp"
#include "client.hpp"
#include "command.hpp"
#include "economy_client.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/staking_operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  std::string key_file;
  std::string account;
  std::string pool;
  std::string to;
  std::string amount;
  std::uint32_t commission = 0;
  std::uint64_t epoch = 0;
  bool is_all = false;
  bool is_withdrawal = false;
  bool is_off = false;
};

Json to_json(const v1::Pool& pool) {
  return {{"pool", hex_of(pool.node())},
          {"creator", hex_of(pool.creator())},
          {"state", pool.pool_state()},
          {"commission", pool.commission()},
          {"self", pool.self()},
          {"delegated", pool.delegated()},
          {"creator_owed", pool.creator_owed()},
          {"jailed_until", pool.jailed_until()},
          {"exits", pool.exits()},
          {"faults_count", pool.faults_count()}};
}

Json to_json(const v1::Delegation& delegation) {
  Json value = {{"pool", hex_of(delegation.pool())},
                {"account", hex_of(delegation.account())},
                {"worth", delegation.worth()},
                {"reward", delegation.reward()}};
  if (!delegation.liable_for().empty()) {
    value["liable_for"] = hex_of(delegation.liable_for());
    value["liable_until"] = delegation.liable_until();
  }
  return value;
}

Json to_json(const v1::GetStakingResponse& staking) {
  return {{"height", staking.state().height()},
          {"epoch", staking.epoch()},
          {"ends_ms", staking.ends_ms()},
          {"weight", staking.weight()},
          {"witnesses_count", staking.witnesses_count()},
          {"emission", staking.emission()},
          {"mining", staking.mining()},
          {"rewards", staking.rewards()},
          {"unbonding", staking.unbonding()},
          {"unbonding_epochs", staking.unbonding_epochs()}};
}

Result<void> list_pools(const Session& session) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto staking, client.staking());
  OORT_TRY(const auto pools, client.pools());
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"POOL", "STATE", "OWN STAKE", "DELEGATED", "COMMISSION"}};
  for (const v1::Pool& pool : pools) {
    list.push_back(to_json(pool));
    rows.push_back({hex_of(pool.node()), pool.pool_state(), oort_text(pool.self()),
                    oort_text(pool.delegated()), percent_text(pool.commission())});
  }
  Json value = to_json(staking);
  value["pools"] = std::move(list);
  session.show(value, [&] {
    std::printf("epoch %llu, %s of stake witness, an epoch pays %s and the fees\n%s",
                static_cast<unsigned long long>(staking.epoch()),
                oort_text(staking.weight()).c_str(), oort_text(staking.emission()).c_str(),
                columns(rows).c_str());
  });
  return {};
}

Result<void> show_pool(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId node, node_named(session, arguments.pool));
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto pool, client.pool(node));
  OORT_TRY(const auto delegations, client.delegations_to(node));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"DELEGATOR", "WORTH", "REWARD"}};
  for (const v1::Delegation& delegation : delegations) {
    list.push_back(to_json(delegation));
    rows.push_back({hex_of(delegation.account()), oort_text(delegation.worth()),
                    oort_text(delegation.reward())});
  }
  Json value = to_json(pool);
  value["delegations"] = std::move(list);
  session.show(value, [&] {
    std::fputs(columns({{"pool", hex_of(pool.node())},
                        {"creator", hex_of(pool.creator())},
                        {"state", pool.pool_state()},
                        {"own stake", oort_text(pool.self())},
                        {"delegated", oort_text(pool.delegated())},
                        {"commission", percent_text(pool.commission())},
                        {"creator has earned", oort_text(pool.creator_owed())},
                        {"faults", std::to_string(pool.faults_count())}})
                   .c_str(),
               stdout);
    if (!delegations.empty()) std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<void> show_stakes(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId account, account_named(arguments.account, arguments.key_file));
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto delegations, client.delegations_of(account));
  OORT_TRY(const auto unbondings, client.unbondings(account));
  Json delegated = Json::array();
  Json leaving = Json::array();
  std::vector<std::vector<std::string>> rows = {{"POOL", "WHAT", "WORTH", "REWARD"}};
  for (const v1::Delegation& delegation : delegations) {
    delegated.push_back(to_json(delegation));
    rows.push_back({hex_of(delegation.pool()), "delegated", oort_text(delegation.worth()),
                    oort_text(delegation.reward())});
  }
  for (const v1::Unbonding& unbonding : unbondings) {
    leaving.push_back({{"node", hex_of(unbonding.node())},
                       {"is_bond", unbonding.is_bond()},
                       {"returns", unbonding.returns()},
                       {"amount", unbonding.amount()}});
    rows.push_back({hex_of(unbonding.node()),
                    "returns in epoch " + std::to_string(unbonding.returns()),
                    oort_text(unbonding.amount()), ""});
  }
  const Json value = {
      {"account", account.hex()}, {"delegations", delegated}, {"unbondings", leaving}};
  session.show(value, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> show_validators(const Session& session, const Arguments& arguments) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto set, client.validators(arguments.epoch));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"VALIDATOR", "WEIGHT"}};
  for (const v1::ValidatorWeight& validator : set.validators()) {
    list.push_back({{"node", hex_of(validator.node())}, {"weight", validator.weight()}});
    rows.push_back({hex_of(validator.node()), std::to_string(validator.weight())});
  }
  session.show({{"epoch", set.epoch()}, {"validators", list}}, [&] {
    std::printf("epoch %llu of the chain\n%s", static_cast<unsigned long long>(set.epoch()),
                columns(rows).c_str());
  });
  return {};
}

Result<void> send(const Session& session, const Arguments& arguments,
                  const ledger::Operation& operation, const std::string& what) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  show_submitted(session, response, what);
  return {};
}

Result<void> create_pool(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId node, node_named(session, arguments.pool));
  OORT_TRY(const Oort stake, parse_oort(arguments.amount));
  return send(session, arguments, ledger::PoolCreate{node, stake, arguments.commission},
              "made a pool of " + to_text(stake) + " OORT for node " + node.hex());
}

Result<void> delegate(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId pool, node_named(session, arguments.pool));
  OORT_TRY(const Oort amount, parse_oort(arguments.amount));
  return send(session, arguments, ledger::Delegate{pool, amount},
              "delegated " + to_text(amount) + " OORT to " + pool.hex());
}

/// What to move out of a pool; zero means all of it.
Result<Oort> amount_or_all(const Arguments& arguments) {
  if (arguments.is_all) return Oort();
  const std::string& text = arguments.amount;
  OORT_TRY(const Oort amount, text.empty() ? Result<Oort>(Oort()) : parse_oort(text));
  if (!amount.is_zero()) return amount;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "how much? Give --amount OORT, or --all");
}

Result<void> undelegate(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId pool, node_named(session, arguments.pool));
  OORT_TRY(const Oort amount, amount_or_all(arguments));
  return send(session, arguments, ledger::Undelegate{pool, amount},
              "stake is leaving " + pool.hex() + "; `oortd stake show` says when it returns");
}

Result<void> redelegate(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId from, node_named(session, arguments.pool));
  OORT_TRY(const NodeId to, node_named(session, arguments.to));
  OORT_TRY(const Oort amount, amount_or_all(arguments));
  return send(session, arguments, ledger::Redelegate{from, to, amount},
              "moved stake from " + from.hex() + " to " + to.hex());
}

Result<void> claim(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId pool, node_named(session, arguments.pool));
  return send(session, arguments, ledger::RewardClaim{pool}, "claimed what was earned");
}

Result<void> bond(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId node, node_named(session, arguments.pool));
  OORT_TRY(const Oort amount, parse_oort(arguments.amount));
  if (arguments.is_withdrawal) {
    return send(session, arguments, ledger::BondWithdraw{node, amount},
                "a bond of " + to_text(amount) + " OORT is leaving " + node.hex());
  }
  return send(session, arguments, ledger::BondPost{node, amount},
              "posted a bond of " + to_text(amount) + " OORT for " + node.hex());
}

Result<void> set_commission(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId pool, node_named(session, arguments.pool));
  return send(session, arguments, ledger::PoolSetCommission{pool, arguments.commission},
              "the commission of " + pool.hex() + " is " + percent_text(arguments.commission));
}

Result<void> set_online(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId pool, node_named(session, arguments.pool));
  return send(session, arguments, ledger::PoolSetOnline{pool, !arguments.is_off},
              arguments.is_off ? "the pool is offline; its stake earns nothing"
                               : "the pool is back and can be a witness from the next epoch on");
}

Result<void> exit_pool(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId pool, node_named(session, arguments.pool));
  return send(session, arguments, ledger::PoolExit{pool},
              "the pool is leaving for good; its own stake returns after unbonding");
}

using Command = Result<void> (*)(const Session&, const Arguments&);

constexpr const char* pool_help = "Its node: 64 digits, or a name such as super-1";

void add_moves(CLI::App* group, Session& session, Arguments& arguments) {
  const auto with_key = [&](CLI::App* command, const char* whose) {
    command->add_option("--key", arguments.key_file, whose)->required();
    return command;
  };
  CLI::App* made = with_key(
      add(group, session, arguments, "create", "Put up a pool behind a super node", create_pool),
      "Key of the node's operator");
  made->add_option("POOL", arguments.pool, pool_help)->required();
  made->add_option("--amount", arguments.amount, "The creator's own stake, OORT")->required();
  made->add_option("--commission", arguments.commission, "Millionths: 50000 is 5 %");
  CLI::App* given = with_key(add(group, session, arguments, "delegate",
                                 "Add stake to a pool; it earns from then on", delegate),
                             "Key of the delegator");
  given->add_option("POOL", arguments.pool, pool_help)->required();
  given->add_option("--amount", arguments.amount, "OORT")->required();
  given->footer("Example: oortd stake delegate super-1 --amount 500 --key owner.key");
  CLI::App* taken =
      with_key(add(group, session, arguments, "undelegate",
                   "Take stake out of a pool; it returns after unbonding", undelegate),
               "Key of the delegator");
  taken->add_option("POOL", arguments.pool, pool_help)->required();
  taken->add_option("--amount", arguments.amount, "OORT");
  taken->add_flag("--all", arguments.is_all, "All that is there");
  CLI::App* moved = with_key(add(group, session, arguments, "redelegate",
                                 "Move stake to another pool at once", redelegate),
                             "Key of the delegator");
  moved->add_option("FROM", arguments.pool, pool_help)->required();
  moved->add_option("TO", arguments.to, pool_help)->required();
  moved->add_option("--amount", arguments.amount, "OORT");
  moved->add_flag("--all", arguments.is_all, "All that is there");
  CLI::App* claimed = with_key(add(group, session, arguments, "claim",
                                   "Be paid what a delegator and a creator have earned", claim),
                               "Key of who has earned");
  claimed->add_option("POOL", arguments.pool, pool_help)->required();
  claimed->footer("Example: oortd stake claim super-1 --key .devnet/super-1/data/node.key");
  CLI::App* bonded = with_key(add(group, session, arguments, "bond",
                                  "Vouch for a node with money that a fault costs", bond),
                              "Key of who posts; of the operator for --withdraw");
  bonded->add_option("NODE", arguments.pool, pool_help)->required();
  bonded->add_option("--amount", arguments.amount, "OORT")->required();
  bonded->add_flag("--withdraw", arguments.is_withdrawal, "Take it out again, after unbonding");
}

/// What a pool's creator does with it.
void add_creators(CLI::App* group, Session& session, Arguments& arguments) {
  const auto added = [&](const char* name, const char* help, Command command) {
    CLI::App* one = add(group, session, arguments, name, help, command);
    one->add_option("POOL", arguments.pool, pool_help)->required();
    one->add_option("--key", arguments.key_file, "Key of the pool's creator")->required();
    return one;
  };
  added("commission", "Set what the creator keeps of the pool's rewards", set_commission)
      ->add_option("--commission", arguments.commission, "Millionths: 50000 is 5 %")
      ->required();
  CLI::App* online = added("online", "Bring a pool back, or take it away for a while", set_online);
  online->add_flag("--off", arguments.is_off, "Take it away");
  online->footer("Example: oortd stake online super-1 --off --key .devnet/super-1/data/node.key");
  added("exit", "Leave for good", exit_pool);
}

}  // namespace

void add_stake_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* stake = app.add_subcommand("stake", "Stake behind super nodes")->require_subcommand(1);
  add(stake, session, arguments, "pools", "All pools, and where the epoch stands",
      [](const Session& given, const Arguments&) { return list_pools(given); })
      ->footer("Example: oortd stake pools");
  CLI::App* one =
      add(stake, session, arguments, "pool", "One pool and who delegated to it", show_pool);
  one->add_option("POOL", arguments.pool, pool_help)->required();
  one->footer("Example: oortd stake pool super-1");
  CLI::App* shown = add(stake, session, arguments, "show",
                        "What an account has delegated, and what is on its way back", show_stakes);
  shown->add_option("ACCOUNT", arguments.account, "40 hexadecimal digits");
  shown->add_option("--key", arguments.key_file, "Key file of the account");
  shown->footer("Example: oortd stake show --key owner.key");
  CLI::App* set =
      add(stake, session, arguments, "validators", "Who votes in an epoch", show_validators);
  set->add_option("--epoch", arguments.epoch, "Of the chain; a great one shows the newest set");
  add_moves(stake, session, arguments);
  add_creators(stake, session, arguments);
}

}  // namespace oort::cli
