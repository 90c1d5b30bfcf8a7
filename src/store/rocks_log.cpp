// SPDX-License-Identifier: Apache-2.0
#include "rocks_log.hpp"

#include <rocksdb/env.h>

#include <array>
#include <cstdarg>
#include <cstdio>

#include "oort/core/log.hpp"

namespace oort::store {
namespace {

class RocksLog final : public rocksdb::Logger {
 public:
  RocksLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    write(log::Level::Debug, format, arguments);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel()) return;
    write(level >= rocksdb::InfoLogLevel::ERROR_LEVEL ? log::Level::Error : log::Level::Warn,
          format, arguments);
  }

 private:
  __attribute__((format(printf, 2, 0))) static void write(log::Level level, const char* format,
                                                          va_list arguments) {
    std::array<char, 1024> text{};
    const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (size > 0) log::write(level, "store", "database", {{"text", text.data()}});
  }
};

}  // namespace

std::shared_ptr<rocksdb::Logger> rocks_log() { return std::make_shared<RocksLog>(); }

}  // namespace oort::store
