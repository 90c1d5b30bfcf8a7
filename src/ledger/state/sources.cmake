# SPDX-License-Identifier: Apache-2.0
# Sources of the authenticated state, relative to src/ledger.
set(OORT_LEDGER_STATE_SOURCES state/page.cpp state/proof.cpp state/tree.cpp state/trees.cpp)
