#!/usr/bin/env python3
"""The agent beside a coordinator under a steady storm of executions, for as long as is asked: is its memory flat, is
anything lost?

    tests/bench/build-references
    tests/bench/bench_soak.py --minutes 60 --rate 2000
"""
import argparse
import os
import shutil
import subprocess
import tempfile
import time

import measure
from services import Services, find

HISTORY = "[history]\nmax_bytes = \"256MiB\"\n"


def memory_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return resident, measure.tree_pss_kb(pid)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=int, default=2000, help="executions a second")
    parser.add_argument("--workers", type=int, default=1,
                        help="that start them, each waiting for its own to end; on some virtual machines one is the fastest")
    parser.add_argument("--every", type=float, default=60, help="seconds between two lines")
    parser.add_argument("--agent", default=os.path.join(measure.TOP, "build/release/agent/foreshock-agent"))
    parser.add_argument("--coordinator",
                        default=os.path.join(measure.TOP, "build/release/coordinator/foreshock-coordinator"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as directory:
        soak(options, directory)


def soak(options, directory):
    services = Services(os.path.join(directory, "services"), options.agent, options.coordinator,
                        more_coordinator_config=HISTORY)
    agent = measure.start(services.agent_command, os.path.join(directory, "agent.log"))
    time.sleep(3)
    mark = measure.random_name()
    program = os.path.join(directory, mark)
    shutil.copy(measure.reference("tiny"), program)
    count = int(options.minutes * 60 * options.rate)
    load = subprocess.Popen([measure.reference("execload"), "-n", str(count), "-r", str(options.rate),
                             "-p", str(options.workers), "-k", "3", "-s", "16"], stdout=subprocess.DEVNULL,
                            env=dict(os.environ, EXECLOAD_PROGRAM=program))
    print("minute | execs captured | exits | lost execs, exits | elsewhere | CPU % | RSS MB | PSS MB | live | spool KB",
          flush=True)
    begin, cpu = time.monotonic(), measure.live_cpu_ns(agent.pid)
    before = begin
    while load.poll() is None and agent.poll() is None:
        try:
            load.wait(options.every)
        except subprocess.TimeoutExpired:
            pass
        now, used = time.monotonic(), measure.live_cpu_ns(agent.pid)
        status = services.agent_status()
        capture, losses = status.get("capture", {}), status.get("losses", {})
        elsewhere = sum(value for hop, value in losses.items() if not hop.startswith("kernel"))
        resident, share = memory_kb(agent.pid)
        print(f"{(now - begin) / 60:6.1f} | {capture.get('execs')} | {capture.get('exits')} | "
              f"{capture.get('lost_execs')}, {capture.get('lost_exits')} | {elsewhere} | "
              f"{(used - cpu) / 1e7 / (now - before):.2f} | {resident / 1024:.1f} | {share / 1024:.1f} | "
              f"{find(status, 'tracked')} | {find(status, 'bytes') // 1024}", flush=True)
        before, cpu = now, used
    measure.stop(agent)


if __name__ == "__main__":
    main()
