#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an archive of a network's folders, for the tests of all later builds: `make.py FILE`, with
OORT_BIN naming the build. Made once for each change of a format, beside those that are there: an
archive is never made anew."""
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/drill"))
from frozen_network import facts_of, pack  # noqa: E402
from local_network import Network  # noqa: E402 pylint: disable=wrong-import-position


def fill(network):
    """One of everything that the disk may hold."""
    client = network.client()
    client.create_bucket(Bucket="photos")
    client.put_object(Bucket="photos", Key="small", Body=b"in an open segment",
                      ContentType="text/plain", Metadata={"from": "frozen"})
    client.put_object(Bucket="photos", Key="empty", Body=b"")
    client.put_object(Bucket="photos", Key="coded", Body=bytes(range(256)) * 257)
    client.copy_object(Bucket="photos", Key="copied", CopySource="photos/coded")
    upload = client.create_multipart_upload(Bucket="photos", Key="never finished")["UploadId"]
    client.upload_part(Bucket="photos", Key="never finished", UploadId=upload, PartNumber=1,
                       Body=b"a part")
    client.create_bucket(Bucket="versions")
    client.put_bucket_versioning(Bucket="versions",
                                 VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        client.put_object(Bucket="versions", Key="kept", Body=body)
        client.put_object(Bucket="versions", Key="deleted", Body=body)
    client.delete_object(Bucket="versions", Key="deleted")
    return upload


def main():
    archive = pathlib.Path(sys.argv[1]).resolve()
    if archive.exists():
        raise SystemExit(f"{archive} is there: a frozen format is never made anew")
    with Network(supers=4, archives=0, edges=0) as network:
        upload = fill(network)
        other = os.path.join(network.folder, "other.key")
        where = ["--dir", network.dir, "--json"]
        account = json.loads(network.run("keys", "new", other, "--json").stdout)["account"]
        paid = network.run("transfer", "--to", account, "--amount", "12.5", "--key",
                           f"{network.dir}/owner.key", *where).stdout
        bundle = os.path.join(network.dir, "object.proof")
        network.run("proof", "object", "photos/coded", "--out", bundle, "--dir", network.dir)
        facts = facts_of(network)
        facts["upload"] = upload
        facts["account"] = account
        shown = network.run("account", "show", account, *where).stdout
        facts["balance"] = json.loads(shown)["balance"]
        height = json.loads(paid)["height"]
        facts["block"] = json.loads(network.run("block", str(height), *where).stdout)
        network.devnet("down")
        pack(network.dir, facts, archive)
    print(f"{archive}: {archive.stat().st_size} bytes")


if __name__ == "__main__":
    main()
