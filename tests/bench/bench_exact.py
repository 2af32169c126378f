#!/usr/bin/env python3
"""Are exit records exact? Processes of several threads that end in three ways, against what wait4 says of them.

    tests/bench/build-references
    tests/bench/bench_exact.py [--repeats N]
"""
import argparse
import json
import os
import tempfile
import time

import measure

MODES = {"0": "threads joined, exit", "1": "exit_group from a worker", "2": "leader goes first"}


def true_exits(directory, repeats):
    """What wait4 says: rows of mode, pid, cpu_us, rss_kb, write_kb, code."""
    text = measure.shell(f"{measure.reference('mtexit')} {directory}/scratch {repeats}")
    return [line.split() for line in text.splitlines()]


def read_minexec(path):
    with open(path) as file:
        rows = [line.split() for line in file if line.startswith("exit ")]
    return {row[1]: dict(cpu_us=float(row[2]), rss_kb=float(row[3]), write_kb=float(row[4]), code=int(row[5]))
            for row in rows}


def read_foreshock(path):
    found = {}
    with open(path) as file:
        for line in file:
            record = json.loads(line)
            if record.get("event") == "exit" and record.get("comm") == "fsmtest":
                found[str(record["pid"])] = dict(cpu_us=record["cpu_us"], rss_kb=record["peak_rss_kib"],
                                                 write_kb=record["written_bytes"] / 1024,
                                                 code=record["exit_code"])
    return found


def compare(name, command, read, directory, repeats):
    out = os.path.join(directory, name)
    process = measure.start(f"{command} > {out}", out + ".log")
    time.sleep(2.0)
    if process.poll() is not None:
        with open(out + ".log") as log:
            raise SystemExit(f"{name} ended at once: {log.read()[-300:]}")
    truth = true_exits(directory, repeats)
    time.sleep(1.0)
    measure.stop(process)
    reported = read(out)
    for mode, description in MODES.items():
        rows = [row for row in truth if row[0] == mode]
        pairs = [(row, reported[row[1]]) for row in rows if row[1] in reported]
        cpu = [got["cpu_us"] / float(row[2]) for row, got in pairs]
        worst = max(cpu, key=lambda ratio: abs(ratio - 1), default=float("nan"))
        yield [name, description, f"{len(pairs)}/{len(rows)}", f"{measure.median(cpu):.3f}, {worst:.3f}",
               f"{measure.median([got['rss_kb'] / float(row[3]) for row, got in pairs]):.3f}",
               f"{measure.median([got['write_kb'] / float(row[4]) for row, got in pairs]):.2f}",
               f"{sum(got['code'] == int(row[5]) for row, got in pairs)}/{len(rows)}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agent", default=os.path.join(measure.TOP, "build/release/agent/foreshock-agent"))
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    systems = {"foreshock": (f"{options.agent} capture --json", read_foreshock),
               "minexec": (f"{measure.reference('minexec')} fsmtest fsmtest", read_minexec)}
    rows = []
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as directory:
        for name, (command, read) in systems.items():
            rows += compare(name, command, read, directory, options.repeats)
    measure.print_table(["system", "ended by", "exits reported", "CPU reported / true (median, worst)", "peak RSS",
                         "written bytes", "exit code right"], rows)


if __name__ == "__main__":
    main()
