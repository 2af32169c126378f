#!/usr/bin/env python3
"""What a load that starts processes pays in processor time for being watched.

A machine's speed drifts by more than what is looked for here, so each measurement is a handful of short loads with a
system, between as many without before and after it, and their medians are compared; the systems take turns. "nothing"
is how far such figures differ by themselves. "agent" has its coordinator on the same machine, "agent_alone" has it
stopped (SIGSTOP) meanwhile: what the agent itself costs, as where the coordinator is elsewhere.

    tests/bench/build-references
    tests/bench/bench_slowdown.py [--only nothing,minpipe,agent,...] [--rounds N]
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import measure
from bench_exec import SYSTEMS
from services import Services

SETTLING_S = 5  # also what a new process costs at its start is over
CHUNKS, EXECUTIONS = 3, 1000


def chunk_us(program):
    """Processor time of one execution of a load without rest, µs, parent and child."""
    done = subprocess.run([measure.reference("execload"), "-n", str(EXECUTIONS), "-r", "0", "-p", "1"], check=True,
                          capture_output=True, text=True, env=dict(os.environ, EXECLOAD_PROGRAM=program))
    return json.loads(done.stdout)["cpu_us"]


def load_us(program):
    return [chunk_us(program) for _ in range(CHUNKS)]


class System:
    def __init__(self, name, directory, options):
        self.name, self.log = name, os.path.join(directory, name + ".log")
        self.stop_signal = signal.SIGTERM
        self.services = None
        if name == "nothing":
            self.command = "sleep infinity"
        elif name in ("agent", "agent_alone"):
            self.services = Services(os.path.join(directory, name), options.agent, options.coordinator)
            self.command = self.services.agent_command
        else:
            self.stop_signal = SYSTEMS[name].get("stop", signal.SIGTERM)
            self.command = SYSTEMS[name]["start"].format(mark="tiny", out=self.log + ".out", agent=options.agent,
                                                         references=measure.REFERENCES)

    def measure(self, program):
        """The load's processor time with this system, as a share of that without."""
        without = load_us(program)
        process = measure.start(self.command, self.log)
        time.sleep(SETTLING_S)
        if process.poll() is not None:
            with open(self.log) as log:
                raise SystemExit(f"{self.name} ended: {log.read()[-300:]}")
        coordinator = self.services.process if self.name == "agent_alone" else None
        if coordinator:
            coordinator.send_signal(signal.SIGSTOP)
        watched = load_us(program)
        if coordinator:
            coordinator.send_signal(signal.SIGCONT)
        measure.stop(process, self.stop_signal)
        time.sleep(1)
        without += load_us(program)
        return statistics.median(watched) / statistics.median(without)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="nothing,minpipe,agent,agent_alone,execsnoop,bpftrace")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--agent", default=os.path.join(measure.TOP, "build/release/agent/foreshock-agent"))
    parser.add_argument("--coordinator",
                        default=os.path.join(measure.TOP, "build/release/coordinator/foreshock-coordinator"))
    options = parser.parse_args()
    names = options.only.split(",")
    known = ["nothing", "agent_alone"] + [name for name, system in SYSTEMS.items() if "before" not in system]
    for name in names:
        if name not in known:
            raise SystemExit(f"unknown system {name}; known: {', '.join(known)}")
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as directory:
        program = os.path.join(directory, "tiny")
        shutil.copy(measure.reference("tiny"), program)
        systems = [System(name, directory, options) for name in names]
        shares = {name: [] for name in names}
        for _ in range(options.rounds):
            for system in systems:
                shares[system.name].append(system.measure(program))
                print(system.name, round(shares[system.name][-1], 4), "load", os.getloadavg()[0], file=sys.stderr,
                      flush=True)
        for system in systems:
            if system.services:
                system.services.stop()
    measure.print_table(
        ["system", "load's CPU with / without", "mean", "standard error of the mean"],
        [[name, f"{statistics.median(one):.3f}", f"{statistics.mean(one):.3f}",
          f"{statistics.pstdev(one) / len(one) ** 0.5:.3f}"] for name, one in shares.items()])


if __name__ == "__main__":
    main()
