// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"

/// The operations of S3, one function each. Each is called once, after authentication and with the
/// payload planned, and answers the exchange exactly once.
namespace oort::s3 {

// Service and buckets.
void list_buckets(const ContextPtr& context);
void create_bucket(const ContextPtr& context);
void head_bucket(const ContextPtr& context);
void delete_bucket(const ContextPtr& context);
void get_bucket_location(const ContextPtr& context);
void get_bucket_versioning(const ContextPtr& context);
void put_bucket_versioning(const ContextPtr& context);
/// What is never configured here, answered as S3 answers for what was not configured.
void get_bucket_acl(const ContextPtr& context);
void put_acl(const ContextPtr& context);
void get_unconfigured(const ContextPtr& context);
void get_empty_configuration(const ContextPtr& context);

// Listings.
void list_objects_v1(const ContextPtr& context);
void list_objects_v2(const ContextPtr& context);
void list_object_versions(const ContextPtr& context);

// Objects.
void get_object(const ContextPtr& context);
void head_object(const ContextPtr& context);
void put_object(const ContextPtr& context);
void copy_object(const ContextPtr& context);
void delete_object(const ContextPtr& context);
void delete_objects(const ContextPtr& context);
void get_object_attributes(const ContextPtr& context);
void get_object_acl(const ContextPtr& context);
void get_object_tagging(const ContextPtr& context);
void put_object_tagging(const ContextPtr& context);
void delete_object_tagging(const ContextPtr& context);

// Multipart uploads.
void create_multipart_upload(const ContextPtr& context);
void upload_part(const ContextPtr& context);
void upload_part_copy(const ContextPtr& context);
void complete_multipart_upload(const ContextPtr& context);
void abort_multipart_upload(const ContextPtr& context);
void list_parts(const ContextPtr& context);
void list_multipart_uploads(const ContextPtr& context);

}  // namespace oort::s3
