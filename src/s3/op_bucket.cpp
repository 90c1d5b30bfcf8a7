// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "headers.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/base64.hpp"
#include "oort/s3/xml.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

using object::BucketSummary;

/// Runs `then` with the bucket when it exists and the caller may see it.
template <class Then>
void with_bucket(const ContextPtr& context, Then then) {
  context->store().head_bucket(
      context->caller(), context->bucket(),
      [context, moved = std::move(then)](Result<BucketSummary> found) mutable {
        if (!found) return context->fail_with(found.error());
        moved(*found);
      });
}

void write_owner(XmlWriter& xml, const AccountId& account) {
  xml.open("Owner").leaf("ID", account.hex()).leaf("DisplayName", account.short_hex());
  xml.close("Owner");
}

std::string acl_of(const AccountId& account) {
  XmlWriter xml;
  xml.root("AccessControlPolicy");
  write_owner(xml, account);
  xml.open("AccessControlList").open("Grant");
  xml.raw(R"(<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" )"
          R"(xsi:type="CanonicalUser">)");
  xml.leaf("ID", account.hex()).leaf("DisplayName", account.short_hex()).close("Grantee");
  xml.leaf("Permission", "FULL_CONTROL");
  xml.close("Grant").close("AccessControlList").close("AccessControlPolicy");
  return xml.take();
}

/// What S3 answers when a sub-resource was never configured.
struct Unconfigured {
  std::string_view parameter;
  std::string_view code;
  std::string_view message;
};
constexpr std::array unconfigured = {
    Unconfigured{"policy", "NoSuchBucketPolicy", "The bucket policy does not exist"},
    Unconfigured{"policyStatus", "NoSuchBucketPolicy", "The bucket policy does not exist"},
    Unconfigured{"cors", "NoSuchCORSConfiguration", "The CORS configuration does not exist"},
    Unconfigured{"lifecycle", "NoSuchLifecycleConfiguration",
                 "The lifecycle configuration does not exist"},
    Unconfigured{"tagging", "NoSuchTagSet", "The TagSet does not exist"},
    Unconfigured{"website", "NoSuchWebsiteConfiguration",
                 "The specified bucket does not have a website configuration"},
    Unconfigured{"object-lock", "ObjectLockConfigurationNotFoundError",
                 "Object Lock configuration does not exist for this bucket"},
    Unconfigured{"replication", "ReplicationConfigurationNotFoundError",
                 "The replication configuration was not found"},
    Unconfigured{"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration",
                 "The public access block configuration was not found"},
    Unconfigured{"ownershipControls", "OwnershipControlsNotFoundError",
                 "The bucket ownership controls were not found"},
};

}  // namespace

void list_buckets(const ContextPtr& context) {
  const auto count_max = read_number(*context, "max-buckets", 10'000, 10'000);
  if (!count_max) return context->fail_with(count_max.error());
  const auto after = from_base64(context->parameter("continuation-token"));
  if (!after) {
    return context->fail_with({"InvalidArgument", 400},
                              "The continuation token provided is incorrect");
  }
  context->store().list_buckets(context->caller(),
                                [context, count = *count_max, after = std::string(as_text(*after))](
                                    Result<std::vector<BucketSummary>> buckets) {
                                  if (!buckets) return context->fail_with(buckets.error());
                                  const std::string_view prefix = context->parameter("prefix");
                                  XmlWriter xml;
                                  xml.root("ListAllMyBucketsResult");
                                  write_owner(xml, context->caller().account);
                                  xml.open("Buckets");
                                  std::uint64_t written = 0;
                                  std::string last;
                                  bool is_truncated = false;
                                  for (const BucketSummary& bucket : *buckets) {
                                    if (!bucket.name.starts_with(prefix) || bucket.name <= after)
                                      continue;
                                    is_truncated = written == count;
                                    if (is_truncated) break;
                                    ++written;
                                    last = bucket.name;
                                    xml.open("Bucket").leaf("Name", bucket.name);
                                    xml.leaf("CreationDate", http::to_iso_date(bucket.created));
                                    if (!bucket.region.empty())
                                      xml.leaf("BucketRegion", bucket.region);
                                    xml.close("Bucket");
                                  }
                                  xml.close("Buckets");
                                  if (is_truncated)
                                    xml.leaf("ContinuationToken", to_base64(as_bytes(last)));
                                  if (!prefix.empty()) xml.leaf("Prefix", prefix);
                                  context->respond_xml(xml.close("ListAllMyBucketsResult").take());
                                });
}

void create_bucket(const ContextPtr& context) {
  auto checked = check_bucket_name(context->bucket());
  if (checked) checked = check_write_headers(*context);
  if (!checked) return context->fail_with(checked.error());
  const std::string_view ownership = context->header("x-amz-object-ownership");
  const bool wants_lock = context->header("x-amz-bucket-object-lock-enabled") == "true";
  if (wants_lock || (!ownership.empty() && ownership != "BucketOwnerEnforced")) {
    return context->fail_with({"NotImplemented", 501},
                              "object lock and ACLs by object owners are not supported");
  }
  context->payload().collect(xml_bytes_max, [context](Result<std::string> body) {
    if (!body) return context->fail_with(body.error());
    const auto location = parse_create_bucket(*body);
    if (!location) return context->fail_with(location.error());
    const std::string& region = context->options().region;
    if (!location->empty() && !region.empty() && *location != region) {
      return context->fail_with(
          {"IllegalLocationConstraintException", 400},
          "The location '" + *location + "' is not here; this endpoint serves '" + region + "'");
    }
    context->store().create_bucket(context->caller(), context->bucket(),
                                   [context](Result<BucketSummary> made) {
                                     if (!made) return context->fail_with(made.error());
                                     http::ResponseHead head = context->head(200);
                                     head.add("Location", "/" + context->bucket());
                                     context->respond(std::move(head));
                                   });
  });
}

