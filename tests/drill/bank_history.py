# SPDX-License-Identifier: Apache-2.0
"""Histories of clients that pay into accounts and read them, and whether one bank that does one
thing at a time could have given every answer."""
import dataclasses
from typing import Optional


@dataclasses.dataclass
class Operation:
    """Times are of one clock that all clients share. Nobody takes out what was paid in."""
    account: str
    invoked: float
    # None: the client never learnt what happened. Such a payment may have been made at any moment
    # after its invocation, or never; such a read says nothing.
    returned: Optional[float] = None
    paid: int = 0
    balance: Optional[int] = None  # Of a read.

    def is_read(self):
        return self.paid == 0


def is_linearizable(history):
    """Whether some order in which each operation takes effect between its invocation and its
    return explains every balance that was read. Accounts do not touch each other, so a history is
    linearizable where that of each account is."""
    return all(is_account_linearizable([one for one in history if one.account == account])
               for account in {one.account for one in history})


def is_account_linearizable(history):
    """Wing and Gong's search, which remembers what it saw: what was paid depends only on which
    operations are done, so a set of them is a state."""
    operations = sorted((one for one in history if not one.is_read() or one.returned is not None),
                        key=lambda one: one.invoked)
    before = [sum(1 << j for j, other in enumerate(operations)
                  if other.returned is not None and other.returned < one.invoked)
              for one in operations]
    required = sum(1 << i for i, one in enumerate(operations) if one.returned is not None)
    seen = set()
    stack = [(0, 0)]
    while stack:
        done, paid = stack.pop()
        # Every read that fits now: to put it off cannot help, since it changes nothing.
        for i, one in enumerate(operations):
            if one.is_read() and one.balance == paid and not before[i] & ~done:
                done |= 1 << i
        if done & required == required:
            return True
        # Nothing becomes less: a read of less than what was paid fits no more.
        is_missed = any(one.is_read() and one.balance < paid and not done >> i & 1
                        for i, one in enumerate(operations))
        if is_missed or done in seen:
            continue
        seen.add(done)
        for i, one in enumerate(operations):
            if not one.is_read() and not done >> i & 1 and not before[i] & ~done:
                stack.append((done | 1 << i, paid + one.paid))
    return False


def with_stale_read(history):
    """The same with one read that misses a payment which had returned before it; None when there
    is no such read."""
    for number, read in enumerate(history):
        if not read.is_read() or read.returned is None:
            continue
        missed = [one for one in history if one.account == read.account and not one.is_read()
                  and one.returned is not None and one.returned < read.invoked]
        # So much less than all that had returned that nothing unknown can explain it.
        known = sum(one.paid for one in missed)
        if missed:
            stale = dataclasses.replace(read, balance=known - 1)
            return [*history[:number], stale, *history[number + 1:]]
    return None
