#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs over stored objects on nodes that die: outputs are exact, every job ends, everybody is paid
once, liars never, and the books balance."""
import argparse
from concurrent import futures
import json
import os
import pathlib
import random
import struct
import sys
import time
import urllib.request

from local_network import Network, await_true
from plain_blake3 import blake3, derived

# The one in office and the one after it; who executes is one of the others.
BROKERS = ("super-2", "super-3")
LIAR = "super-4"
EXECUTORS = 5
OUTPUT_CONTEXT = "oort.v1 compute builtin output"
BUDGET = 20_000_000
PATIENCE = 240


def vector(values):
    return struct.pack(f"<I{len(values)}I", len(values), *values)


def descent(rate=6554, momentum=58982, batch_log2=5):
    return struct.pack("<IIB", rate, momentum, batch_log2)


def train_parameters(epochs, hidden=(32,)):
    return b"\1" + vector(hidden) + struct.pack("<IQ", epochs, 5) + descent()


def dataset(chance, count, features=64, classes=4):
    """Samples whose class is where their values are large."""
    values, labels = bytearray(), []
    for _ in range(count):
        label = chance.randrange(classes)
        labels.append(label)
        values += bytes(chance.randrange(80, 120) if i * classes // features == label
                        else chance.randrange(0, 40) for i in range(features))
    head = struct.pack("<BIII", 1, features, classes, count)
    return head + bytes(values) + struct.pack(f"<{count}H", *labels), labels


def samples_of(data):
    """What `infer` takes, of a dataset."""
    _, features, _, count = struct.unpack_from("<BIII", data)
    values = data[13:13 + features * count]
    return struct.pack("<BII", 1, features, count) + values


def parameters_count(sizes):
    return sum(b * (a + 1) for a, b in zip(sizes, sizes[1:]))


def model_of(output):
    """The model at the end of what `train` gives, and how many held-out samples it got right."""
    losses, = struct.unpack_from("<I", output, 1)
    at = 5 + 4 * losses
    held_out, correct, version, layers = struct.unpack_from("<IIBI", output, at)
    assert version == 1, version
    at += 13
    sizes = struct.unpack_from(f"<{layers}I", output, at)
    return output[at + 4 * layers + 4 * parameters_count(sizes):], held_out, correct


class Drill:
    brokers = BROKERS
    executors = EXECUTORS

    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.steps = []
        self.figures = {}
        self.jobs = []

    def say(self, text):
        self.steps.append(text)
        print(text, file=sys.stderr, flush=True)

    # The network -------------------------------------------------------------------------------

    def ask(self, *arguments):
        return self.network.json(*arguments, "--dir", self.network.dir)

    def key(self, name):
        return os.path.join(self.network.dir, f"{name}.key")

    def node_key(self, name):
        return os.path.join(self.network.dir, name, "data", "node.key")

    def begin(self, network):
        """Credits for the owner, and a bucket."""
        self.network = network
        nodes = json.loads((pathlib.Path(network.dir) / "network.json").read_text())["nodes"]
        self.names = {node["node_id"]: node["name"] for node in nodes}
        self.ids = {node["name"]: node["node_id"] for node in nodes}
        self.admin_socket = nodes[0]["admin_socket"]
        self.owner = self.ask("account", "show", "--key", self.key("owner"))["account"]
        sale = ["--to", self.owner, "--amount", "1000", "--reference", "for jobs"]
        signed = self.ask("credits", "sign", *sale, "--key", self.key("processor-3"))["signature"]
        self.ask("credits", "buy", *sale, "--key", self.key("owner"), "--processor-key",
                 self.key("processor-1"), "--signature", signed)
        self.client = network.client()
        self.client.create_bucket(Bucket="jobs")
        await_true("every executor has an offer",
                   lambda: len(self.ask("offer", "list")["offers"]) == self.executors,
                   PATIENCE)
        self.books()

    def credits(self):
        return int(self.ask("credits", "show", self.owner)["credits"])

    def store(self, name, data):
        """An input of a job."""
        self.client.put_object(Bucket="jobs", Key=name, Body=data)
        return {"uri": f"s3://jobs/{name}", "size": len(data), "root": blake3(data).hex()}

    def load(self, name):
        return self.client.get_object(Bucket="jobs", Key=name)["Body"].read()

    # Jobs --------------------------------------------------------------------------------------

    def submit(self, name, workload, parameters, inputs, **more):
        spec = {"name": name, "inputs": inputs, "outputs": [f"s3://jobs/{name}"],
                "builtin": {"name": workload, "version": 1, "parameters": parameters.hex()},
                "any_of": [{"cpu_milli": 500, "memory_mib": 128}], "walltime_s": 600, **more}
        self.submit_spec(spec)
        return self.jobs[-1]

    def submit_spec(self, spec, *flags):
        """What the command says, line by line."""
        file = pathlib.Path(self.network.dir) / "job.json"
        file.write_text(json.dumps(spec))
        brokers = [word for broker in self.brokers for word in ("--broker", broker)]
        done = self.network.run("job", "submit", str(file), "--budget", str(BUDGET // 1_000_000),
                                "--dispute", "0", "--key", self.key("owner"), *brokers, *flags,
                                "--json", "--dir", self.network.dir)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.jobs.append(lines[0]["job"])
        return lines

    def record(self, job):
        """What the ledger says; no broker is needed for it."""
        jobs = self.ask("job", "list", "--key", self.key("owner"))["jobs"]
        return next(one for one in jobs if one["job"] == job)

    def run_of(self, job):
        """What the broker in office says; none where it does not answer."""
        done = self.network.run("job", "show", job, "--json", "--dir", self.network.dir,
                                check=False)
        return json.loads(done.stdout).get("run") if done.returncode == 0 else None

    def await_running(self, job, task=0):
        """The name of the node that is at it."""
        found = {}

        def is_running():
            run = self.run_of(job)
            if run and run["tasks"][task]["state"] == "running":
                found["node"] = self.names[run["tasks"][task]["node"]]
            return "node" in found

        await_true("the task runs", is_running, PATIENCE)
        return found["node"]

    def await_closed(self, job, outcome="succeeded"):
        try:
            await_true("the job is closed", lambda: self.record(job)["phase"] == "closed",
                       PATIENCE)
        except RuntimeError as problem:
            raise RuntimeError(f"{self.record(job)} {self.run_of(job)}") from problem
        record = self.record(job)
        assert record["outcome"] == outcome, (record, self.run_of(job))
        assert record["paid"] == record["pay"], record
        assert record["open_leases"] == 0, record
        return record

    def logs(self, job, task=0):
        done = self.network.run("job", "logs", job, "--task", str(task), "--key",
                                self.key("owner"), "--no-follow", "--json", "--dir",
                                self.network.dir)
        chunks = [json.loads(line) for line in done.stdout.splitlines()]
        return b"".join(bytes.fromhex(chunk["content_hex"]) for chunk in chunks).decode()

    def escrow_pay(self, name):
        """How often, and how much, a node's operator was paid out of escrows of jobs."""
        lines = self.ask("account", "statement", "--key", self.node_key(name))["lines"]
        return [int(line["amount"]) for line in lines
                if line["purpose"] == "escrow paid"]

    def books(self):
        """Nothing is lost, and every statement adds up to its balance."""
        audit = self.ask("supply", "audit", "--socket", self.admin_socket)
        assert audit["is_conserved"], audit
        for key in [self.key("owner")] + [self.node_key(name) for name in self.ids]:
            await_true(f"the statement of {key} adds up", lambda: self.adds_up(key), PATIENCE)

    def adds_up(self, key):
        """Whether the lines come to the balance; a block may fall between both questions."""
        balance = 0
        for line in self.ask("account", "statement", "--key", key)["lines"]:
            balance += int(line["amount"]) * (1 if line["is_income"] else -1)
            assert balance == int(line["balance_after"]), line
        return balance == int(self.ask("account", "show", "--key", key)["balance"])

    def settled(self, jobs, before):
        """What the jobs cost is what left the owner's credits."""
        records = [self.record(job) for job in jobs]
        cost = sum(int(record["paid"]) + int(record["share"]) for record in records)
        assert before - self.credits() == cost, (before, self.credits(), records)
        return cost

    # What happens ------------------------------------------------------------------------------

    def hash_objects(self):
        """One task over two objects; its output is exact, its log is the payer's."""
        before = self.credits()
        started = time.monotonic()
        data = [self.random.randbytes(size) for size in (70_000, 1, 4_097)]
        inputs = [self.store(f"in-{i}", one) for i, one in enumerate(data)]
        job = self.submit("hashes", "blake3", b"\1" + vector([]), inputs)
        record = self.await_closed(job)
        self.figures["hash_seconds"] = round(time.monotonic() - started, 2)
        output = self.load("hashes")
        wanted = struct.pack("<BI", 1, len(data))
        for one in data:
            wanted += struct.pack("<Q", len(one)) + blake3(one)
        assert output == wanted + vector([]), output.hex()
        assert record["output"] == derived(OUTPUT_CONTEXT, output).hex(), record
        log = self.logs(job)
        assert "begins blake3 1" in log and f"done, {len(output)} bytes" in log, log
        refused = self.network.run("job", "logs", job, "--key", self.key("processor-1"),
                                   "--no-follow", "--dir", self.network.dir, check=False)
        assert refused.returncode != 0 and "payer" in refused.stderr, refused
        cost = self.ask("job", "cost", job)
        assert cost["paid"] == record["pay"] and cost["held"] == "0", cost
        assert int(cost["refund"]) == BUDGET - self.settled([job], before), cost
        self.say("a job's output is what plain BLAKE3 says, and its log is for the payer alone")

    def hash_unstated(self):
        """Who submits a job need not know its inputs' sizes and roots, and may wait for its end."""
        before = self.credits()
        data = [self.random.randbytes(3_000), self.random.randbytes(17)]
        folder = pathlib.Path(self.network.dir)
        (folder / "here").write_bytes(data[1])
        for name, one in zip(("there", "here"), data):
            self.client.put_object(Bucket="jobs", Key=name, Body=one)
        inputs = ["s3://jobs/there", {"uri": "s3://jobs/here", "file": "here"}]
        lines = self.submit_spec(
            {"name": "unstated", "inputs": inputs, "outputs": ["s3://jobs/unstated"],
             "builtin": {"name": "blake3", "version": 1, "parameters": "0100000000"},
             "any_of": [{"cpu_milli": 500, "memory_mib": 128}], "walltime_s": 600}, "--wait")
        assert lines[-1]["run"]["is_over"], lines
        self.await_closed(self.jobs[-1])
        wanted = struct.pack("<BI", 1, len(data))
        for one in data:
            wanted += struct.pack("<Q", len(one)) + blake3(one)
        assert self.load("unstated") == wanted + vector([]), self.load("unstated").hex()
        self.settled([self.jobs[-1]], before)
        self.say("a job that states nothing of its inputs is stated from a file and a gateway")

    def array(self):
        """Tasks of an array have an input and an output each."""
        before = self.credits()
        data = [self.random.randbytes(3_000 + i) for i in range(5)]
        inputs = [self.store(f"part-{i}", one) for i, one in enumerate(data)]
        job = self.submit("array", "blake3", b"\1" + vector([]), inputs,
                          array={"count": 5, "parallel_max": 3})
        self.await_closed(job)
        for i, one in enumerate(data):
            wanted = struct.pack("<BIQ", 1, 1, len(one)) + blake3(one) + vector([])
            assert self.load(f"array/{i}") == wanted, i
        self.settled([job], before)
        self.say("an array of five tasks has five right outputs")

    def learn(self):
        """A model is trained, and three nodes agree on what it says of new samples."""
        before = self.credits()
        learnt, _ = dataset(self.random, 256)
        held_out, labels = dataset(self.random, 64)
        held_out_input = self.store("held-out", held_out)
        train = self.submit("trained", "train", train_parameters(4),
                            [self.store("learnt", learnt), held_out_input])
        self.await_closed(train)
        model, held_out_count, correct = model_of(self.load("trained"))
        assert held_out_count == 64 and correct >= 60, (held_out_count, correct)
        infer = self.submit("answers", "infer", b"\1\0",
                            [self.store("model", model),
                             self.store("samples", samples_of(held_out))], confidence=970_000)
        record = self.await_closed(infer)
        assert record["leases"] >= 3, record
        answers = self.load("answers")
        _, _, classes, count = struct.unpack_from("<BBII", answers)
        said = struct.unpack_from(f"<{count}H", answers, 10)
        assert classes == 4 and sum(a == b for a, b in zip(said, labels)) >= 60, said
        self.settled([train, infer], before)
        self.say(f"a model trained by one job gets {correct} of 64 right, as three nodes agree")

    def learn_together(self):
        """Members descend each on data of its own; the merge takes all of them."""
        before = self.credits()
        sizes = (64, 4)
        network = b"\1" + vector(sizes) + bytes(4 * parameters_count(sizes))
        state = struct.pack("<BI", 1, 0) + network + bytes(4 * parameters_count(sizes))
        state_input = self.store("state", state)
        federated = struct.pack("<BIHIIQ", 1, 10, 1, 45_875, 32_768, 7) + descent()
        jobs = []
        for member in range(3):
            data, _ = dataset(self.random, 64)
            jobs.append(self.submit(f"delta-{member}", "train_local",
                                    federated + struct.pack("<I", member),
                                    [state_input, self.store(f"member-{member}", data)]))
        for job in jobs:
            self.await_closed(job)
        deltas = [self.store(f"merge-{i}", self.load(f"delta-{i}")) for i in range(3)]
        jobs.append(self.submit("merged", "train_merge", federated, [state_input, *deltas]))
        self.await_closed(jobs[-1])
        merged = self.load("merged")
        assert struct.unpack_from("<BBI", merged) == (1, 1, 1), merged[:6].hex()
        members = merged[1 + len(state):]
        assert struct.unpack_from("<I", members) == (3,), members.hex()
        self.settled(jobs, before)
        self.say("three members' training is merged into one state")

    def long_job(self, name, **more):
        data, _ = dataset(self.random, 512)
        return self.submit(name, "train", train_parameters(self.long_epochs, (64,)),
                           [self.store(f"{name}-in", data)], checkpoint_s=1, **more)

    long_epochs = 1500

    def cancel(self):
        """What was done until then is paid, the rest goes back."""
        before = self.credits()
        job = self.long_job("cancelled")
        self.await_running(job)
        self.ask("job", "cancel", job, "--key", self.key("owner"))
        record = self.await_closed(job, "cancelled")
        assert 0 < int(record["paid"]) < BUDGET, record
        self.settled([job], before)
        self.say("a cancelled job pays for what was done")

    def kill_executor(self):
        """Another node does the task, and is paid for it alone."""
        before = self.credits()
        job = self.long_job("survivor", placement={"exclude_nodes": [self.ids["super-1"]]})
        victim = self.await_running(job)
        pays = {name: len(self.escrow_pay(name)) for name in self.ids}
        started = time.monotonic()
        self.network.devnet("kill", victim)
        record = self.await_closed(job)
        self.figures["executor_kill_seconds"] = round(time.monotonic() - started, 2)
        assert record["leases"] == 2, record
        assert record["broker_epoch"] == 1, record
        self.network.devnet("restart", victim)
        self.network.devnet("wait", "--timeout", str(PATIENCE))
        others = {name for name in self.ids
                  if len(self.escrow_pay(name)) > pays[name] and name not in BROKERS}
        assert len(others) == 1 and victim not in others, (victim, others)
        self.settled([job], before)
        self.say(f"{victim} is killed at work: {others.pop()} does its task, and is paid once")

    def kill_broker(self):
        """The next broker adopts what runs."""
        before = self.credits()
        job = self.long_job("orphan")
        executor = self.await_running(job)
        started = time.monotonic()
        with futures.ThreadPoolExecutor(1) as pool:
            watched = pool.submit(self.network.run, "job", "watch", job, "--json", "--dir",
                                  self.network.dir)
            self.network.devnet("kill", BROKERS[0])
            record = self.await_closed(job)
            last = json.loads(watched.result().stdout.splitlines()[-1])
        assert last["run"]["is_over"] and last["broker_epoch"] == 2, last
        self.figures["broker_kill_seconds"] = round(time.monotonic() - started, 2)
        assert record["broker_epoch"] == 2, record
        run = self.run_of(job)
        assert self.names[run["tasks"][0]["node"]] == executor, run
        self.network.devnet("restart", BROKERS[0])
        self.network.devnet("wait", "--timeout", str(PATIENCE))
        self.settled([job], before)
        self.say(f"{BROKERS[0]} is killed in office: {BROKERS[1]} takes over, {executor} goes on")

    def deviations(self):
        """Results against the majority, as the broker in office counts them."""
        endpoint = self.network.status()[BROKERS[0]]["operator_endpoint"]
        with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=30) as page:
            for line in page.read().decode().splitlines():
                if line.startswith("oort_compute_broker_deviations "):
                    return float(line.split()[1])
        return 0

    def catch_liar(self):
        """Who signs for wrong results is outvoted where tasks are run several times, convicted by
        its own bytes where they are not, and never paid. Needs the program for drills."""
        before = self.credits()
        self.network.devnet("stop", LIAR)
        self.network.restart(LIAR, "--misbehave", "wrong-result@1")
        self.network.devnet("wait", "--timeout", str(PATIENCE))
        pays = {name: len(self.escrow_pay(name)) for name in self.ids}
        seen = self.deviations()
        data = self.random.randbytes(5_000)
        inputs = [self.store("doubtful-in", data)]
        sure = self.submit("doubtful", "blake3", b"\1" + vector([]), inputs, confidence=970_000)
        record = self.await_closed(sure)
        wanted = struct.pack("<BIQ", 1, 1, len(data)) + blake3(data) + vector([])
        assert self.load("doubtful") == wanted, self.load("doubtful").hex()
        assert record["leases"] == 3, record
        assert self.deviations() == seen + 1, (seen, self.deviations())
        others = [self.ids["super-1"], self.ids["archive-1"]]
        alone = self.submit("alone", "blake3", b"\1" + vector([]), inputs, retry={"max": 1},
                            placement={"exclude_nodes": others})
        record = self.await_closed(alone, "failed")
        assert record["pay"] == "0", record
        paid = {name for name in self.ids if len(self.escrow_pay(name)) > pays[name]}
        assert paid - set(BROKERS) == {"super-1", "archive-1"}, paid
        self.settled([sure, alone], before)
        self.network.devnet("stop", LIAR)
        self.network.restart(LIAR)
        self.network.devnet("wait", "--timeout", str(PATIENCE))
        self.say(f"{LIAR} signs for wrong results: it is outvoted, and paid for none")

    def run(self):
        with Network(archives=1, edges=0, program="oortd-test") as network:
            self.begin(network)
            for happens in (self.hash_objects, self.hash_unstated, self.array, self.learn,
                            self.learn_together, self.cancel, self.kill_executor,
                            self.kill_broker, self.catch_liar):
                happens()
            self.books()
            jobs = [self.record(job) for job in self.jobs]
        self.say("all statements add up")
        return {"name": "compute", "passed": True, "jobs": len(jobs),
                "lost": sum(job["phase"] != "closed" for job in jobs), "misbehaving": [LIAR],
                "paid": str(sum(int(job["paid"]) for job in jobs)), "books_balanced": True,
                "steps": self.steps, "figures": self.figures}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    result = Drill(arguments.seed).run()
    print(json.dumps(result) if arguments.json else "compute drill passed")


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).parent)
    main()
