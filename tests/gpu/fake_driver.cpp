// SPDX-License-Identifier: Apache-2.0
// The functions of NVML and CUDA that discovery asks for, of a machine that never was. Which one is
// said by OORT_FAKE_…, one library for each; the environment has no say.
#include <cstdio>

#ifndef OORT_FAKE_INIT
#define OORT_FAKE_INIT 0
#endif
#ifndef OORT_FAKE_COUNT_CODE
#define OORT_FAKE_COUNT_CODE 0
#endif
#ifndef OORT_FAKE_DEVICES
#define OORT_FAKE_DEVICES 2U
#endif
#ifndef OORT_FAKE_CUDA
#define OORT_FAKE_CUDA 0
#endif

namespace {

// Session that is open; asking outside of one is an error, as the real one says.
int sessions = 0;
int devices[8] = {};
constexpr int uninitialised = 1;

}  // namespace

extern "C" {

struct FakeMemory {
  unsigned long long total, free, used;
};

int nvmlInit_v2() {
  if (OORT_FAKE_INIT == 0) ++sessions;
  return OORT_FAKE_INIT;
}
int nvmlShutdown() {
  --sessions;
  return 0;
}
/// For the test: sessions that nobody closed.
int oort_fake_sessions() { return sessions; }

int nvmlDeviceGetCount_v2(unsigned* count) {
  if (sessions == 0) return uninitialised;
  *count = OORT_FAKE_DEVICES;
  return OORT_FAKE_COUNT_CODE;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
#ifdef OORT_FAKE_LOST
  if (index == 0) return 15;
#endif
  *handle = &devices[index];
  devices[index] = static_cast<int>(index);
  return 0;
}
int nvmlDeviceGetName(void* handle, char* text, unsigned size) {
  std::snprintf(text, size, "Fake H%d", 200 + *static_cast<int*>(handle));
  return 0;
}
#ifndef OORT_FAKE_WITHOUT_MEMORY
int nvmlDeviceGetMemoryInfo(void* handle, FakeMemory* memory) {
#ifdef OORT_FAKE_LOST
  if (*static_cast<int*>(handle) == 2) return 999;
#else
  static_cast<void>(handle);
#endif
  memory->total = 150'000'000'000ULL;
  return 0;
}
#endif
#ifndef OORT_FAKE_BARE
int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  std::snprintf(text, size, "570.86.15");
  return 0;
}
int nvmlSystemGetCudaDriverVersion_v2(int* version) {
  *version = 12'080;
  return 0;
}
int nvmlDeviceGetUUID(void* handle, char* text, unsigned size) {
  std::snprintf(text, size, "GPU-0000000%d", *static_cast<int*>(handle));
  return 0;
}
int nvmlDeviceGetCudaComputeCapability(void*, int* major, int* minor) {
  *major = 9;
  *minor = 0;
  return 0;
}
int nvmlDeviceGetTotalEccErrors(void* handle, int, int, unsigned long long* errors) {
#ifdef OORT_FAKE_LOST
  *errors = *static_cast<int*>(handle) == 1 ? 3 : 0;
  return *static_cast<int*>(handle) == 3 ? 3 : 0;
#else
  static_cast<void>(handle);
  *errors = 0;
  return 0;
#endif
}
#endif

#ifndef OORT_FAKE_WITHOUT_CUDA
int cuInit(unsigned) { return OORT_FAKE_CUDA; }
int cuDeviceGetCount(int* count) {
  *count = static_cast<int>(OORT_FAKE_DEVICES);
  return 0;
}
#endif
}
