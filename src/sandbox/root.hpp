// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

#include "kernel.hpp"
#include "oort/core/result.hpp"
#include "oort/env/sandbox.hpp"

/// The files that a task sees. All of it happens in the mount namespace of the launcher's child.
namespace oort::sandbox {

/// Mounts that are in no tree yet.
struct Sources {
  std::vector<kernel::Fd> layers;
  std::vector<kernel::Fd> mounts;
  std::vector<kernel::Fd> devices;
};

/// What a task may write to, held open so that it outlives the namespace.
struct Spaces {
  kernel::Fd scratch;
  kernel::Fd tmp;
};

/// Copies the mounts of the host that the task will see, read-only, without setuid and devices.
/// Happens under the launcher's own id, to which the host's folders may be open when they are not
/// to the task's.
[[nodiscard]] Result<Sources> open_sources(const env::SandboxTask& task);

/// An empty folder in memory, over /tmp of this namespace, that becomes the current one. `id` owns
/// it.
[[nodiscard]] Result<void> make_stage(uid_t id);
inline constexpr const char* stage_folder = "/tmp";

/// The layers, read-only, at `root` in the stage. What the sandbox provides and the targets of
/// mounts are real folders there whatever the layers hold, for a folder on top of them all names
/// them; so no link of a layer is followed by any mount that comes after.
[[nodiscard]] Result<void> build_root(const env::SandboxTask& task, const Sources& sources);

/// /tmp and /scratch of the task at these folders of the stage, which exist; /scratch/out where
/// outputs are wanted.
[[nodiscard]] Result<Spaces> mount_spaces(const env::SandboxTask& task, uid_t id,
                                          const std::string& tmp, const std::string& scratch);
/// How many names a space of so many bytes takes: the kernel's own data of each is memory too.
[[nodiscard]] std::uint64_t names_for(std::uint64_t bytes) noexcept;
/// Bytes that both hold.
[[nodiscard]] std::uint64_t bytes_held(const Spaces& spaces) noexcept;

/// /proc with what tells of the host covered, at `root/proc`.
[[nodiscard]] Result<void> mount_proc();
/// The six harmless devices and /dev/shm, at `root/dev`.
[[nodiscard]] Result<void> mount_dev(const env::SandboxTask& task, uid_t id,
                                     const Sources& sources);

/// `root` becomes /, and nothing else is left.
[[nodiscard]] Result<void> enter_root();

/// Parts of /proc that tell of the host or change it: not there, and not to be written.
[[nodiscard]] const std::vector<std::string>& masked_paths();
[[nodiscard]] const std::vector<std::string>& read_only_paths();

}  // namespace oort::sandbox
