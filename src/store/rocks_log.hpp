// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace rocksdb {
class Logger;
}

namespace oort::store {

/// RocksDB's own messages, warnings and worse, into our log.
[[nodiscard]] std::shared_ptr<rocksdb::Logger> rocks_log();

}  // namespace oort::store
