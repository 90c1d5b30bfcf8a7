// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/object/object_store.hpp"

namespace oort::node {

/// An object of a job, and by what right a broker touches it: the job's payer has granted the
/// gateway its buckets, and has signed the specification that names the object.
struct JobObject {
  AccountId payer;
  /// "s3://bucket/name".
  std::string uri;
  /// Hash of the specification; stands in the ledger's operation as its authority.
  Bytes32 spec;
};

/// What a broker needs of storage. Threads: any; answers may come on any.
class JobObjects {
 public:
  virtual ~JobObjects() = default;
  /// Exactly `size` bytes from `offset` on. Fails as `ObjectStore::get` and its reader, and with
  /// INVALID_RANGE where the object is shorter.
  virtual void read(const JobObject& object, std::uint64_t offset, std::uint64_t size,
                    Callback<Result<Bytes>> done) = 0;
  /// In place of what is there. Fails as `ObjectStore::put` and its writer.
  virtual void write(const JobObject& object, Bytes bytes, Callback<Result<void>> done) = 0;
};

/// Through the node's own gateway, which outlives this.
class GatewayObjects final : public JobObjects {
 public:
  explicit GatewayObjects(object::ObjectStore& store) noexcept : store_(store) {}
  void read(const JobObject& object, std::uint64_t offset, std::uint64_t size,
            Callback<Result<Bytes>> done) override;
  void write(const JobObject& object, Bytes bytes, Callback<Result<void>> done) override;

 private:
  object::ObjectStore& store_;
};

}  // namespace oort::node
