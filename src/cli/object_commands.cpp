// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/object.grpc.pb.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "bucket_keys.hpp"
#include "client.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr Duration deadline = 10s;

Result<void> list_buckets(const Session& session, const std::string& key_file) {
  OORT_TRY(const crypto::KeyPair keys, load_key(key_file));
  OORT_TRY(const std::string endpoint, session.endpoint());
  const auto stub = v1::ObjectService::NewStub(connect(endpoint));
  v1::ListBucketsRequest request;
  request.set_account(std::string(as_text(crypto::account_of(keys.public_key()).view())));
  OORT_TRY(const auto response,
           call<v1::ListBucketsResponse>(endpoint, deadline, *stub,
                                         &v1::ObjectService::Stub::ListBuckets, request));
  Json buckets = Json::array();
  std::vector<std::vector<std::string>> rows = {{"NAME", "ID", "VERSIONING"}};
  for (const v1::Bucket& bucket : response.buckets()) {
    buckets.push_back({{"name", bucket.name()},
                       {"id", bucket.id()},
                       {"versioning", bucket.versioning()},
                       {"created_ms", bucket.created_ms()}});
    rows.push_back({bucket.name(), std::to_string(bucket.id()), bucket.versioning()});
  }
  session.show({{"buckets", buckets}, {"height", response.state().height()}},
               [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> list_missing(const Session& session) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  const auto stub = v1::ObjectService::NewStub(connect(endpoint));
  Json shards = Json::array();
  std::vector<std::vector<std::string>> rows = {{"SEGMENT", "SHARD", "NODE", "WHY"}};
  v1::ListMissingShardsRequest request;
  request.mutable_page()->set_page_size(1000);
  do {
    OORT_TRY(const auto response,
             call<v1::ListMissingShardsResponse>(
                 endpoint, deadline, *stub, &v1::ObjectService::Stub::ListMissingShards, request));
    for (const v1::MissingShard& shard : response.shards()) {
      const std::string segment = hex_of(shard.segment());
      const std::string node = hex_of(shard.node_id());
      shards.push_back({{"segment", segment},
                        {"index", shard.index()},
                        {"node_id", node},
                        {"why", shard.why()}});
      rows.push_back(
          {segment.substr(0, 16), std::to_string(shard.index()), node.substr(0, 16), shard.why()});
    }
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  session.show({{"missing_shards", shards}}, [&] {
    if (shards.empty()) {
      std::puts("no shard is missing");
    } else {
      std::fputs(columns(rows).c_str(), stdout);
    }
  });
  return {};
}

Result<void> add_keys(const Session& session, const std::string& key_file,
                      const std::string& bucket, const std::string& gateway) {
  OORT_TRY(const crypto::KeyPair keys, load_key(key_file));
  OORT_TRY(const NodeId node, parse_node(gateway));
  OORT_TRY(const auto response, share_bucket(session, keys, bucket, node));
  show_submitted(session, response, "gateway " + gateway + " can open bucket " + bucket);
  return {};
}

void add_bucket_keys_commands(CLI::App& bucket, Session& session, std::string& key_file) {
  static std::string name;
  static std::string gateway;
  CLI::App* keys =
      bucket.add_subcommand("keys", "Which gateways can open a bucket")->require_subcommand(1);
  CLI::App* added =
      keys->add_subcommand("add", "Give a bucket's key to a gateway that was granted later");
  added->add_option("--key", key_file, "Key file of the bucket's owner")->required();
  added->add_option("--gateway", gateway, "Its node id, 64 digits")->required();
  added->add_option("BUCKET", name, "The bucket's name")->required();
  added->footer("Ask through a gateway that can open the bucket: --grpc HOST:PORT");
  added->callback([&session, &key_file] {
    session.action = [&session, &key_file] { return add_keys(session, key_file, name, gateway); };
  });
}

}  // namespace

void add_object_commands(CLI::App& app, Session& session) {
  static std::string key_file;
  CLI::App* bucket = app.add_subcommand("bucket", "Buckets")->require_subcommand(1);
  CLI::App* listed = bucket->add_subcommand("list", "Buckets of an account");
  listed->add_option("--key", key_file, "Key file of the account")->required();
  listed->callback(
      [&session] { session.action = [&session] { return list_buckets(session, key_file); }; });

  add_bucket_keys_commands(*bucket, session, key_file);

  CLI::App* segment = app.add_subcommand("segment", "Segments")->require_subcommand(1);
  CLI::App* missing = segment->add_subcommand("missing", "Shards that no live node holds");
  missing->callback([&session] { session.action = [&session] { return list_missing(session); }; });
}

}  // namespace oort::cli
