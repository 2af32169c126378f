"""Whether the coordinator has each command `/bin/true MARKER-n` of a host, n from FIRST to LAST, exactly once and ended.
has_all.py HOST MARKER FIRST LAST [SECONDS]: waits so long for them; else says what is missing or repeated."""
import collections, json, subprocess, sys, time

host, marker, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
deadline = time.monotonic() + int(sys.argv[5] if len(sys.argv) > 5 else 0)
wanted = {f"{marker}-{n}" for n in range(first, last + 1)}

while True:
    reply = subprocess.run(["foreshock-coordinator", "commands", marker + "-", "--host", host, "--limit", "1000", "--json"],
                           capture_output=True, text=True)
    rows = json.loads(reply.stdout)["commands"] if reply.returncode == 0 else []
    seen = collections.Counter(row["argv"][1] for row in rows if row["end"] and len(row["argv"]) == 2)
    missing = sorted(wanted - set(seen), key=lambda name: int(name.rpartition("-")[2]))
    repeated = sorted(name for name, count in seen.items() if name in wanted and count > 1)
    if (not missing and not repeated) or time.monotonic() > deadline:
        break
    time.sleep(2)
print(f"{len(wanted) - len(missing)} of {len(wanted)}; missing {missing[:10]}, repeated {repeated[:10]} {reply.stderr.strip()}")
sys.exit(bool(missing or repeated))
