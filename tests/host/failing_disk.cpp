// SPDX-License-Identifier: Apache-2.0
#include "failing_disk.hpp"

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace oort::host::test {
namespace {

thread_local FailingDisk* current = nullptr;

int fail_with(int number) noexcept {
  errno = number;
  return -1;
}

}  // namespace

FailingDisk::FailingDisk() { current = this; }
FailingDisk::~FailingDisk() { current = nullptr; }

}  // namespace oort::host::test

using oort::host::test::current;
using oort::host::test::fail_with;

// These take the place of the C library's functions of the same names.
extern "C" {

int fsync(int fd) {
  if (current != nullptr && current->sync_error != 0) return fail_with(current->sync_error);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  if (current != nullptr && current->sync_error != 0) return fail_with(current->sync_error);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

int ftruncate(int fd, off_t size) noexcept {
  if (current != nullptr && current->truncate_error != 0) {
    return fail_with(current->truncate_error);
  }
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  if (current != nullptr && current->write_error != 0) {
    if (current->bytes_left == 0) return fail_with(current->write_error);
    size = std::min(size, current->bytes_left);
    current->bytes_left -= size;
  }
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

}  // extern "C"
