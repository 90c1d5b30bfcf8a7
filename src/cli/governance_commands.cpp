// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/governance.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "amounts.hpp"
#include "client.hpp"
#include "command.hpp"
#include "economy_client.hpp"
#include "economy_file.hpp"
#include "genesis_file.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/governance_operations.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/params.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr std::array option_names = {"yes", "no", "abstain", "veto"};
/// The parameters of the network itself stand beside those of the modules.
constexpr const char* network_params = "params";

struct Arguments {
  std::string key_file;
  std::uint64_t id = 0;
  std::string kind;
  std::string text;
  std::string module = network_params;
  std::vector<std::string> settings;
  std::string to;
  std::string amount;
  std::string deposit;
  std::string upgrade;
  std::uint64_t height = 0;
  std::string pool;
  std::string option;
};

Result<Json> params_json(const std::string& module, const std::string& canonical) {
  if (module == network_params) {
    OORT_TRY(const auto params, codec::from_bytes<ledger::Params>(as_bytes(canonical)));
    return describe(params);
  }
  OORT_TRY(const ledger::Module known, parse_module(module));
  return describe_params(known, as_bytes(canonical));
}

/// One line for people.
std::string action_text(const v1::Proposal& proposal) {
  switch (proposal.action_case()) {
    case v1::Proposal::kParams: return "parameters of " + proposal.params().module();
    case v1::Proposal::kSpending:
      return "pay " + oort_text(proposal.spending().amount()) + " to " +
             hex_of(proposal.spending().to());
    case v1::Proposal::kUpgrade:
      return "upgrade " + proposal.upgrade().name() + " at height " +
             std::to_string(proposal.upgrade().height());
    case v1::Proposal::ACTION_NOT_SET: break;
  }
  return "text";
}

Json to_json(const v1::Proposal& proposal) {
  Json value = {{"id", proposal.id()},
                {"proposer", hex_of(proposal.proposer())},
                {"text", proposal.text()},
                {"state", proposal.proposal_state()},
                {"deposit", proposal.deposit()},
                {"ends", proposal.ends()},
                {"executes", proposal.executes()},
                {"votes",
                 {{"yes", proposal.yes()},
                  {"no", proposal.no()},
                  {"abstain", proposal.abstain()},
                  {"veto", proposal.veto()},
                  {"electorate", proposal.electorate()}}}};
  switch (proposal.action_case()) {
    case v1::Proposal::kParams: {
      Json action = {{"module", proposal.params().module()}};
      const auto params = params_json(proposal.params().module(), proposal.params().canonical());
      if (params) action["params"] = *params;
      value["params"] = std::move(action);
      break;
    }
    case v1::Proposal::kSpending:
      value["spending"] = {{"to", hex_of(proposal.spending().to())},
                           {"amount", proposal.spending().amount()}};
      break;
    case v1::Proposal::kUpgrade:
      value["upgrade"] = {{"name", proposal.upgrade().name()},
                          {"height", proposal.upgrade().height()}};
      break;
    case v1::Proposal::ACTION_NOT_SET: break;
  }
  return value;
}

Result<void> list_proposals(const Session& session, const Arguments&) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto proposals, client.proposals());
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"ID", "STATE", "ENDS", "WHAT", "TEXT"}};
  for (const v1::Proposal& proposal : proposals) {
    list.push_back(to_json(proposal));
    rows.push_back({std::to_string(proposal.id()), proposal.proposal_state(),
                    "epoch " + std::to_string(proposal.ends()), action_text(proposal),
                    proposal.text().substr(0, 40)});
  }
  session.show({{"proposals", list}}, [&] {
    if (proposals.empty()) {
      std::puts("nothing was proposed");
    } else {
      std::fputs(columns(rows).c_str(), stdout);
    }
  });
  return {};
}

