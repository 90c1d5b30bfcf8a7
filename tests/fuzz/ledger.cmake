# SPDX-License-Identifier: Apache-2.0
oort_fuzz(ledger_genesis SOURCES ledger_genesis.cpp DEPS ledger codec crypto env core)
oort_fuzz(ledger_operation SOURCES ledger_operation.cpp DEPS ledger codec crypto env core)
oort_fuzz(ledger_record SOURCES ledger_record.cpp DEPS ledger codec crypto env core)
oort_fuzz(ledger_transaction SOURCES ledger_transaction.cpp DEPS ledger codec crypto env core)
oort_fuzz(ledger_honesty SOURCES ledger_honesty.cpp DEPS ledger codec crypto env core)
oort_fuzz(ledger_datahub SOURCES ledger_datahub.cpp DEPS ledger codec crypto env core)
