#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The README on a machine that has nothing: a minimal Debian 12 in a folder, a clean clone of what
is committed, and the commands of the README, run as root inside. Needs root and debootstrap."""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = "bookworm"
# The folder of the clone and of the compiler's cache, as the chroot sees them.
CLONE = "/root/oortd"
CCACHE = "/root/.cache/ccache"
DEBS = "/var/cache/apt/archives"
MARK = "== "

OWN_NAMESPACES = "unshare --mount --pid --fork --kill-child --".split()

# First process of the drill's own process and mount namespaces: whatever it mounts, and whatever
# starts below it, is gone when it is, however it ends. It must not become the chroot (exec), for
# somebody has to wait for orphans. $1 is the root, $2 the script, then pairs SOURCE TARGET follow.
FIRST_PROCESS = """
set -euo pipefail
root=$1 script=$2
shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [[ $# -gt 0 ]]; do
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  shift 2
done
rc=0
chroot "$root" /bin/bash -c "$script" </dev/null || rc=$?
exit "$rc"
"""


class Refused(Exception):
    """The drill cannot run here."""


def apt_sources(folder=pathlib.Path("/etc/apt")):
    """[(URI, suite)] that this machine takes Debian's release from, in both notations of apt."""
    found = []
    for path in sorted([*folder.glob("sources.list"), *folder.glob("sources.list.d/*")]):
        text = re.sub(r"(?m)^\s*#.*\n?", "", path.read_text())
        if path.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", text):
                fields = dict(re.findall(r"(?m)^([\w-]+):\s*(.*)$", stanza))
                if "deb" in fields.get("Types", "").split():
                    found += [(uri, suite) for uri in fields.get("URIs", "").split()
                              for suite in fields.get("Suites", "").split()]
        else:
            found += re.findall(r"(?m)^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)", text)
    return [(uri, suite) for uri, suite in found
            if re.fullmatch(rf"{RELEASE}(-updates|-security)?", suite)]


def readme_commands(text):
    """(the two commands, the quick start's lines before `./dev down`), as the README has them."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    two = next(([re.sub(r"\s+#.*", "", line) for line in block.splitlines()] for block in blocks
                if block.startswith("./dev up")), [])
    quick = next((block.splitlines() for block in blocks if "./dev env" in block), [])
    if two != ["./dev up", "./dev test"] or "`./dev up --detach`" not in text:
        raise Refused("README.md does not begin with ./dev up and ./dev test")
    if not quick or quick[-1] != "./dev down":
        raise Refused("README.md has no quick start that ends with ./dev down")
    return two, quick[:-1]


def script_for(text, last):
    """What runs inside: up to `setup`, `up` or `test`."""
    (_, test), quick = readme_commands(text)
    lines = ["set -euo pipefail", f"cd {CLONE}"]
    if last == "setup":
        return "\n".join([*lines, "./dev setup", f"echo '{MARK}Done'"])
    lines += ["./dev up --detach", f"echo '{MARK}Using'", *quick,
              # The quick start promises that what was stored reads back without the killed node.
              'aws s3 cp s3://photos/README.md /tmp/back --endpoint-url "$AWS_ENDPOINT_URL"',
              "cmp README.md /tmp/back", "./dev down"]
    if last == "test":
        lines.append(test)
    return "\n".join([*lines, f"echo '{MARK}Done'"])


def environment():
    """A login's, and how this machine reaches the network."""
    kept = {name: value for name, value in os.environ.items()
            if name.lower() in ("http_proxy", "https_proxy", "no_proxy") or name == "OORT_JOBS"}
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root", "USER": "root", "LANG": "C.UTF-8", **kept}


class Machine:
    """A minimal Debian with a clone inside."""

    def __init__(self, folder, arguments):
        self.root = folder / "root"
        self.arguments = arguments
        self.binds = []
        for source, target in ((arguments.ccache, CCACHE), (arguments.debs, DEBS)):
            if source:
                source.mkdir(parents=True, exist_ok=True)
                self.binds += [str(source.resolve()), target]

    def install(self):
        sources = apt_sources()
        mirror = next((uri for uri, suite in sources if suite == RELEASE), None)
        if not mirror:
            raise Refused(f"apt's sources of this machine name no mirror of {RELEASE}")
        options = [f"--cache-dir={self.arguments.debs.resolve()}"] if self.arguments.debs else []
        # It mounts things of its own, which nobody but it shall see.
        run(*OWN_NAMESPACES, "debootstrap", "--variant=minbase", *options, RELEASE, str(self.root),
            mirror)
        (self.root / "etc/apt/sources.list").write_text(
            "".join(f"deb {uri} {suite} main\n" for uri, suite in sources))
        # Nobody needs this machine after a loss of power.
        (self.root / "etc/dpkg/dpkg.cfg.d/no-sync").write_text("force-unsafe-io\n")
        self.reach_network()

    def reach_network(self):
        """Names, proxies and certificates are matters of the place, not of the machine."""
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        shutil.copy("/etc/hosts", self.root / "etc/hosts")
        proxies = re.findall(r'(?m)^Acquire::\w+::Proxy[\w:.-]* ".*";$', subprocess.run(
            ["apt-config", "dump"], check=True, capture_output=True, text=True).stdout)
        (self.root / "etc/apt/apt.conf.d/90proxy").write_text("\n".join([*proxies, ""]))
        certificates = pathlib.Path("/usr/local/share/ca-certificates")
        if certificates.is_dir():
            shutil.copytree(certificates, self.root / str(certificates).lstrip("/"),
                            dirs_exist_ok=True)

    def clone(self):
        commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], check=True,
                                capture_output=True, text=True).stdout.strip()
        target = str(self.root) + CLONE
        run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), target)
        run("git", "-C", target, "checkout", "--quiet", "--detach", commit)
        return commit

    def readme(self):
        return pathlib.Path(f"{self.root}{CLONE}/README.md").read_text()

    def follow(self, script):
        """Runs the script inside; yields (seconds since the start, line)."""
        started = time.monotonic()
        command = [*OWN_NAMESPACES, "bash", "-c", FIRST_PROCESS, "first", str(self.root), script,
                   *self.binds]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", env=environment()) as process:
            try:
                for line in process.stdout:
                    yield time.monotonic() - started, line.rstrip("\n")
            except BaseException:
                process.kill()
                raise
            if process.wait() != 0:
                raise RuntimeError(f"inside the chroot: exit {process.returncode}")


