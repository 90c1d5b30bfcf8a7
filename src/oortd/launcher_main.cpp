// SPDX-License-Identifier: Apache-2.0
#include "oort/sandbox/launcher.hpp"

int main() { return oort::sandbox::run_launcher(); }
