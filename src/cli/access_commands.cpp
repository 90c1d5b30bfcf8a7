// SPDX-License-Identifier: Apache-2.0
#include "access_key.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bucket_keys.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  std::string key_file;
  std::string id;
  std::vector<std::string> gateways;
  std::vector<std::uint64_t> buckets;
  bool is_read_only = false;
  std::string gateway;
  std::uint64_t bytes_max = 0;
  std::uint64_t grant = 0;
};

Result<void> create_access_key(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  std::vector<NodeId> gateways;
  for (const std::string& text : arguments.gateways) {
    OORT_TRY(const NodeId node, parse_node(text));
    gateways.push_back(node);
  }
  const NewAccessKey made = new_access_key(session.random());
  OORT_TRY(auto seals, seal_secret(made.secret, std::move(gateways)));
  ledger::AccessKeyCreate operation;
  operation.id = made.id;
  operation.secrets = std::move(seals);
  const std::set<std::uint64_t> buckets(arguments.buckets.begin(), arguments.buckets.end());
  operation.buckets = std::vector<BucketId>(buckets.begin(), buckets.end());
  if (arguments.is_read_only) {
    operation.operations = static_cast<std::uint32_t>(ledger::GrantedOperation::ReadObject);
  }
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  const Json value = {{"access_key_id", made.id},
                      {"secret_access_key", made.secret},
                      {"transaction_id", hex_of(response.transaction_id())}};
  session.show(value, [&] {
    std::printf("AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", made.id.c_str(),
                made.secret.c_str());
  });
  return {};
}

Result<void> delete_access_key(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, ledger::AccessKeyDelete{.id = arguments.id}));
  show_submitted(session, response, "deleted access key " + arguments.id);
  return {};
}

struct SharedBucket {
  std::string name;
  /// Why the gateway cannot open it yet; empty when it can.
  std::string why;
};

/// A grant lets a gateway act; to read, it needs the key of each bucket that is there already. One
/// bucket that cannot be shared from here is no failure of the grant.
Result<std::vector<SharedBucket>> share_buckets(const Session& session,
                                                const crypto::KeyPair& owner,
                                                const NodeId& gateway) {
  auto names = buckets_of(session, crypto::account_of(owner.public_key()));
  if (!names) return fail(std::move(names).error().with("granted, but no bucket was shared"));
  std::vector<SharedBucket> buckets;
  for (const std::string& name : *names) {
    const auto response = share_bucket(session, owner, name, gateway);
    buckets.push_back({name, response ? "" : response.error().to_string()});
  }
  return buckets;
}

void say_granted(const std::string& gateway, const std::vector<SharedBucket>& buckets) {
  std::printf("granted all operations to gateway %s\n", gateway.c_str());
  for (const SharedBucket& bucket : buckets) {
    if (bucket.why.empty()) {
      std::printf("it can open bucket %s\n", bucket.name.c_str());
      continue;
    }
    std::printf(
        "it cannot open bucket %s yet: %s\n"
        "  ask a gateway that can: oortd bucket keys add %s --key … --gateway %s --grpc …\n",
        bucket.name.c_str(), bucket.why.c_str(), bucket.name.c_str(), gateway.c_str());
  }
}

Result<void> create_grant(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const NodeId gateway, parse_node(arguments.gateway));
  ledger::GrantCreate operation;
  operation.gateway = crypto::account_of(crypto::key_of(gateway));
  operation.operations = ledger::granted_operations_all;
  operation.bytes_max = arguments.bytes_max;
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  OORT_TRY(const auto buckets, share_buckets(session, keys, gateway));
  Json shared = Json::array();
  for (const SharedBucket& bucket : buckets) {
    shared.push_back(
        {{"name", bucket.name}, {"is_shared", bucket.why.empty()}, {"why", bucket.why}});
  }
  session.show({{"transaction_id", hex_of(response.transaction_id())},
                {"height", response.receipt().height()},
                {"index", response.receipt().index()},
                {"fee", response.receipt().fee()},
                {"buckets", shared}},
               [&] { say_granted(arguments.gateway, buckets); });
  return {};
}

Result<void> revoke_grant(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response,
           client.submit(keys, ledger::GrantRevoke{.grant = ledger::GrantId(arguments.grant)}));
  show_submitted(session, response, "revoked grant " + std::to_string(arguments.grant));
  return {};
}

void add_grant_commands(CLI::App& app, Session& session, Arguments& arguments) {
  CLI::App* grant =
      app.add_subcommand("grant", "What a gateway may do for you")->require_subcommand(1);
  CLI::App* made = grant->add_subcommand("create", "Trust a gateway with your buckets");
  made->add_option("--key", arguments.key_file, "Your key file")->required();
  made->add_option("--gateway", arguments.gateway, "Its node id, 64 digits")->required();
  made->add_option("--bytes-max", arguments.bytes_max, "Most bytes it may commit; 0: no limit");
  made->callback([&session, &arguments] {
    session.action = [&] { return create_grant(session, arguments); };
  });
  CLI::App* revoked = grant->add_subcommand("revoke", "End a grant");
  revoked->add_option("--key", arguments.key_file, "Your key file")->required();
  revoked->add_option("GRANT", arguments.grant, "Its number")->required();
  revoked->callback([&session, &arguments] {
    session.action = [&] { return revoke_grant(session, arguments); };
  });
}

}  // namespace

void add_access_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* access =
      app.add_subcommand("accesskey", "Credentials of the S3 door")->require_subcommand(1);
  CLI::App* made = access->add_subcommand("create", "Make a credential; its secret is shown once");
  made->add_option("--key", arguments.key_file, "Your key file")->required();
  made->add_option("--gateway", arguments.gateways,
                   "Node ids of the gateways that may accept it, 64 digits each")
      ->required();
  made->add_option("--bucket", arguments.buckets,
                   "It is for this bucket alone, by its number in `oortd bucket list`; may be "
                   "given again");
  made->add_flag("--read-only", arguments.is_read_only, "It reads and lists, and nothing else");
  made->footer("Example: oortd accesskey create --key alice.key --gateway 3d40…660c");
  made->callback([&session] {
    session.action = [&session] { return create_access_key(session, arguments); };
  });
  CLI::App* deleted = access->add_subcommand("delete", "End a credential");
  deleted->add_option("--key", arguments.key_file, "Your key file")->required();
  deleted->add_option("ID", arguments.id, "The AWS_ACCESS_KEY_ID")->required();
  deleted->callback([&session] {
    session.action = [&session] { return delete_access_key(session, arguments); };
  });
  add_grant_commands(app, session, arguments);
}

}  // namespace oort::cli
