// SPDX-License-Identifier: Apache-2.0
#include "oort/host/service.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv is POSIX.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "temp_folder.hpp"

namespace oort::host {
namespace {

/// The manager's end of the socket that NOTIFY_SOCKET names.
class FakeSupervisor {
 public:
  FakeSupervisor() : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    const std::string path = (folder_.path() / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~FakeSupervisor() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(fd_);
  }
  FakeSupervisor(const FakeSupervisor&) = delete;
  FakeSupervisor& operator=(const FakeSupervisor&) = delete;

  std::string heard() const {
    std::array<char, 512> buffer{};
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

 private:
  oort::test::TempFolder folder_;
  int fd_;
};

TEST(Service, TellsTheManagerWhatHappens) {
  const FakeSupervisor manager;
  service::ready("height 12");
  EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=height 12");
  service::status("catching up");
  EXPECT_EQ(manager.heard(), "STATUS=catching up");
  service::reloading();
  EXPECT_TRUE(manager.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  service::alive();
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
  service::stopping();
  EXPECT_EQ(manager.heard(), "STOPPING=1");
}

TEST(Service, KnowsHowOftenTheManagerLooks) {
  const FakeSupervisor manager;
  EXPECT_EQ(service::watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  EXPECT_EQ(service::watchdog_interval(), Duration(3s));
}

TEST(Service, DoesNothingWithoutAManager) {
  service::ready("alone");
  service::alive();
  EXPECT_EQ(service::watchdog_interval(), std::nullopt);
}

}  // namespace
}  // namespace oort::host
