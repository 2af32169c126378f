#!/usr/bin/env python3
"""What an exec and its exit cost in the kernel: the time in each system's BPF programs, as the kernel itself counts it
(kernel.bpf_stats_enabled, on for the runs only; that costs some 40 ns a program of its own), for each execution.

    tests/bench/build-references
    tests/bench/bench_kernel.py [--only agent,minexec,execsnoop,bpftrace] [--executions 12000] [--rounds 5]

Flat out with one worker, systems in turns. `agent` is `foreshock-agent capture`, all of whose programs count, also those
that other execs and exits of the machine ran into, the 100 ms timer's not: it is no program.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import measure

STATS = "/proc/sys/kernel/bpf_stats_enabled"
SYSTEMS = {
    "agent": dict(start="{agent} capture --json", ready=2.0),
    "minexec": dict(start="{references}/minexec unmarked", ready=0.8),
    "execsnoop": dict(start="/usr/sbin/execsnoop", ready=1.0, stop=signal.SIGINT),
    "bpftrace": dict(start="bpftrace /usr/sbin/execsnoop.bt", ready=2.5, stop=signal.SIGINT),
}


def programs():
    """By id: name and nanoseconds so far."""
    shown = json.loads(measure.shell("bpftool prog show --json") or "[]")
    return {one["id"]: (one.get("name", "?"), one.get("run_time_ns", 0)) for one in shown}


def write_stats(value):
    with open(STATS, "w") as file:
        file.write(value)


def load(program, executions):
    subprocess.run([measure.reference("execload"), "-n", str(executions), "-r", "0", "-p", "1", "-k", "3", "-s", "16"],
                   check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, EXECLOAD_PROGRAM=program))


def run(system, agent, program, executions, directory):
    """Nanoseconds an execution, by program."""
    others = programs()
    process = measure.start(system["start"].format(agent=agent, references=measure.REFERENCES), f"{directory}/log")
    time.sleep(system["ready"])
    before = {number: one for number, one in programs().items() if number not in others}
    load(program, executions)
    after = programs()
    used = {}
    for number, (name, ns) in before.items():
        used[name] = used.get(name, 0) + (after[number][1] - ns) / executions
    measure.stop(process, system.get("stop", signal.SIGTERM))
    return used


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(SYSTEMS))
    parser.add_argument("--executions", type=int, default=12000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--agent", default=os.path.join(measure.TOP, "build/release/agent/foreshock-agent"))
    options = parser.parse_args()
    names = options.only.split(",")
    runs = {name: [] for name in names}
    with open(STATS) as file:
        stats_before = file.read()
    try:
        write_stats("1")
        with tempfile.TemporaryDirectory() as directory:
            program = os.path.join(directory, "tiny")
            shutil.copy(measure.reference("tiny"), program)
            for _ in range(options.rounds):
                for name in names:
                    runs[name].append(run(SYSTEMS[name], options.agent, program, options.executions, directory))
    finally:
        write_stats(stats_before)
    sums = {name: measure.median([sum(used.values()) for used in runs[name]]) for name in names}
    least = sums.get("minexec", float("nan"))
    measure.print_table(["system", "ns an exec with its exit", "beside minexec", "of that"],
                        [[name, f"{sums[name]:.0f}", f"{sums[name] / least:.2f} ×", details(runs[name])]
                         for name in names])


def details(runs):
    """Medians of the programs, dearest first."""
    names = {name for used in runs for name in used}
    medians = sorted(((measure.median([used.get(name, 0) for used in runs]), name) for name in names), reverse=True)
    return ", ".join(f"{name} {ns:.0f}" for ns, name in medians if ns >= 1)


if __name__ == "__main__":
    main()
