# SPDX-License-Identifier: Apache-2.0
"""A stopped local network in an archive, and how it is taken up and stands again anywhere.

The archive holds the network's folder with every absolute path under the name FOLDER, and
`facts.json`: what the network answered before it was stopped.
"""
import hashlib
import json
import pathlib
import random
import re
import socket
import tarfile

FOLDER = "/frozen/net"
PORTS = range(20_000, 32_768)


def pack(network_folder, facts, archive):
    """Writes `archive` from a network that is down."""
    source = pathlib.Path(network_folder)
    (source / "facts.json").write_text(json.dumps(facts, indent=1, sort_keys=True))
    for config in source.glob("*/config.toml"):
        config.write_text(config.read_text().replace(str(source), FOLDER))
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for path in sorted(source.rglob("*")):
            if not is_left_out(path.relative_to(source)):
                tar.add(path, arcname=str(path.relative_to(source)), recursive=False)


def is_left_out(path):
    """What belongs to a running process or to people."""
    return "logs" in path.parts or path.name in ("pid", ".lock", "LOCK", "LOG")


def unpack(archive, folder):
    """Makes the network stand in `folder`, on ports that are free; returns its facts."""
    target = pathlib.Path(folder)
    with tarfile.open(archive) as tar:
        tar.extractall(target)
    description = json.loads((target / "network.json").read_text())
    moved = moved_ports(description)
    sockets = target / "run"
    sockets.mkdir()
    for node in description["nodes"]:
        for name in [name for name in node if name.endswith("_port") and node[name]]:
            node[name] = moved[node[name]]
        node["admin_socket"] = f"{sockets}/{node['name']}.sock"
        (target / node["name"] / "logs").mkdir()
        config = target / node["name"] / "config.toml"
        config.write_text(moved_config(config.read_text(), folder, moved, node["admin_socket"]))
    description["runtime_folder"] = str(sockets)
    (target / "network.json").write_text(json.dumps(description))
    return json.loads((target / "facts.json").read_text())


def moved_ports(description):
    old = [node[name] for node in description["nodes"] for name in node
           if name.endswith("_port") and node[name]]
    new = set()
    while len(new) < len(old):
        port = random.choice(PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                new.add(port)
    return dict(zip(old, new))


def moved_config(text, folder, moved, admin_socket):
    text = text.replace(FOLDER, str(folder))
    text = re.sub(r'127\.0\.0\.1:(\d+)', lambda m: f"127.0.0.1:{moved[int(m[1])]}", text)
    return re.sub(r'admin_socket = "[^"]*"', f'admin_socket = "{admin_socket}"', text)


def facts_of(network):
    """What must be answered alike for ever: objects by name and version, money, blocks."""
    client = network.client()
    facts = {"objects": {}, "versions": {}}
    for bucket in [entry["Name"] for entry in client.list_buckets()["Buckets"]]:
        listed = client.list_object_versions(Bucket=bucket)
        for entry in listed.get("Versions", []):
            name = {"Bucket": bucket, "Key": entry["Key"]}
            if entry["VersionId"] != "null":
                name["VersionId"] = entry["VersionId"]
            answer = client.get_object(**name)
            facts["objects"][f"{bucket}/{entry['Key']}?{entry['VersionId']}"] = {
                "sha256": hashlib.sha256(answer["Body"].read()).hexdigest(),
                "etag": answer["ETag"], "type": answer["ContentType"],
                "metadata": answer["Metadata"], "modified": answer["LastModified"].isoformat()}
        facts["versions"][bucket] = [
            [entry["Key"], entry["VersionId"], entry["IsLatest"], "DeleteMarker" in kind]
            for kind in ("Versions", "DeleteMarkers") for entry in listed.get(kind, [])]
    return facts