Result<void> show_proposal(const Session& session, const Arguments& arguments) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto response, client.proposal(arguments.id));
  const v1::Proposal& proposal = response.proposal();
  Json value = to_json(proposal);
  Json ballots = Json::array();
  std::vector<std::vector<std::string>> rows = {{"POOL", "SAYS"}};
  for (const v1::Ballot& ballot : response.ballots()) {
    ballots.push_back({{"pool", hex_of(ballot.pool())},
                       {"option", ballot.option()},
                       {"yes_shares", ballot.yes_shares()},
                       {"no_shares", ballot.no_shares()},
                       {"abstain_shares", ballot.abstain_shares()},
                       {"veto_shares", ballot.veto_shares()}});
    rows.push_back({hex_of(ballot.pool()), ballot.option().empty() ? "-" : ballot.option()});
  }
  value["ballots"] = std::move(ballots);
  session.show(value, [&] {
    std::fputs(columns({{"proposal", std::to_string(proposal.id())},
                        {"text", proposal.text()},
                        {"what", action_text(proposal)},
                        {"state", proposal.proposal_state()},
                        {"deposit", oort_text(proposal.deposit())},
                        {"ends", "epoch " + std::to_string(proposal.ends())},
                        {"yes", oort_text(proposal.yes())},
                        {"no", oort_text(proposal.no())},
                        {"abstain", oort_text(proposal.abstain())},
                        {"veto", oort_text(proposal.veto())}})
                   .c_str(),
               stdout);
    if (rows.size() > 1) std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<void> show_params(const Session& session, const Arguments&) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto response, client.params());
  Json value = Json::object();
  for (const v1::ModuleParams& module : response.modules()) {
    OORT_TRY(value[module.module()], params_json(module.module(), module.canonical()));
  }
  session.show(value, [&] { std::puts(value.dump(2).c_str()); });
  return {};
}

/// "name=value": a number or true or false as such, all else as text, amounts among it.
Result<void> apply_setting(Json& params, const std::string& setting) {
  const std::size_t sign = setting.find('=');
  const std::string name = setting.substr(0, sign);
  if (sign == std::string::npos || !params.contains(name)) {
    return fail(
        ErrorCode::InvalidArgument, reason::bad_argument,
        "'" + setting + "' sets no parameter; `oortd gov params` shows their names: NAME=VALUE");
  }
  const std::string text = setting.substr(sign + 1);
  const Json value = Json::parse(text, nullptr, false);
  const bool is_text = params[name].is_string() || value.is_discarded();
  params[name] = is_text ? Json(text) : value;
  return {};
}

/// The present parameters with the settings; a proposal carries all of them.
Result<ledger::ProposalAction> params_action(const Session& session, const Arguments& arguments) {
  if (arguments.settings.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "what should change? Give --set NAME=VALUE, as often as needed");
  }
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto response, client.params());
  for (const v1::ModuleParams& module : response.modules()) {
    if (module.module() != arguments.module) continue;
    OORT_TRY(Json params, params_json(module.module(), module.canonical()));
    for (const std::string& setting : arguments.settings) {
      OORT_TRY(apply_setting(params, setting));
    }
    // Through text, so that its numbers are what a parser makes of them.
    const Json described = Json::parse(params.dump());
    if (arguments.module == network_params) {
      OORT_TRY(const auto present, codec::from_bytes<ledger::Params>(as_bytes(module.canonical())));
      OORT_TRY(auto changed, read_params(described, present));
      return ledger::ParamsAction{std::move(changed)};
    }
    OORT_TRY(const ledger::Module known, parse_module(arguments.module));
    OORT_TRY(Bytes canonical, read_params(known, described));
    return ledger::ModuleParamsAction{known, std::move(canonical)};
  }
  return fail(ErrorCode::NotFound, reason::not_found,
              "this network has no module '" + arguments.module + "'");
}

Result<ledger::ProposalAction> action_of(const Session& session, const Arguments& arguments) {
  if (arguments.kind == "text") return ledger::TextAction{};
  if (arguments.kind == "params") return params_action(session, arguments);
  if (arguments.kind == "spend") {
    OORT_TRY(const AccountId to, parse_account(arguments.to));
    OORT_TRY(const Oort amount, parse_oort(arguments.amount));
    return ledger::SpendAction{to, amount};
  }
  if (arguments.kind == "upgrade") {
    return ledger::UpgradeAction{arguments.upgrade, Height(arguments.height)};
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + arguments.kind + "' is no proposal: text, params, spend or upgrade");
}

