// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "context.hpp"
#include "oort/s3/xml.hpp"

namespace oort::s3 {

/// Carries the body of a request into a writer, one piece at a time, and finishes it only after
/// every check of the body passed (S3). Owners: its callbacks in flight.
class BodyUpload : public std::enable_shared_from_this<BodyUpload> {
 public:
  BodyUpload(ContextPtr context, std::unique_ptr<object::ObjectWriter> writer, object::PutEnd known,
             Callback<Result<object::PutResult>> done)
      : context_(std::move(context)),
        writer_(std::move(writer)),
        known_(std::move(known)),
        done_(std::move(done)) {}
  void step();

 private:
  void finish();
  void end(Result<object::PutResult> result);

  ContextPtr context_;
  std::unique_ptr<object::ObjectWriter> writer_;
  object::PutEnd known_;
  Callback<Result<object::PutResult>> done_;
};

/// The size of the body. MISSING_LENGTH, TOO_LARGE.
[[nodiscard]] Result<std::uint64_t> require_size(Context& context, std::uint64_t max);

/// Looks at the source of a copy and judges its conditions; answers the request itself when the
/// copy must not go on.
void with_copy_source(const ContextPtr& context, object::ObjectRef source,
                      Callback<object::ObjectMeta> done);

/// `ChecksumCRC32` and its kin, with their type.
void write_checksums(XmlWriter& xml, const std::vector<object::Checksum>& checksums,
                     std::uint32_t parts_count);

}  // namespace oort::s3
