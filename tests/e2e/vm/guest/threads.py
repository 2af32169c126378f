"""Processes whose threads all use the processor and end in each of three ways; prints what the kernel charged each.
threads.py MARKER → one JSON object a way {"marker": …, "way": …, "cpu_usec": user + system time as wait4 tells it}."""
import hashlib, json, os, signal, sys, threading, time

WAYS = {
    "joined": 0,                            # all threads are done, then the process returns
    "exit": 0,                              # the process exits with two threads at work
    "killed": signal.SIGKILL,               # from outside, with all threads at work
}


def work(data, rounds):
    for _ in range(rounds):
        hashlib.sha256(data).digest()       # releases the interpreter's lock


def child(way):
    data = bytes(1 << 20)
    rounds = {"joined": (4, 8, 40, 80), "exit": (4, 8, 1000, 1000), "killed": (9000, 9000, 9000, 9000)}[way]
    threads = [threading.Thread(target=work, args=(data, n), daemon=True) for n in rounds]
    for thread in threads:
        thread.start()
    for thread in threads if way == "joined" else threads[:2]:
        thread.join()
    if way == "exit":
        os._exit(0)


def measure(marker, way):
    program = [sys.executable, os.path.abspath(__file__), marker, "child", way]
    pid = os.posix_spawn(sys.executable, program, os.environ)
    if way == "killed":
        time.sleep(2)
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    assert status == WAYS[way], status
    print(json.dumps({"marker": marker, "way": way, "cpu_usec": round((usage.ru_utime + usage.ru_stime) * 1e6)}))


if __name__ == "__main__":
    if len(sys.argv) > 3:
        child(sys.argv[3])
    else:
        for name in WAYS:
            measure(sys.argv[1], name)
