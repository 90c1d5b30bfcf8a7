# SPDX-License-Identifier: Apache-2.0
"""A local network of real processes, for drills and integration tests.

However the script ends, its networks end with it: at the end of the `with` block, at exit, and on
SIGTERM, SIGINT and SIGHUP. Only SIGKILL leaves nodes behind.
"""
import atexit
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import boto3
import botocore.config


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
networks = []  # Those that are up.


def end_all():
    for network in list(networks):
        network.__exit__(None, None, None)


def end_by(number, _frame):
    """Takes everything down, then dies of the signal as if nothing had caught it."""
    for ignored in SIGNALS:
        signal.signal(ignored, signal.SIG_IGN)
    end_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def watch_signals():
    atexit.register(end_all)
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, end_by)


class Network:
    """Starts with `up`; stops and removes its folder on leaving the `with` block."""

    def __init__(self, supers=4, archives=1, edges=1, keep=False, program="oortd"):
        self.binary = str(pathlib.Path(os.environ["OORT_BIN"]) / program)
        self.folder = tempfile.mkdtemp(prefix="oort-drill-")
        self.dir = os.path.join(self.folder, "net")
        self.shape = ["--supers", str(supers), "--archives", str(archives), "--edges", str(edges)]
        self.keep = keep
        self.commands = set()  # Those that run now; each drill thread may have one.

    def __enter__(self):
        if not networks:
            watch_signals()
        networks.append(self)
        try:
            self.devnet("up", "--detach", *self.shape)
            self.environment = json.loads(self.devnet("env", "--json"))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, problem, trace):
        if self not in networks:
            return
        networks.remove(self)
        # A command that still starts nodes must not outlive the one that stops them.
        for command in list(self.commands):
            command.kill()
            command.wait()
        self.run("devnet", "down", "--dir", self.dir, check=False)
        self.end_strays()
        if not self.keep:
            description = pathlib.Path(self.dir) / "network.json"
            if description.exists():
                sockets = json.loads(description.read_text())["runtime_folder"]
                shutil.rmtree(sockets, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def end_strays(self):
        """Nodes of this folder that a killed `up` had not yet written down."""
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().decode(errors="replace").split("\0")
                if words[1:2] == ["start"] and any(word.startswith(f"{self.dir}/")
                                                   for word in words):
                    os.kill(int(entry.parent.name), signal.SIGKILL)
            except OSError:
                continue  # It ended by itself.

    def run(self, *arguments, check=True, timeout=300, environment=None):
        """With further variables of the environment."""
        words = [self.binary, *arguments]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, **(environment or {}))) as command:
            self.commands.add(command)
            try:
                output, errors = command.communicate(timeout=timeout)
            except BaseException:
                command.kill()
                raise
            finally:
                self.commands.discard(command)
        done = subprocess.CompletedProcess(words, command.returncode, output, errors)
        if check and done.returncode != 0:
            raise RuntimeError(f"oortd {' '.join(arguments)}: exit {done.returncode}\n"
                               f"{done.stdout}{done.stderr}")
        return done

    def restart(self, node, *flags, check=True):
        """With further flags of `start`."""
        return self.run("devnet", "restart", node, "--dir", self.dir, "--", *flags, check=check)

    def json(self, *arguments):
        """What a command prints with --json."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def devnet(self, *arguments, timeout=300):
        return self.run("devnet", *arguments, "--dir", self.dir, timeout=timeout).stdout

    def status(self):
        """{node name: its status, or None when it is down}"""
        nodes = json.loads(self.devnet("status", "--json"))["nodes"]
        return {node["name"]: node.get("status") for node in nodes}

    def s3_urls(self):
        return self.environment["OORT_S3_ENDPOINTS"].split(",")

    def client(self, index=0, attempts=1, timeout=60, url=None, verify=None):
        """A boto3 client of the gateway of super-(index + 1), or of another door of it."""
        config = botocore.config.Config(
            retries={"max_attempts": attempts, "mode": "standard"}, read_timeout=timeout,
            s3={"addressing_style": "path"})
        return boto3.client(
            "s3", endpoint_url=url or self.s3_urls()[index], verify=verify,
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
