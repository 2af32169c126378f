#!/usr/bin/env python3
"""From an exec to the write of a cgroup file: a reflex of the product beside the least that a way over a coordinator can
take (an exec's wake-up, a CURVE round trip, a write; nothing decoded or decided), in turns, idle and with busy cores.

    tests/bench/build-references
    tests/bench/bench_react.py [--agent PATH] [--coordinator PATH] [--firings N] [--rounds N]

Starts coordinator and agent in a directory and a cgroup of their own, arms a reflex by a person's rule, runs its command
again and again and reads from the agent's status how long each took. Then the change is seen from outside: from the
spawn of the command until the file reads another value.
"""
import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

import measure

WINDOW_S = 0.1
RAISED = "1500m"
RAISED_QUOTA = "150000"


def cgroup_root():
    """Where the cpu controller is: v1 or v2, its limit file, a value of 1000m."""
    if os.path.isdir("/sys/fs/cgroup/cpu"):
        return "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "100000"
    return "/sys/fs/cgroup", "cpu.max", "100000 100000"


class Cgroup:
    def __init__(self, name):
        root, self.limit, self.initial = cgroup_root()
        self.path = f"/{name}"
        self.directory = root + self.path
        os.makedirs(self.directory, exist_ok=True)
        self.file = os.path.join(self.directory, self.limit)
        self.reset()

    def reset(self):
        with open(self.file, "w") as file:
            file.write(self.initial)

    def read(self):
        with open(self.file) as file:
            return file.read()

    def remove(self):
        os.rmdir(self.directory)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Product:
    """Coordinator and agent, with one reflex."""

    def __init__(self, options, directory, cgroup, command):
        self.options, self.directory, self.cgroup = options, directory, cgroup
        port = free_port()
        self.admin = f"{directory}/admin.sock"
        self.write("coordinator.toml", f'''
[coordinator]
state_directory = "{directory}/coordinator"
listen = "tcp://127.0.0.1:{port}"
admin_socket = "{self.admin}"
socket_group = "root"
[[reflex]]
name = "bench"
mode = "auto"
signature = "{os.path.basename(command)}"
cgroup = "{cgroup.path}"
value = "{RAISED}"
window = "{int(WINDOW_S * 1000)}ms"
''')
        self.coordinator = measure.start(
            f"{options.coordinator} serve --config {directory}/coordinator.toml", f"{directory}/coordinator.log")
        key = self.wait_for(lambda: self.ask("status")["public_key"], "the coordinator")
        self.write("agent.toml", f'''
[agent]
state_directory = "{directory}/agent"
status_socket = "{directory}/agent.sock"
socket_group = "root"
[coordinator]
endpoint = "tcp://127.0.0.1:{port}"
public_key = "{key}"
[capture]
pin_directory = ""
[reflex]
firings_per_minute = 100000
[[adjust]]
cgroup = "{cgroup.path}"
''')
        # As its unit does.
        self.agent = measure.start(f"nice -n -10 {options.agent} run --config {directory}/agent.toml",
                                   f"{directory}/agent.log")
        measure.prefer(self.agent, -10)
        pending = self.wait_for(lambda: self.ask("agents")["agents"][0]["public_key"], "the agent")
        self.ask("agents", "approve", "--", pending)
        self.wait_for(lambda: self.reflex() is not None, "the reflex")

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w") as file:
            file.write(text)

    def ask(self, *verb):
        if "--" in verb:
            at = verb.index("--")
            verb = verb[:at] + ("--socket", self.admin, "--json") + verb[at:]
        else:
            verb += ("--socket", self.admin, "--json")
        return json.loads(subprocess.run([self.options.coordinator, *verb], check=True, capture_output=True).stdout)

    def status(self):
        return json.loads(subprocess.run(["curl", "-s", "--unix-socket", f"{self.directory}/agent.sock",
                                          "http://localhost/status"], check=True, capture_output=True).stdout)

    def reflex(self):
        armed = self.status()["reflexes"]
        return armed[0] if armed else None

    @staticmethod
    def wait_for(look, what):
        for _ in range(300):
            try:
                if found := look():
                    return found
            except (subprocess.CalledProcessError, json.JSONDecodeError, IndexError, KeyError):
                pass  # not there yet
            time.sleep(0.1)
        raise SystemExit(f"{what} did not come up in 30 s")

    def stop(self):
        measure.stop(self.agent)
        measure.stop(self.coordinator)


