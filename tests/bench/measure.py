"""What the benchmarks share: exact processor time of process trees, start and stop of a system, paths."""
import atexit
import os
import random
import re
import signal
import statistics
import string
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
REFERENCES = os.path.join(TOP, "build", "bench-references")


def reference(name):
    """Path of a program of ours that `build-references` made."""
    path = os.path.join(REFERENCES, name)
    if not os.path.exists(path):
        raise SystemExit(f"{path} is missing: run tests/bench/build-references first")
    return path


def tree(pid):
    """The process and all its descendants."""
    found, queue = [], [pid]
    while queue:
        current = queue.pop()
        found.append(current)
        try:
            for thread in os.listdir(f"/proc/{current}/task"):
                with open(f"/proc/{current}/task/{thread}/children") as children:
                    queue += [int(child) for child in children.read().split()]
        except OSError:
            pass  # it has just ended
    return found


def live_cpu_ns(pid):
    """Exact time of one live process, ended threads included (the kernel's per-process clock)."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)
    except OSError:
        return 0


def reaped_cpu_ns(pid):
    """Time of its children that were waited for; in ticks of 10 ms."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


def tree_cpu_ns(pid):
    return sum(live_cpu_ns(p) + reaped_cpu_ns(p) for p in tree(pid))


def tree_pss_kb(pid):
    total = 0
    for process in tree(pid):
        try:
            with open(f"/proc/{process}/smaps_rollup") as rollup:
                total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return total


def kernel_thread(name):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as comm, open(f"/proc/{pid}/cmdline") as command_line:
                if comm.read().strip() == name and not command_line.read():
                    return int(pid)
        except OSError:
            pass
    return None


def shell(command):
    """Output of a shell command; its failures are output that is missing."""
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True).stdout


def start(command, log_path):
    """Starts a system; its output goes to the log. It ends with us, whatever happens."""
    with open(log_path, "w") as log:
        process = subprocess.Popen(["bash", "-c", "exec " + command], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    atexit.register(stop, process)
    return process


def prefer(process, nice):
    """Where the kernel groups tasks by session, the nice value of a process says nothing outside of its session."""
    try:
        with open(f"/proc/{process.pid}/autogroup", "w") as file:
            file.write(str(nice))
    except OSError:
        pass  # no such groups


def stop(process, how=signal.SIGTERM, patience_s=10):
    """Ends a system and what is left in its session. Until it is reaped its id cannot be a stranger's."""
    if process.returncode is not None:
        return
    if process.poll() is None:
        process.send_signal(how)
        end = time.monotonic() + patience_s
        while time.monotonic() < end and not os.waitid(os.P_PID, process.pid,
                                                       os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.01)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            pass
    process.wait()


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else float("nan")


def random_name():
    return "".join(random.choices(string.ascii_lowercase, k=10))


def print_table(headings, rows):
    print("| " + " | ".join(headings) + " |")
    print("|" + "---|" * len(headings))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
