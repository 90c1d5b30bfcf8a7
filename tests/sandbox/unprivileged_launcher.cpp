// SPDX-License-Identifier: Apache-2.0
// Gives up root for good and becomes the launcher, so that a test that runs as root sees what a
// daemon without it sees. OORT_LAUNCHER is compiled in.
#include <grp.h>
#include <unistd.h>

int main() {
  constexpr unsigned nobody = 65534;
  if (::geteuid() == 0) {
    if (::setgroups(0, nullptr) != 0) return 1;
    if (::setresgid(nobody, nobody, nobody) != 0) return 1;
    if (::setresuid(nobody, nobody, nobody) != 0) return 1;
  }
  ::execl(OORT_LAUNCHER, "oortd-launcher", nullptr);
  return 1;
}