Result<void> propose(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(auto action, action_of(session, arguments));
  OORT_TRY(const Oort deposit, parse_oort(arguments.deposit));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response,
           client.submit(keys, ledger::ProposalSubmit{arguments.text, std::move(action), deposit}));
  show_submitted(session, response, "proposed; `oortd gov list` shows its number");
  return {};
}

Result<void> deposit(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const Oort amount, parse_oort(arguments.amount));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, ledger::ProposalDeposit{arguments.id, amount}));
  show_submitted(session, response, "added " + to_text(amount) + " OORT to the deposit");
  return {};
}

Result<void> vote(const Session& session, const Arguments& arguments) {
  const auto option = std::ranges::find(option_names, arguments.option);
  if (option == option_names.end()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + arguments.option + "' is no vote: yes, no, abstain or veto");
  }
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const NodeId pool, node_named(session, arguments.pool));
  OORT_TRY(LedgerClient client, open_ledger(session));
  const auto chosen = static_cast<ledger::VoteOption>(option - option_names.begin());
  OORT_TRY(const auto response, client.submit(keys, ledger::VoteCast{arguments.id, pool, chosen}));
  show_submitted(session, response,
                 "voted " + arguments.option + " on proposal " + std::to_string(arguments.id));
  return {};
}

void add_propose(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* made =
      add(group, session, arguments, "propose", "Propose something to the stake", propose);
  made->add_option("KIND", arguments.kind, "text, params, spend or upgrade")->required();
  made->add_option("--key", arguments.key_file, "Key of the proposer, who deposits")->required();
  made->add_option("--text", arguments.text, "Why, for people")->required();
  made->add_option("--deposit", arguments.deposit, "OORT; voted on once enough is there")
      ->required();
  made->add_option("--module", arguments.module,
                   "params: whose; staking, governance, market, storage, or params of the network");
  made->add_option("--set", arguments.settings, "params: NAME=VALUE; may be repeated")
      ->allow_extra_args(false);
  made->add_option("--to", arguments.to, "spend: the receiver, 40 hexadecimal digits");
  made->add_option("--amount", arguments.amount, "spend: OORT from the treasury");
  made->add_option("--name", arguments.upgrade, "upgrade: its name");
  made->add_option("--height", arguments.height, "upgrade: where it begins");
  made->footer(
      "Example: oortd gov propose params --module staking --set emission=20 \\\n"
      "           --text \"more for witnesses\" --deposit 100 --key owner.key");
}

}  // namespace

void add_governance_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* gov = app.add_subcommand("gov", "Proposals and votes by stake")->require_subcommand(1);
  add(gov, session, arguments, "list", "All proposals", list_proposals)
      ->footer("Example: oortd gov list");
  CLI::App* shown =
      add(gov, session, arguments, "show", "One proposal and its ballots", show_proposal);
  shown->add_option("ID", arguments.id, "Its number")->required();
  add(gov, session, arguments, "params", "The parameters in force, by module", show_params)
      ->footer("Example: oortd gov params --json");
  add_propose(gov, session, arguments);
  CLI::App* added =
      add(gov, session, arguments, "deposit", "Add to a deposit that is too small", deposit);
  added->add_option("ID", arguments.id, "The proposal's number")->required();
  added->add_option("--amount", arguments.amount, "OORT")->required();
  added->add_option("--key", arguments.key_file, "Key of who deposits")->required();
  CLI::App* cast =
      add(gov, session, arguments, "vote",
          "Vote with the stake in a pool: its creator for all, delegators for theirs", vote);
  cast->add_option("ID", arguments.id, "The proposal's number")->required();
  cast->add_option("OPTION", arguments.option, "yes, no, abstain or veto")->required();
  cast->add_option("--pool", arguments.pool, "64 digits, or a name such as super-1")->required();
  cast->add_option("--key", arguments.key_file, "Key of the creator or a delegator")->required();
  cast->footer("Example: oortd gov vote 1 yes --pool super-1 --key .devnet/super-1/data/node.key");
}

}  // namespace oort::cli