def run(*command):
    print("$ " + shlex.join(command), file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=sys.stderr)


# What `./dev` and the drill's script say when a step begins, and the figure of that step.
STEPS = {"Installing": "setup_s", "Building": "build_s", "Starting": "start_s", "Using": "use_s",
         "Testing": "test_s"}


def figures_of(lines):
    """The duration of each step and ctest's count, from (seconds, line)."""
    figures, step, began, end = {}, None, 0, 0
    for end, line in lines:
        print(line, file=sys.stderr, flush=True)
        if line.startswith(MARK):
            if step:
                figures[step] = round(figures.get(step, 0) + end - began, 1)
            step, began = STEPS.get(line.removeprefix(MARK).split()[0]), end
        counted = re.match(r"\d+% tests passed, (\d+) tests failed out of (\d+)", line)
        if counted:
            figures["tests_passed"] = int(counted.group(2)) - int(counted.group(1))
            figures["tests_failed"] = int(counted.group(1))
    figures["total_s"] = round(end, 1)
    return figures


def refuse_where_it_cannot_run():
    if os.geteuid() != 0:
        raise Refused("only root can make a chroot: run it with sudo")
    for program in ("debootstrap", "unshare", "git"):
        if not shutil.which(program):
            raise Refused(f"{program} is not installed: run ./dev setup")


@contextlib.contextmanager
def working_folder(keep):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="oort-bare-"))
    try:
        yield folder
    finally:
        # The mounts were seen only from inside, so nothing of this machine hangs below.
        if keep:
            print(f"kept {folder}", file=sys.stderr)
        else:
            while folder.exists():  # What was killed may still be dying there.
                subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=False)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--only-setup", dest="last", action="store_const", const="setup",
                        default="test", help="install the packages and stop")
    parser.add_argument("--only-up", dest="last", action="store_const", const="up",
                        help="without ./dev test")
    parser.add_argument("--ccache", type=pathlib.Path, metavar="DIR",
                        help="a compiler cache of this machine to build with")
    parser.add_argument("--debs", type=pathlib.Path, metavar="DIR",
                        help="keep downloaded packages here and take them from here")
    parser.add_argument("--keep", action="store_true", help="leave the machine's folder behind")
    return parser.parse_args()


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        refuse_where_it_cannot_run()
        with working_folder(arguments.keep) as folder:
            machine = Machine(folder, arguments)
            machine.install()
            commit = machine.clone()
            script = script_for(machine.readme(), arguments.last)
            metrics = figures_of(machine.follow(script))
    except Refused as problem:
        sys.exit(f"bare: {problem}")
    result = {"name": "bare", "passed": True, "until": arguments.last, "commit": commit,
              "metrics": metrics}
    print(json.dumps(result) if arguments.json else f"bare drill passed: {metrics}")


if __name__ == "__main__":
    main()
