# SPDX-License-Identifier: Apache-2.0
"""Drives `oortd campaign work --json` through pipes, as a program of a contributor would."""
import json
import subprocess


def read_line(process):
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args}: exit {process.wait()}")
    said = json.loads(line)
    if "error" in said or "reason" in said:
        raise RuntimeError(f"{process.args}: {line}")
    return said


def sit(command, answer, count_max=None):
    """Answers `answer(content)` until nothing is left, or so often. Returns [(content, label)] of
    what the next line came behind, and that last line."""
    taken = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            said = read_line(process)
            while "answered" not in said and len(taken) != count_max:
                content = said["content"]
                label = answer(content)
                process.stdin.write(f"{label}\n")
                process.stdin.flush()
                said = read_line(process)
                taken.append((content, label))
            process.stdin.close()
            if "answered" not in said:
                said = read_line(process)
            if process.wait() != 0 or said["answered"] != len(taken):
                raise RuntimeError(f"{command}: exit {process.returncode}, {said}")
            return taken, said
        finally:
            process.kill()
