# SPDX-License-Identifier: Apache-2.0
"""What the examples share: a channel, whole listings, amounts, and errors in words."""
import argparse
import os
import sys

import grpc
from google.rpc import status_pb2

# Every call has a deadline: without one it may wait for ever.
SECONDS = 20


def parser(description):
    """The options that every example takes; `eval "$(./dev env)"` sets OORT_GRPC."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--endpoint", default=os.environ.get("OORT_GRPC", "127.0.0.1:7170"),
                         help="host:port of a node's gRPC door")
    options.add_argument("--ca", default=os.environ.get("OORT_CA"),
                         help="PEM file of who signed the door's certificate")
    return options


def connect(endpoint, ca=None):
    """In the clear on this machine, by TLS to any other."""
    if ca is None:
        return grpc.insecure_channel(endpoint)
    with open(ca, "rb") as file:
        return grpc.secure_channel(endpoint, grpc.ssl_channel_credentials(file.read()))


def pages(call, request, field):
    """All elements of a listing, page by page."""
    while True:
        page = call(request, timeout=SECONDS)
        yield from getattr(page, field)
        if not page.next_page_token:
            return
        request.page.page_token = page.next_page_token


def oort(base_units):
    """Base units are too many for a float: integers until they are shown."""
    whole, rest = divmod(int(base_units), 10 ** 18)
    return f"{whole}.{rest:018}".rstrip("0").rstrip(".") + " OORT"


def explain(problem):
    """An error's stable reason, which programs may match on, and its detail for people."""
    for name, value in problem.trailing_metadata() or ():
        if name != "grpc-status-details-bin":
            continue
        status, info = status_pb2.Status.FromString(value), status_pb2.ErrorInfo()
        if status.details and status.details[0].Unpack(info):
            return info.reason, status.message
    # No node said this, but gRPC: nobody answers, or the answer came too late.
    return problem.code().name, problem.details()


def run(main):
    """A failed call ends the example with one line, as a program would report it."""
    try:
        main()
    except grpc.RpcError as problem:
        sys.exit("{}: {}".format(*explain(problem)))
