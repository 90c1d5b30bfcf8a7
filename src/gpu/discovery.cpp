// SPDX-License-Identifier: Apache-2.0
// The driver's functions by their names in NVML 12 and CUDA 12; no header of theirs is needed.
#include "oort/gpu/discovery.hpp"

#include <dlfcn.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "oort/core/reasons.hpp"

namespace oort::gpu {
namespace {

using DeviceHandle = void*;
struct MemorySizes {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};

constexpr int success = 0;
constexpr int not_supported = 3;
constexpr int is_lost = 15;
constexpr int uncorrected_errors = 1;
constexpr int since_last_start = 0;
constexpr std::size_t text_bytes = 96;

/// A library that is open for as long as this lives. GD3
class Library {
 public:
  explicit Library(const std::filesystem::path& path)
      : handle_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {}
  ~Library() {
    if (handle_ != nullptr) ::dlclose(handle_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }
  /// Null where it lacks the function.
  template <class Function>
  [[nodiscard]] Function* find(const char* name) const noexcept {
    return reinterpret_cast<Function*>(::dlsym(handle_, name));
  }

 private:
  void* handle_;
};

struct Nvml {
  // Without these there is nothing to tell.
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*handle)(unsigned, DeviceHandle*) = nullptr;
  int (*name)(DeviceHandle, char*, unsigned) = nullptr;
  int (*memory)(DeviceHandle, MemorySizes*) = nullptr;
  // These are done without.
  int (*driver_version)(char*, unsigned) = nullptr;
  int (*cuda_version)(int*) = nullptr;
  int (*uuid)(DeviceHandle, char*, unsigned) = nullptr;
  int (*capability)(DeviceHandle, int*, int*) = nullptr;
  int (*errors)(DeviceHandle, int, int, unsigned long long*) = nullptr;
};

template <class Function>
void want(const Library& library, const char* name, Function*& function,
          std::vector<std::string>& missing) {
  function = library.find<Function>(name);
  if (function == nullptr) missing.emplace_back(name);
}

Result<Nvml> bind(const Library& library, std::vector<std::string>& missing) {
  Nvml nvml;
  std::vector<std::string> needed;
  want(library, "nvmlInit_v2", nvml.init, needed);
  want(library, "nvmlShutdown", nvml.shutdown, needed);
  want(library, "nvmlDeviceGetCount_v2", nvml.count, needed);
  want(library, "nvmlDeviceGetHandleByIndex_v2", nvml.handle, needed);
  want(library, "nvmlDeviceGetName", nvml.name, needed);
  want(library, "nvmlDeviceGetMemoryInfo", nvml.memory, needed);
  if (!needed.empty()) {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "the driver's NVML has no " + needed.front());
  }
  want(library, "nvmlSystemGetDriverVersion", nvml.driver_version, missing);
  want(library, "nvmlSystemGetCudaDriverVersion_v2", nvml.cuda_version, missing);
  want(library, "nvmlDeviceGetUUID", nvml.uuid, missing);
  want(library, "nvmlDeviceGetCudaComputeCapability", nvml.capability, missing);
  want(library, "nvmlDeviceGetTotalEccErrors", nvml.errors, missing);
  return nvml;
}

/// Shuts the driver down at the end. GD3
class Session {
 public:
  explicit Session(const Nvml& nvml) : nvml_(nvml), code_(nvml.init()) {}
  ~Session() {
    if (code_ == success) static_cast<void>(nvml_.shutdown());
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  const Nvml& nvml_;
  int code_;
};

/// Text that `ask` writes, or nothing where it fails.
template <class Ask>
std::string text_of(Ask ask) {
  std::array<char, text_bytes> text{};
  if (ask(text.data(), static_cast<unsigned>(text.size() - 1)) != success) return {};
  return text.data();
}

void degrade(FoundDevice& device, std::string why) {
  if (device.health != Health::Good) return;
  device.health = Health::Degraded;
  device.why = std::move(why);
}

/// Takes note of a call that should have worked. Whether it did.
bool worked(FoundDevice& device, int code, const char* what) {
  if (code == success) return true;
  if (code == is_lost) {
    device.health = Health::Lost;
    device.why = "the device has fallen off the bus";
  } else {
    degrade(device, std::string(what) + ": the driver says " + std::to_string(code));
  }
  return false;
}

FoundDevice look_at(const Nvml& nvml, unsigned index) {
  FoundDevice device;
  device.index = index;
  DeviceHandle handle = nullptr;
  if (!worked(device, nvml.handle(index, &handle), "opening it")) return device;
  device.name = text_of([&](char* text, unsigned size) { return nvml.name(handle, text, size); });
  if (device.name.empty()) degrade(device, "it has no name");
  if (nvml.uuid != nullptr) {
    device.uuid = text_of([&](char* text, unsigned size) { return nvml.uuid(handle, text, size); });
  }
  MemorySizes memory;
  if (worked(device, nvml.memory(handle, &memory), "asking for its memory")) {
    device.memory_bytes = memory.total;
  }
  int major = 0;
  int minor = 0;
  if (nvml.capability != nullptr && nvml.capability(handle, &major, &minor) == success) {
    device.compute_capability = static_cast<std::uint16_t>(10 * major + minor);
  }
  unsigned long long errors = 0;
  if (nvml.errors == nullptr) return device;
  const int code = nvml.errors(handle, uncorrected_errors, since_last_start, &errors);
  // Many devices have no such memory.
  if (code == not_supported || !worked(device, code, "asking for memory errors")) return device;
  if (errors > 0) degrade(device, std::to_string(errors) + " uncorrected memory errors");
  return device;
}

/// Why CUDA cannot be used; empty where it can.
std::string trouble_of_cuda(const std::filesystem::path& path, std::size_t devices_count) {
  const Library library(path);
  if (!library.is_open()) return "there is no library of CUDA";
  auto* const init = library.find<int(unsigned)>("cuInit");
  auto* const count = library.find<int(int*)>("cuDeviceGetCount");
  if (init == nullptr || count == nullptr) return "the library of CUDA lacks its functions";
  if (const int code = init(0); code != success) {
    return "CUDA does not start: the driver says " + std::to_string(code);
  }
  int found = 0;
  if (const int code = count(&found); code != success) {
    return "CUDA cannot count devices: the driver says " + std::to_string(code);
  }
  if (found <= 0 || static_cast<std::size_t>(found) < devices_count) {
    return "CUDA sees " + std::to_string(found) + " devices";
  }
  return {};
}

}  // namespace

const char* to_string(Health health) noexcept {
  switch (health) {
    case Health::Good: return "good";
    case Health::Degraded: return "degraded";
    case Health::Lost: return "lost";
  }
  return "lost";
}

Result<Found> discover(const Libraries& libraries) {
  const Library library(libraries.nvml);
  if (!library.is_open()) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "there is no " + libraries.nvml.string() + ": no NVIDIA driver");
  }
  Found found;
  OORT_TRY(const Nvml nvml, bind(library, found.missing));
  const Session session(nvml);
  if (session.code() != success) {
    return fail(ErrorCode::Unavailable, reason::not_ready,
                "the NVIDIA driver does not start and says " + std::to_string(session.code()));
  }
  if (nvml.driver_version != nullptr) found.driver_version = text_of(nvml.driver_version);
  int version = 0;
  if (nvml.cuda_version != nullptr && nvml.cuda_version(&version) == success && version > 0) {
    found.cuda_version = static_cast<std::uint32_t>(version);
  }
  unsigned count = 0;
  if (const int code = nvml.count(&count); code != success) {
    return fail(ErrorCode::Unavailable, reason::not_ready,
                "the NVIDIA driver cannot count its devices and says " + std::to_string(code));
  }
  for (unsigned index = 0; index < count; ++index) found.devices.push_back(look_at(nvml, index));
  if (found.devices.empty()) return found;
  const std::string trouble = trouble_of_cuda(libraries.cuda, found.devices.size());
  if (trouble.empty()) return found;
  for (FoundDevice& device : found.devices) degrade(device, trouble);
  return found;
}

}  // namespace oort::gpu
