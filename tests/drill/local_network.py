# SPDX-License-Identifier: Apache-2.0
"""A local network of real processes, for drills and integration tests."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import boto3
import botocore.config


class Network:
    """Starts with `up`; stops and removes its folder on leaving the `with` block."""

    def __init__(self, supers=4, archives=1, edges=1, keep=False):
        self.binary = str(pathlib.Path(os.environ["OORT_BIN"]) / "oortd")
        self.folder = tempfile.mkdtemp(prefix="oort-drill-")
        self.dir = os.path.join(self.folder, "net")
        self.shape = ["--supers", str(supers), "--archives", str(archives), "--edges", str(edges)]
        self.keep = keep

    def __enter__(self):
        try:
            self.devnet("up", "--detach", *self.shape)
            self.environment = json.loads(self.devnet("env", "--json"))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, problem, trace):
        self.run("devnet", "down", "--dir", self.dir, check=False)
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *arguments, check=True, timeout=300):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True,
                              timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"oortd {' '.join(arguments)}: exit {done.returncode}\n"
                               f"{done.stdout}{done.stderr}")
        return done

    def devnet(self, *arguments, timeout=300):
        return self.run("devnet", *arguments, "--dir", self.dir, timeout=timeout).stdout

    def status(self):
        """{node name: its status, or None when it is down}"""
        nodes = json.loads(self.devnet("status", "--json"))["nodes"]
        return {node["name"]: node.get("status") for node in nodes}

    def s3_urls(self):
        return self.environment["OORT_S3_ENDPOINTS"].split(",")

    def client(self, index=0, attempts=1, timeout=60):
        """A boto3 client of the gateway of super-(index + 1)."""
        config = botocore.config.Config(
            retries={"max_attempts": attempts, "mode": "standard"}, read_timeout=timeout,
            s3={"addressing_style": "path"})
        return boto3.client(
            "s3", endpoint_url=self.s3_urls()[index],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_DEFAULT_REGION"], config=config)

    def aws(self, *arguments, index=0, timeout=900):
        """Debian's AWS CLI; returns its output."""
        environment = dict(os.environ, **self.environment)
        done = subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", self.s3_urls()[index], *arguments],
            capture_output=True, text=True, timeout=timeout, env=environment, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"aws {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def tree_of(folder):
    """{relative path: SHA-256} of every file below a folder."""
    root = pathlib.Path(folder)
    return {str(path.relative_to(root)): sha256_of(path)
            for path in sorted(root.rglob("*")) if path.is_file()}


def await_true(what, condition, seconds):
    """Looks twice a second until `condition()` holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.5)
