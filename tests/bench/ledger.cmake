# SPDX-License-Identifier: Apache-2.0
add_executable(bench_ledger ledger_bench.cpp)
target_link_libraries(bench_ledger PRIVATE oort_ledger oort_codec oort_crypto oort_env oort_core
                                           oort_warnings)
