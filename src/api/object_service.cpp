// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/object.grpc.pb.h>

#include <algorithm>
#include <charconv>

#include "call.hpp"
#include "oort/core/reasons.hpp"
#include "services.hpp"
#include "state_call.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

struct PageBounds {
  std::size_t first = 0;
  std::size_t count_max = 0;
};

/// A token is the index of the first element; listings here are short and rebuilt at every call.
Result<PageBounds> read_page(const v1::PageRequest& request) {
  PageBounds page;
  OORT_TRY(page.count_max, read_page_size(request.page_size()));
  const std::string& token = request.page_token();
  const auto [end, problem] =
      std::from_chars(token.data(), token.data() + token.size(), page.first);
  if (!token.empty() && (problem != std::errc() || end != token.data() + token.size())) {
    return fail(bad_page_token());
  }
  return page;
}

void write_page(const std::vector<MissingShard>& shards, const PageBounds& page,
                v1::ListMissingShardsResponse* out) {
  out->set_total_count(shards.size());
  const std::size_t first = std::min(page.first, shards.size());
  const std::size_t end = std::min(first + page.count_max, shards.size());
  for (std::size_t i = first; i < end; ++i) {
    v1::MissingShard* shard = out->add_shards();
    shard->set_segment(to_field(shards[i].shard.segment.view()));
    shard->set_index(shards[i].shard.index);
    shard->set_node_id(to_field(shards[i].node.view()));
    shard->set_why(shards[i].why);
  }
  if (end < shards.size()) out->set_next_page_token(std::to_string(end));
}

class ObjectService final : public v1::ObjectService::CallbackService {
 public:
  explicit ObjectService(ObjectPort* port) : port_(port) {}

  ServerUnaryReactor* ListBuckets(CallbackServerContext* context,
                                  const v1::ListBucketsRequest* request,
                                  v1::ListBucketsResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("ObjectService"));
    const auto account = read_id<AccountId>("account", request->account());
    if (!account) return refuse(*context, account.error());
    const Consistency consistency =
        request->consistency() == v1::CONSISTENCY_LOCAL ? Consistency::Local : Consistency::Strong;
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->list_buckets(*account, consistency,
                        finish_with<BucketsView>(reactor, [response](const BucketsView& view) {
                          write(view.state, response->mutable_state());
                          for (const BucketView& bucket : view.buckets) {
                            v1::Bucket* out = response->add_buckets();
                            out->set_id(bucket.id.value());
                            out->set_name(bucket.name);
                            out->set_owner(to_field(bucket.owner.view()));
                            out->set_versioning(bucket.versioning);
                            out->set_created_ms(bucket.created.milliseconds);
                          }
                        }));
    return reactor;
  }

  ServerUnaryReactor* ListMissingShards(CallbackServerContext* context,
                                        const v1::ListMissingShardsRequest* request,
                                        v1::ListMissingShardsResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("ObjectService"));
    const auto page = read_page(request->page());
    if (!page) return refuse(*context, page.error());
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->list_missing_shards(finish_with<std::vector<MissingShard>>(
        reactor, [response, page = *page](const std::vector<MissingShard>& shards) {
          write_page(shards, page, response);
        }));
    return reactor;
  }

  ServerUnaryReactor* SealBucketKeys(CallbackServerContext* context,
                                     const v1::SealBucketKeysRequest* request,
                                     v1::SealBucketKeysResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("ObjectService"));
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->seal_bucket_keys(
        request->bucket(),
        finish_with<BucketKeysView>(reactor, [response](const BucketKeysView& keys) {
          response->set_bucket_id(keys.bucket.value());
          response->set_owner(to_field(keys.owner.view()));
          response->set_epoch(keys.epoch);
          for (const auto& [gateway, sealed] : keys.seals) {
            v1::BucketKeySeal* seal = response->add_seals();
            seal->set_gateway(to_field(gateway.view()));
            seal->set_sealed(to_field(sealed));
          }
        }));
    return reactor;
  }

 private:
  ObjectPort* port_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_object_service(ObjectPort* port) {
  return std::make_unique<ObjectService>(port);
}

}  // namespace oort::api
