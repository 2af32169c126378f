#!/usr/bin/env python3
"""What it costs to watch a host: processor time and memory of systems that run side by side, on the host as it is and
with many more processes.

    tests/bench/build-references
    tests/bench/bench_watch.py [--processes 0,3000] [--seconds 60] [--only agent,netdata,...]

All look once a second but the exporters, which are asked each 15 seconds. `agent` is the whole service beside a
coordinator. `taskscan` is the least: a task iterator that writes fixed records, read and added up.
"""
import argparse
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import measure
from services import Services

NETDATA = """[directories]
 cache = {directory}/netdata
 lib = {directory}/netdata
 log = {directory}/netdata
[global]
 run as user = root
[web]
 bind to = 127.0.0.1:19999
"""
PROCESS_EXPORTER = """process_names:
  - name: "{{.Comm}}"
    cmdline: ['.+']
"""
SYSTEMS = {
    "taskscan": dict(start="{references}/taskscan"),
    "top": dict(start="top -b -d 1", stop=signal.SIGINT),
    # It ends when its input does.
    "apps.plugin": dict(start="bash -c 'exec /usr/lib/netdata/plugins.d/apps.plugin 1 < <(exec sleep infinity)'"),
    "netdata": dict(start="netdata -D -c {directory}/netdata.conf"),
    "node-exporter": dict(start="prometheus-node-exporter --web.listen-address=127.0.0.1:19100",
                          scrape="http://127.0.0.1:19100/metrics"),
    "process-exporter": dict(start="prometheus-process-exporter --config.path={directory}/process-exporter.yml"
                                   " --web.listen-address=127.0.0.1:19257",
                             scrape="http://127.0.0.1:19257/metrics"),
}
SCRAPE_EACH_S = 15
WARM_UP_S = 10


def scrape(url):
    try:
        with urllib.request.urlopen(url) as reply:
            reply.read()
    except urllib.error.URLError as error:
        print(f"{url}: {error}")


def watch(systems, processes, seconds):
    """For each system percent of a core and PSS in MB; None: it ended."""
    time.sleep(WARM_UP_S)
    before = {name: measure.tree_cpu_ns(process.pid) for name, process in processes.items()}
    began = time.monotonic()
    next_scrape = began
    while time.monotonic() < began + seconds:
        if time.monotonic() >= next_scrape:
            next_scrape += SCRAPE_EACH_S
            for name in processes:
                if systems[name].get("scrape"):
                    scrape(systems[name]["scrape"])
        time.sleep(0.5)
    elapsed_ns = (time.monotonic() - began) * 1e9
    return {name: None if process.poll() is not None else
            (100 * (measure.tree_cpu_ns(process.pid) - before[name]) / elapsed_ns,
             measure.tree_pss_kb(process.pid) / 1024)
            for name, process in processes.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", default="0,3000", help="sleeping ones beside those that are there")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="agent," + ",".join(SYSTEMS))
    build = os.path.join(measure.TOP, "build/release")
    parser.add_argument("--agent", default=f"{build}/agent/foreshock-agent")
    parser.add_argument("--coordinator", default=f"{build}/coordinator/foreshock-coordinator")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(f"{directory}/netdata")
        for name, text in (("netdata.conf", NETDATA.format(directory=directory)),
                           ("process-exporter.yml", PROCESS_EXPORTER)):
            with open(f"{directory}/{name}", "w") as file:
                file.write(text)
        services = Services(f"{directory}/services", options.agent, options.coordinator)
        systems = {"agent": dict(start=services.agent_command), **SYSTEMS}
        systems = {name: systems[name] for name in options.only.split(",")}
        results = {}
        counts = [int(count) for count in options.processes.split(",")]
        for count in counts:
            sleepers = subprocess.Popen([measure.reference("sleepers"), str(count)], stdout=subprocess.PIPE)
            sleepers.stdout.readline()
            started = {name: measure.start(system["start"].format(references=measure.REFERENCES, directory=directory),
                                           f"{directory}/{name}.log") for name, system in systems.items()}
            for name, result in watch(systems, started, options.seconds).items():
                results[name, count] = result
            for name, process in started.items():
                measure.stop(process, systems[name].get("stop", signal.SIGTERM))
            sleepers.terminate()
            sleepers.wait()
        measure.print_table(["system"] + [f"{what} with {count} more" for count in counts for what in ("CPU %", "PSS MB")],
                            [[name] + [cell for count in counts for cell in
                                       (("-", "-") if results[name, count] is None else
                                        (f"{results[name, count][0]:.3f}", f"{results[name, count][1]:.1f}"))]
                             for name in systems])


if __name__ == "__main__":
    main()
