# SPDX-License-Identifier: Apache-2.0
oort_test(
  ledger_state
  SOURCES state_tree_test.cpp
  DEPS ledger codec crypto env core)
