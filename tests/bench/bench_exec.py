#!/usr/bin/env python3
"""Capture of execs under load: completeness, processor time an exec, memory.

Ground truth is execload's own count. Systems are interleaved within each scenario: the figures to compare are ratios
within one run. What the load pays is measured by bench_slowdown.py.

    tests/bench/build-references
    tests/bench/bench_exec.py [--only foreshock,minexec,...] [--scenarios 2000,flat1,...] [--repeats N]
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import measure
from services import Services

# {mark} is the unique base name of the program that is executed, {out} a private file, {agent} the agent.
# count prints how many execs of {mark} were captured, exits how many exits.
# "agent" is the whole service beside a coordinator, whose history is what is counted; its processor time is the agent's
# alone. minpipe is the least that the same way can cost: its agent's time, too, without its receiver's.
SYSTEMS = {
    "agent": dict(ready=3.0, own_cpu=True),
    "minpipe": dict(start="{references}/minpipe {mark} > {out}", ready=1.0, own_cpu=True,
                    count="awk '/^marked/ {{print $2}}' {out}"),
    "foreshock": dict(start="{agent} capture --json > {out}", ready=2.0,
                      count="grep -c '^.\"event\":\"exec\".*{mark}' {out}",
                      exits="grep -c '^.\"event\":\"exit\".*{mark}' {out}"),
    "minexec": dict(start="{references}/minexec {mark} > {out}", ready=0.8, count="awk '/^total/ {{print $6}}' {out}"),
    "execsnoop": dict(start="/usr/sbin/execsnoop > {out}", ready=1.0, stop=signal.SIGINT, count="grep -c /{mark} {out}"),
    "bpftrace": dict(start="bpftrace -o {out} /usr/sbin/execsnoop.bt", ready=2.5, stop=signal.SIGINT,
                     count="grep -c /{mark} {out}"),
    "forkstat": dict(start="forkstat -e exec,exit > {out}", ready=0.5, stop=signal.SIGINT,
                     count="grep -c ' exec .*/{mark}' {out}"),
    "auditd": dict(before="auditctl -D; auditctl -b 8192 -r 0; auditctl -e 1;"
                          " auditctl -a always,exit -F arch=b64 -S execve,execveat -k foreshock-bench",
                   start="auditd -n -c {out}.d", after="auditctl -D; auditctl -e 0", ready=1.0,
                   kernel_thread="kauditd", count="grep -c 'type=EXECVE.*/{mark}' {out}.d/audit.log"),
}

# rate (0: flat out), workers, executions, extra arguments, bytes of each, repeats
SCENARIOS = {
    "500": (500, 1, 1000, 3, 16, 2),
    "2000": (2000, 1, 4000, 3, 16, 3),
    "flat1": (0, 1, 12000, 3, 16, 5),
    "flat2": (0, 2, 12000, 3, 16, 4),
    "argv4k": (100, 1, 100, 40, 100, 1),
    "stall": (0, 1, 12000, 3, 16, 3),  # the system is stopped (SIGSTOP) for the first second
}

AUDITD = """log_file = {directory}/audit.log
log_format = RAW
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 4000
max_log_file_action = IGNORE
local_events = yes
q_depth = 2000
overflow_action = IGNORE
"""


class Run:
    """One measurement of one system."""

    def __init__(self, name, directory, agent, services):
        self.system = SYSTEMS[name]
        self.services = services if name == "agent" else None
        self.mark = measure.random_name()
        self.directory = directory
        self.out = os.path.join(directory, "out-" + self.mark)
        self.agent = agent

    def fill(self, template):
        return template.format(mark=self.mark, out=self.out, agent=self.agent, references=measure.REFERENCES)

    def load(self, scenario, name):
        rate, workers, count, arguments, size, _ = scenario
        program = os.path.join(self.directory, name)
        shutil.copy(measure.reference("tiny"), program)
        done = subprocess.run([measure.reference("execload"), "-n", str(count), "-r", str(rate), "-p", str(workers),
                               "-k", str(arguments), "-s", str(size)],
                              check=True, capture_output=True, text=True,
                              env=dict(os.environ, EXECLOAD_PROGRAM=program))
        os.unlink(program)
        return json.loads(done.stdout)

    def captured(self, what):
        if what not in self.system:
            return None
        lines = measure.shell(self.fill(self.system[what])).split()
        return int(lines[-1]) if lines else 0

    def measure(self, scenario, stall):
        if "before" in self.system:
            os.mkdir(self.out + ".d")
            with open(self.out + ".d/auditd.conf", "w") as conf:
                conf.write(AUDITD.format(directory=self.out + ".d"))
            measure.shell(self.fill(self.system["before"]))
        command = self.services.agent_command if self.services else self.fill(self.system["start"])
        process = measure.start(command, self.out + ".log")
        try:
            return self.measure_running(process, scenario, stall)
        finally:
            measure.stop(process)
            if "after" in self.system:
                measure.shell(self.fill(self.system["after"]))

    def measure_running(self, process, scenario, stall):
        time.sleep(self.system["ready"])
        if process.poll() is not None:
            with open(self.out + ".log") as log:
                return dict(error=log.read()[-300:])
        thread = measure.kernel_thread(self.system.get("kernel_thread", ""))
        of_system = measure.live_cpu_ns if self.system.get("own_cpu") else measure.tree_cpu_ns
        cpu = lambda: of_system(process.pid) + (measure.live_cpu_ns(thread) if thread else 0)
        before = cpu()
        resume = stop_for_a_second(process.pid) if stall else None
        loaded = self.load(scenario, self.mark)
        if resume:
            resume.join()
        time.sleep(1.0)
        used, pss = cpu() - before, measure.tree_pss_kb(process.pid)
        if self.services:
            captured, exits = self.services.wait_for_executions(self.mark, loaded["n"])
        measure.stop(process, self.system.get("stop", signal.SIGTERM))
        if not self.services:
            captured, exits = self.captured("count"), self.captured("exits")
        return dict(executed=loaded["n"], captured=captured, exits=exits,
                    cpu_us=used / 1e3 / loaded["n"], pss_kb=pss, rate=loaded["rate"], load1=os.getloadavg()[0])


def stop_for_a_second(pid):
    stopped = measure.tree(pid)
    for process in stopped:
        os.kill(process, signal.SIGSTOP)

    def resume():
        for process in stopped:
            try:
                os.kill(process, signal.SIGCONT)
            except OSError:
                pass
    timer = threading.Timer(1.0, resume)
    timer.start()
    return timer


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="agent,minpipe,foreshock,minexec,execsnoop,bpftrace,forkstat,auditd")
    parser.add_argument("--scenarios", default="500,2000,flat1,flat2,argv4k,stall")
    parser.add_argument("--repeats", type=int, default=5, help="at most; each scenario has its own number")
    parser.add_argument("--agent", default=os.path.join(measure.TOP, "build/release/agent/foreshock-agent"))
    parser.add_argument("--coordinator",
                        default=os.path.join(measure.TOP, "build/release/coordinator/foreshock-coordinator"))
    parser.add_argument("--json", help="writes every single measurement to this file")
    return parser.parse_args()


def run_all(options, names, scenarios, directory):
    services = None
    if "agent" in names:
        services = Services(os.path.join(directory, "services"), options.agent, options.coordinator)
    results = {name: {scenario: [] for scenario in scenarios} for name in names}
    for scenario in scenarios:
        shape = SCENARIOS[scenario]
        for _ in range(min(shape[5], options.repeats)):
            for name in names:  # interleave the systems, not the repeats
                result = Run(name, directory, options.agent, services).measure(shape, scenario == "stall")
                print(scenario, name, json.dumps(result), file=sys.stderr, flush=True)
                if "error" not in result:
                    results[name][scenario].append(result)
    return results


def middle(runs, key, form):
    value = measure.median([run[key] for run in runs])
    return "-" if value != value else form.format(value)


def share(runs, key):
    counted = [run for run in runs if run[key] is not None]
    executed = sum(run["executed"] for run in counted)
    return f"{sum(run[key] for run in counted) / executed:.4f}" if executed else "-"


def main():
    options = parse_arguments()
    names, scenarios = options.only.split(","), options.scenarios.split(",")
    for name in names:
        if name not in SYSTEMS:
            raise SystemExit(f"unknown system {name}; known: {', '.join(SYSTEMS)}")
    for scenario in scenarios:
        if scenario not in SCENARIOS:
            raise SystemExit(f"unknown scenario {scenario}; known: {', '.join(SCENARIOS)}")
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as directory:
        results = run_all(options, names, scenarios, directory)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)
    for scenario in scenarios:
        print(f"\n{scenario}:\n")
        measure.print_table(
            ["system", "execs captured", "exits captured", "CPU µs/exec", "PSS MB"],
            [[name, share(runs, "captured"), share(runs, "exits"), middle(runs, "cpu_us", "{:.2f}"),
              f"{measure.median([run['pss_kb'] for run in runs]) / 1024:.1f}" if runs else "-"]
             for name, runs in ((name, results[name][scenario]) for name in names)])


if __name__ == "__main__":
    main()