def fire(product, command, times):
    """Reactions as the agent measures them, µs. Nothing spins meanwhile: the reference has idle cores, too."""
    seen = {}
    product.cgroup.reset()
    before = product.cgroup.read()
    for turn in range(times):
        os.waitpid(os.posix_spawn(command, [command], {}), 0)
        time.sleep(WINDOW_S)
        while product.cgroup.read() != before:  # until its window is over
            time.sleep(0.02)
        if turn % 4 == 3:
            collect(product, seen)
    time.sleep(1.2)
    collect(product, seen)
    return list(seen.values())


def fire_and_watch(product, command, times):
    """From the spawn until the file reads another value, µs: seen from outside, which keeps a core busy."""
    outside = []
    product.cgroup.reset()
    before = product.cgroup.read()
    for _ in range(times):
        began = time.monotonic_ns()
        pid = os.posix_spawn(command, [command], {})
        while product.cgroup.read() == before and time.monotonic_ns() - began < 2e9:
            pass
        outside.append((time.monotonic_ns() - began) / 1e3)
        os.waitpid(pid, 0)
        while product.cgroup.read() != before:
            time.sleep(0.02)
    return outside


def collect(product, seen):
    for outcome in product.status()["recent_outcomes"]:
        if outcome["cause"] == "reflex" and outcome["reaction_us"] is not None:
            seen[outcome["detail"]] = outcome["reaction_us"]


def run_reference(cgroup_file, command, firings, nice):
    react = subprocess.Popen(["nice", "-n", str(nice), measure.reference("react"), str(firings), cgroup_file],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    measure.prefer(react, nice)
    react.stderr.readline()
    for _ in range(firings + 5):
        os.waitpid(os.posix_spawn(command, [command], {}), 0)
        time.sleep(0.01)
    return json.loads(react.communicate(timeout=90)[0])


def at(values, share):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    build = os.path.join(measure.TOP, "build", "release")
    parser.add_argument("--agent", default=f"{build}/agent/foreshock-agent")
    parser.add_argument("--coordinator", default=f"{build}/coordinator/foreshock-coordinator")
    parser.add_argument("--firings", type=int, default=100, help="of each, in each round (100)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    directory = tempfile.mkdtemp(prefix="foreshock-react-")
    cgroup, reference_cgroup = Cgroup("foreshock-react"), Cgroup("foreshock-react-reference")
    command, product = os.path.join(directory, "fsrtiny"), None
    shutil.copy(measure.reference("tiny"), command)
    try:
        product = Product(options, directory, cgroup, command)
        print("| cores | round | reference p50 / p99 µs | reflex p50 / p99 µs | ratios | spawn to change p50 / p99 |")
        print("|---|---|---|---|---|---|")
        for busy in (0, os.cpu_count()):
            burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(busy)]
            halves, wholes = [], []
            try:
                for turn in range(options.rounds):
                    total = run_reference(reference_cgroup.file, command, options.firings, -10)["total_us"]
                    inside = fire(product, command, options.firings)
                    outside = fire_and_watch(product, command, max(options.firings // 4, 10))
                    halves.append(at(inside, .5) / total["p50"])
                    wholes.append(at(inside, .99) / total["p99"])
                    print(f"| {'busy' if busy else 'idle'} | {turn + 1} | {total['p50']:.0f} / {total['p99']:.0f} "
                          f"| {at(inside, .5):.0f} / {at(inside, .99):.0f} ({len(inside)}) "
                          f"| {halves[-1]:.2f} / {wholes[-1]:.2f} "
                          f"| {at(outside, .5):.0f} / {at(outside, .99):.0f} |", flush=True)
            finally:
                for burner in burners:
                    burner.kill()
                    burner.wait()
            print(f"| {'busy' if busy else 'idle'} | median | | | {statistics.median(halves):.2f} / "
                  f"{statistics.median(wholes):.2f} | |", flush=True)
    finally:
        if product:
            product.stop()
        cgroup.remove()
        reference_cgroup.remove()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
