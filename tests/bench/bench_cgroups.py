#!/usr/bin/env python3
"""What a look at one more workload costs: the agent's processor time with and without so many cgroups of one sleeping
process each, beside `cgroupscan`, which opens, reads and closes their files (or holds them open) and does nothing with
what it read. The agent's time has the numbers' way into history in it: parsing, differences, records, delivery.

    tests/bench/build-references
    tests/bench/bench_cgroups.py [--cgroups 300] [--seconds 20] [--rounds 3]
"""
import argparse
import os
import subprocess
import tempfile
import time

import measure
from services import Services

V1_FILES = {"cpu": ["cpu.stat"], "cpuacct": ["cpuacct.usage"],
            "memory": ["memory.usage_in_bytes", "memory.stat", "memory.max_usage_in_bytes"],
            "blkio": ["blkio.throttle.io_service_bytes"], "pids": ["pids.current"]}
V2_FILES = ["cpu.stat", "cpu.pressure", "memory.current", "memory.stat", "memory.events", "memory.pressure", "io.stat"]
ROOT = "/sys/fs/cgroup"
NAME = "foreshock-bench"
WARM_UP_S = 5


class Cgroups:
    """So many, with a process in each."""

    def __init__(self, count):
        self.v1 = not os.path.exists(f"{ROOT}/cgroup.controllers")
        self.tops = [f"{ROOT}/{controller}/{NAME}" for controller in V1_FILES] if self.v1 else [f"{ROOT}/{NAME}"]
        self.names = [str(number) for number in range(count)]
        for top in self.tops:
            os.makedirs(top, exist_ok=True)
            if not self.v1:
                with open(f"{top}/cgroup.subtree_control", "w") as file:
                    file.write("+cpu +memory +io +pids")
            for name in self.names:
                os.makedirs(f"{top}/{name}", exist_ok=True)
        self.sleepers = subprocess.Popen([measure.reference("sleepers"), str(count)], stdout=subprocess.PIPE)
        self.sleepers.stdout.readline()
        children = [pid for pid in measure.tree(self.sleepers.pid) if pid != self.sleepers.pid]
        for pid, name in zip(children, self.names):
            for top in self.tops:
                with open(f"{top}/{name}/cgroup.procs", "w") as file:
                    file.write(str(pid))

    def files(self):
        pairs = ([(f"{ROOT}/{controller}/{NAME}", files) for controller, files in V1_FILES.items()] if self.v1
                 else [(f"{ROOT}/{NAME}", V2_FILES)])
        return [f"{top}/{name}/{file}" for top, files in pairs for name in self.names for file in files]

    def remove(self):
        self.sleepers.terminate()
        self.sleepers.wait()
        time.sleep(1)  # until the last one has left
        for top in self.tops:
            for path in [f"{top}/{name}" for name in self.names] + [top]:
                os.rmdir(path)


def reference_ms(files, rounds, *options):
    program = [measure.reference("cgroupscan"), *options, str(rounds)]
    return float(subprocess.run(["bash", "-c", "ulimit -n 65536; exec \"$@\"", "bash", *program],
                                input="\n".join(files), capture_output=True, text=True, check=True).stdout)


def agent_ms(services, seconds):
    """Of one second, on average."""
    agent = measure.start(services.agent_command, f"{services.directory}/agent.log")
    time.sleep(WARM_UP_S)
    before, began = measure.tree_cpu_ns(agent.pid), time.monotonic()
    time.sleep(seconds)
    used_ms = (measure.tree_cpu_ns(agent.pid) - before) / 1e6 / (time.monotonic() - began)
    if agent.poll() is not None:
        raise SystemExit(f"the agent ended; see {services.directory}/agent.log")
    measure.stop(agent)
    return used_ms


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cgroups", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    build = os.path.join(measure.TOP, "build/release")
    parser.add_argument("--agent", default=f"{build}/agent/foreshock-agent")
    parser.add_argument("--coordinator", default=f"{build}/coordinator/foreshock-coordinator")
    options = parser.parse_args()

    results = {"cgroupscan": [], "cgroupscan -k": [], "agent": []}
    with tempfile.TemporaryDirectory() as directory:
        services = Services(directory, options.agent, options.coordinator)
        for _ in range(options.rounds):
            without = agent_ms(services, options.seconds)
            cgroups = Cgroups(options.cgroups)
            try:
                results["cgroupscan"].append(reference_ms(cgroups.files(), 5))
                results["cgroupscan -k"].append(reference_ms(cgroups.files(), 5, "-k"))
                results["agent"].append(agent_ms(services, options.seconds) - without)
            finally:
                cgroups.remove()
        services.stop()
    first = measure.median(results["cgroupscan"])
    measure.print_table(["", "ms a second", "µs a cgroup", "beside cgroupscan"],
                        [[name, f"{measure.median(values):.2f}", f"{1000 * measure.median(values) / options.cgroups:.1f}",
                          f"{measure.median(values) / first:.2f} ×"] for name, values in results.items()])


if __name__ == "__main__":
    main()
