// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Makes the calls of this thread to the disk fail; the calls themselves are replaced at link time
/// in this test binary alone.
namespace oort::host::test {

struct FailingDisk {
  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  /// errno of the next fsync and fdatasync calls; 0: they work.
  int sync_error = 0;
  /// errno of pwrite once `bytes_left` are written; the write that crosses the border is cut.
  int write_error = 0;
  unsigned long bytes_left = 0;
  /// errno of ftruncate.
  int truncate_error = 0;
};

}  // namespace oort::host::test
