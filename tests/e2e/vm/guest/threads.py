"""One process whose threads all use the processor and end together, some in mid-work; prints what the kernel charged it.
threads.py MARKER → one JSON object {"marker": …, "cpu_usec": user + system time as wait4 tells it}."""
import hashlib, json, os, sys, threading


def work(data, rounds):
    for _ in range(rounds):
        hashlib.sha256(data).digest()       # releases the interpreter's lock


def child():
    data = bytes(1 << 20)
    threads = [threading.Thread(target=work, args=(data, rounds), daemon=True) for rounds in (4, 8, 1000, 1000)]
    for thread in threads:
        thread.start()
    threads[1].join()
    os._exit(0)                             # two threads are still at work


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2] == "child":
        child()
    pid = os.posix_spawn(sys.executable, [sys.executable, os.path.abspath(__file__), sys.argv[1], "child"], os.environ)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, status
    print(json.dumps({"marker": sys.argv[1], "cpu_usec": round((usage.ru_utime + usage.ru_stime) * 1e6)}))