void head_bucket(const ContextPtr& context) {
  with_bucket(context, [context](const BucketSummary& bucket) {
    http::ResponseHead head = context->head(200);
    const std::string& region = context->options().region;
    head.add("x-amz-bucket-region", bucket.region.empty() ? region : bucket.region);
    context->respond(std::move(head));
  });
}

void delete_bucket(const ContextPtr& context) {
  context->store().delete_bucket(context->caller(), context->bucket(),
                                 [context](Result<void> removed) {
                                   if (!removed) return context->fail_with(removed.error());
                                   context->respond(context->head(204));
                                 });
}

void get_bucket_location(const ContextPtr& context) {
  with_bucket(context, [context](const BucketSummary& bucket) {
    std::string region = bucket.region.empty() ? context->options().region : bucket.region;
    // For the first of all regions S3 has always answered with nothing.
    if (region == "us-east-1") region.clear();
    std::string escaped;
    append_xml_escaped(escaped, region);
    XmlWriter xml;
    xml.root("LocationConstraint");
    context->respond_xml(xml.raw(escaped).close("LocationConstraint").take());
  });
}

void get_bucket_versioning(const ContextPtr& context) {
  with_bucket(context, [context](const BucketSummary& bucket) {
    XmlWriter xml;
    xml.root("VersioningConfiguration");
    if (bucket.versioning == object::Versioning::Enabled) {
      xml.leaf("Status", "Enabled");
    }
    if (bucket.versioning == object::Versioning::Suspended) {
      xml.leaf("Status", "Suspended");
    }
    context->respond_xml(xml.close("VersioningConfiguration").take());
  });
}

void put_bucket_versioning(const ContextPtr& context) {
  context->payload().collect(xml_bytes_max, [context](Result<std::string> body) {
    if (!body) return context->fail_with(body.error());
    const auto versioning = parse_versioning(*body);
    if (!versioning) return context->fail_with(versioning.error());
    context->store().set_versioning(context->caller(), context->bucket(), *versioning,
                                    [context](Result<void> set) {
                                      if (!set) return context->fail_with(set.error());
                                      context->respond(context->head(200));
                                    });
  });
}

void get_bucket_acl(const ContextPtr& context) {
  with_bucket(context, [context](const BucketSummary& bucket) {
    context->respond_xml(acl_of(bucket.owner));
  });
}

void get_object_acl(const ContextPtr& context) {
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  context->store().head(std::move(*ref), [context](Result<object::ObjectMeta> meta) {
    if (!meta) return context->fail_with(meta.error());
    context->respond_xml(acl_of(meta->owner));
  });
}

void put_acl(const ContextPtr& context) {
  // "private" is what everything is already; any other wish would change something.
  const auto checked = check_write_headers(*context);
  if (!checked) return context->fail_with(checked.error());
  if (context->header("x-amz-acl").empty()) {
    return context->fail_with({"NotImplemented", 501},
                              "ACLs are not supported: the owner alone has access");
  }
  if (context->key().empty()) {
    return with_bucket(context,
                       [context](const BucketSummary&) { context->respond(context->head(200)); });
  }
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  context->store().head(std::move(*ref), [context](Result<object::ObjectMeta> meta) {
    if (!meta) return context->fail_with(meta.error());
    if (meta->owner != context->caller().account) {
      return context->fail_with({"AccessDenied", 403}, "the object is another account's");
    }
    context->respond(context->head(200));
  });
}

void get_unconfigured(const ContextPtr& context) {
  with_bucket(context, [context](const BucketSummary&) {
    for (const Unconfigured& candidate : unconfigured) {
      if (!context->has(candidate.parameter)) continue;
      return context->fail_with({candidate.code, 404}, std::string(candidate.message));
    }
    context->fail_with({"NotImplemented", 501}, "This sub-resource is not supported");
  });
}

void get_empty_configuration(const ContextPtr& context) {
  with_bucket(context, [context](const BucketSummary&) {
    XmlWriter xml;
    if (context->has("notification")) {
      xml.root("NotificationConfiguration").close("NotificationConfiguration");
    } else if (context->has("logging")) {
      xml.root("BucketLoggingStatus").close("BucketLoggingStatus");
    } else if (context->has("accelerate")) {
      xml.root("AccelerateConfiguration").close("AccelerateConfiguration");
    } else {
      xml.root("RequestPaymentConfiguration").leaf("Payer", "BucketOwner");
      xml.close("RequestPaymentConfiguration");
    }
    context->respond_xml(xml.take());
  });
}

}  // namespace oort::s3
