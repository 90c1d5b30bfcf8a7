#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Strangers' programs on live nodes: an image made of this machine's own shell is unpacked, kept
in, and does what a job asks; what it may not do it cannot."""
import gzip
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from compute import Drill, await_true, PATIENCE  # noqa: E402
from local_network import Network  # noqa: E402

PROGRAMS = ("/bin/sh", "/bin/cat", "/bin/ls", "/bin/sleep", "/usr/bin/sha256sum")


def files_of(programs):
    """What they need: themselves, their loader and their libraries."""
    found = {}
    for program in programs:
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
        for path in [program, *re.findall(r"(/\S+) \(0x", listed.stdout)]:
            found[path] = pathlib.Path(path).resolve()
    return found


def tar_of(files):
    """A tar of {name: bytes}, the same each time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def image_of(programs):
    """An OCI archive with one layer, and the digest of its manifest."""
    layer = tar_of({path.lstrip("/"): real.read_bytes()
                    for path, real in files_of(programs).items()})
    packed = gzip.compress(layer, mtime=0)
    blobs = {}

    def put(content, media):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": f"application/vnd.oci.image.{media}", "size": len(content),
                "digest": f"sha256:{digest}"}

    config = json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": ["/bin/sh", "-c", "echo by default"]},
        "rootfs": {"type": "layers",
                   "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
    manifest = put(json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put(config, "config.v1+json"),
        "layers": [put(packed, "layer.v1.tar+gzip")]}).encode(), "manifest.v1+json")
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    blobs["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    return tar_of(blobs), manifest["digest"].removeprefix("sha256:")


class ContainersTest(unittest.TestCase):
    """One network for all cases."""

    @classmethod
    def setUpClass(cls):
        network = Network(archives=1, edges=0).__enter__()
        cls.addClassCleanup(network.__exit__, None, None, None)
        cls.drill = Drill()
        cls.drill.begin(network)
        archive, digest = image_of(PROGRAMS)
        cls.image = {**cls.drill.store("shell.oci", archive), "digest": digest}
        await_true("executors offer to confine programs",
                   lambda: all("launcher" in offer["tiers"]
                               for offer in cls.drill.ask("offer", "list")["offers"]), PATIENCE)

    def submit(self, name, script, inputs=(), path=None, **more):
        output = {"uri": f"s3://jobs/{name}", **({"path": path} if path else {})}
        image = dict(self.image)
        if script is not None:
            image["command"] = ["/bin/sh", "-c", script]
        spec = {"name": name, "image": image, "inputs": list(inputs), "outputs": [output],
                "any_of": [{"cpu_milli": 500, "memory_mib": 128}], "walltime_s": 60, **more}
        self.drill.submit_spec(spec)
        return self.drill.jobs[-1]

    def run_job(self, name, script, inputs=(), **more):
        self.drill.await_closed(self.submit(name, script, inputs, **more))
        return self.drill.load(name)

    def test_a_program_reads_its_inputs_and_its_file_becomes_the_output(self):
        data = [self.drill.random.randbytes(100_000), b"second"]
        inputs = [self.drill.store(f"data-{i}", one) for i, one in enumerate(data)]
        inputs[1]["path"] = "/data/second"
        job = self.submit("sums", "echo working >&2; cat /inputs/0 /data/second | sha256sum "
                          "> /scratch/out/sums", inputs, path="/scratch/out/sums")
        self.drill.await_closed(job)
        said = self.drill.load("sums").decode()
        self.assertEqual(said.split()[0], hashlib.sha256(b"".join(data)).hexdigest())
        logs = self.drill.logs(job)
        self.assertIn("working", logs)
        self.assertRegex(logs, "begins /bin/sh in a sandbox, (launcher|runtime)")

    def test_what_is_printed_is_the_output_where_no_file_is_named(self):
        self.assertEqual(self.run_job("default", None), b"by default\n")
        self.assertEqual(self.run_job("printed", "echo $PATH"), b"/usr/bin:/bin\n")

    def test_each_task_of_an_array_has_its_input(self):
        inputs = [self.drill.store(f"part-{i}", f"part {i}".encode()) for i in range(3)]
        self.drill.await_closed(self.submit("parts", "cat /inputs/0", inputs,
                                            array={"count": 3, "parallel_max": 2}))
        for i in range(3):
            self.assertEqual(self.drill.load(f"parts/{i}"), f"part {i}".encode())

    def test_it_sees_nothing_of_the_host_and_reaches_nobody(self):
        script = ("ls / /proc /etc 2>&1; "
                  "(echo x > /bin/new) 2>/dev/null && echo WROTE; "
                  f"ls {self.drill.network.dir} 2>/dev/null && echo SAW; "
                  "(cat < /dev/tcp/127.0.0.1/1) 2>/dev/null && echo REACHED; "
                  "cat /proc/net/dev")
        said = self.run_job("prison", script).decode()
        for word in ("WROTE", "SAW", "REACHED", "root:", "home"):
            self.assertNotIn(word, said)
        self.assertNotRegex(said, r"(?m)^ *(eth|en|wl)")
        self.assertIn("lo:", said)

    def test_a_program_that_fails_fails_its_job_and_says_how(self):
        job = self.submit("fails", "echo because >&2; exit 3", retry={"max": 0})
        self.drill.await_closed(job, "failed")
        logs = self.drill.logs(job)
        self.assertIn("because", logs)
        self.assertIn("exited 3", logs)

    def test_a_cancelled_program_ends(self):
        job = self.submit("sleeps", "sleep 600")
        self.drill.await_running(job)
        self.drill.ask("job", "cancel", job, "--key", self.drill.key("owner"))
        self.drill.await_closed(job, "cancelled")

    def test_a_job_that_names_no_file_of_its_own_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "/scratch/out/"):
            self.submit("escapes", "true", path="/etc/passwd")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
