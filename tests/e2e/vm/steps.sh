# shellcheck shell=bash
# The steps of tests/e2e/vm/run, in order.

unit_cgroup=/sys/fs/cgroup/system.slice/warehouse.service

install_packages() {
  on h1 'dpkg -i /mnt/share/foreshock-agent.deb /mnt/share/foreshock-coordinator.deb' &&
    on h2 'dpkg -i /mnt/share/foreshock-agent.deb'
}

explains_first_start() {
  on h2 'journalctl -u foreshock-agent --no-pager | tee /dev/stderr | grep -q "agents approve"' &&
    on h2 '! systemctl is-active --quiet foreshock-agent'
}

checks_host() { # on this kernel the agent finds all it needs
  on h2 'foreshock-agent check --json > /tmp/check.json; status=$?; cat /tmp/check.json; ((status < 2))'
}

# Without CAP_BPF the better source is not claimed, and what it needs is named.
is_told_of_missing_privileges() { # COMMAND that runs check
  on h2 "$1 foreshock-agent check --json > /tmp/lesser.json; status=\$?; cat /tmp/lesser.json; ((status == 2)) || ((status == 1)) || exit 1
    jq -e '.checks[] | select(.name == \"privileges\" and .state != \"ok\" and (.detail | test(\"CAP_BPF\")) and .remedy != \"\")' /tmp/lesser.json &&
    jq -e '.checks[] | select(.name == \"event_source\" and .state != \"ok\" and .remedy != \"\")' /tmp/lesser.json"
}

checks_as_lesser_ones() {
  is_told_of_missing_privileges 'runuser -u nobody --' &&
    is_told_of_missing_privileges 'systemd-nspawn --quiet --pipe --volatile=yes --drop-capability=CAP_SYS_ADMIN --directory=/'
}

configure_coordinator() {
  on h1 'mkdir -p /etc/foreshock/coordinator.toml.d && cat > /etc/foreshock/coordinator.toml.d/site.toml <<X
[learning]
interval = "5s"
step = "1s"
history = "30min"
horizon = "1min"
max_lag = "20s"
max_series = 16
X
systemctl restart foreshock-coordinator && systemctl is-active foreshock-coordinator'
}

enrol_agents() {
  local key
  key=$(on h1 'foreshock-coordinator status --json | jq -r .public_key')
  [[ ${#key} == 40 ]] || return 1
  local host
  for host in h1 h2; do
    on "$host" "cat > /etc/foreshock/agent.toml.d/site.toml <<'X'
[coordinator]
endpoint = \"tcp://h1:7420\"
public_key = '$key'
[[adjust]]
cgroup = \"/system.slice/warehouse.service\"
knobs = [\"cpu_max\", \"memory_max\"]
min_cpu = \"100m\"
X
systemctl restart foreshock-agent" || return 1
  done
  eventually h1 60 '(($(foreshock-coordinator agents list --json | jq "[.agents[] | select(.enrolment == \"pending\")] | length") == 2))' &&
    on h1 'for key in $(foreshock-coordinator agents list --json | jq -r ".agents[].public_key"); do foreshock-coordinator agents approve -- "$key" || exit 1; done' &&
    eventually h1 90 '(($(foreshock-coordinator hosts --json | jq ".hosts | length") == 2))'
}

is_hardened() {
  on h1 'systemd-analyze security --threshold=30 --no-pager foreshock-agent | tail -n 1 &&
    systemd-analyze security --threshold=15 --no-pager foreshock-coordinator | tail -n 1 &&
    systemctl show -p CapabilityBoundingSet,NoNewPrivileges,ProtectSystem,User foreshock-agent foreshock-coordinator &&
    pid=$(systemctl show -p MainPID --value foreshock-agent) &&
    grep -q "^NoNewPrivs:.1" /proc/$pid/status && grep -q "^Seccomp:.2" /proc/$pid/status &&
    ! nsenter -t $pid -m touch /etc/foreshock/x 2>/dev/null && ! nsenter -t $pid -m sh -c "echo 1 > /proc/sys/vm/swappiness" 2>/dev/null'
}

sees_commands() { # HOST MARKER FIRST LAST: exec and exit of each, exactly once
  limit=260 on h1 "python3 /mnt/share/has_all.py $1 $2 $3 $4 180"
}

run_commands() { # HOST MARKER FIRST LAST
  on "$1" "for ((i = $3; i <= $4; ++i)); do /bin/true $2-\$i; done"
}

captures_exec_and_exit() {
  run_commands h2 seen 1 40 && sees_commands h2 seen 1 40
}

describes_binaries() { # by the hardened unit
  eventually h1 120 'foreshock-coordinator binaries true --json | jq -e ".binaries[] | select(.path == \"/bin/true\" and .instructions > 100 and (.libraries | length) > 0)" >/dev/null' ||
    { on h1 'foreshock-coordinator binaries'; on h2 'journalctl -u foreshock-agent --no-pager | tail -n 5'; return 1; }
}

counts_threads_exactly() { # in each of the three ways to end
  local truth seen
  truth=$(on h2 'for i in 1 2 3; do python3 /mnt/share/threads.py threads-$i; done')
  eventually h1 90 '(($(foreshock-coordinator commands threads- --host h2 --limit 1000 --json | jq "[.commands[] | select(.argv[-2] == \"child\" and has(\"cpu_s\"))] | length") >= 9))' || return 1
  seen=$(on h1 'foreshock-coordinator commands threads- --host h2 --limit 1000 --json | jq -c "[.commands[] | select(.argv[-2] == \"child\")]"')
  python3 - "$truth" "$seen" <<'X'
import json, sys
truth = {(row["marker"], row["way"]): row["cpu_usec"] for row in map(json.loads, sys.argv[1].split("\n"))}
worst = 0
for row in json.loads(sys.argv[2]):
    key = row["argv"][-3], row["argv"][-1]
    want, got = truth.pop(key), round(row["cpu_s"] * 1e6)
    print(*key, "wait4", want, "record", got)
    worst = max(worst, abs(want - got) / want)
print(f"worst difference {worst:.2%}, not seen {list(truth)}")
sys.exit(worst > 0.01 or bool(truth))
X
}

start_workload() {
  on h2 'install -m 755 /mnt/share/warehouse /mnt/share/exports /usr/local/bin/
cat > /etc/systemd/system/warehouse.service <<X
[Service]
ExecStart=/usr/local/bin/warehouse
CPUQuota=30%
X
cat > /etc/systemd/system/exports.service <<X
[Service]
ExecStart=/usr/local/bin/exports
X
systemctl daemon-reload && systemctl start warehouse exports && cat '$unit_cgroup/cpu.max
}

finds_lead() {
  eventually h1 480 'foreshock-coordinator leads --json | jq -e ".leads[] | select((.signature | test(\"nightly-export\")) and .cgroup == \"/system.slice/warehouse.service\")" >/dev/null' ||
    { on h1 'foreshock-coordinator status; foreshock-coordinator leads; foreshock-coordinator forecast /system.slice/warehouse.service | tail -n 20'; return 1; }
}

# The policy comes by reload: a running coordinator takes it over, and what it has learned stays.
reload_policy() {
  on h1 'cat > /etc/foreshock/coordinator.toml.d/policy.toml <<X
[[policy]]
name = "warehouse"
mode = "auto"
cgroup = "/system.slice/warehouse.service"
resource = "cpu"
quantile = 0.6
headroom = 0.2
min = "300m"
max = "900m"
lead_time = "12s"
stabilisation = "5s"
cool_down = "5s"
max_step_down = 0.9
max_age = "30s"
X
systemctl reload foreshock-coordinator' &&
    eventually h1 30 'foreshock-coordinator policies --json | grep -q warehouse' &&
    on h1 'foreshock-coordinator leads --json | grep -q nightly-export'
}

refuses_wrong_reload() {
  on h1 'printf "[decide]\nintervall = 1\n" > /etc/foreshock/coordinator.toml.d/wrong.toml; ! systemctl reload foreshock-coordinator
    rm /etc/foreshock/coordinator.toml.d/wrong.toml; journalctl -u foreshock-coordinator --no-pager | grep -q "did you mean" && systemctl is-active foreshock-coordinator && systemctl reload foreshock-coordinator'
}

carries_out_decision() {
  eventually h1 240 'foreshock-coordinator decisions list --changes --json | jq -e ".decisions[] | select(.outcome == \"raise\" and .action_outcome.status == \"applied\")" >/dev/null' ||
    { on h1 'foreshock-coordinator decisions list; journalctl -u foreshock-coordinator --no-pager | tail -n 5'; on h2 'journalctl -u foreshock-agent --no-pager | tail -n 5'; return 1; }
}

# A run that a crontab has planned moves the forecast before it begins.
# Without the runs that nobody planned: they keep the limit where it need not move.
acts_before_planned_runs() {
  local status=0
  on h2 'systemctl stop exports; echo "* * * * * root /usr/local/bin/nightly-export --table orders" > /etc/cron.d/exports'
  eventually h1 150 'foreshock-coordinator upcoming nightly-export --json | jq -e ".upcoming[] | select(.source == \"crontab\" and .host == \"h2\")" >/dev/null' &&
    eventually h1 240 'foreshock-coordinator decisions list --json | jq -e ".decisions[] | select(.reason | test(\"planned in\"))" >/dev/null' ||
    { on h1 'foreshock-coordinator upcoming; foreshock-coordinator decisions list | head -n 20'; status=1; }
  on h2 'rm /etc/cron.d/exports; systemctl start exports' && return $status
}

# What systemd says over D-Bus about its timers.
foresees_timers() {
  on h2 "systemd-run --unit=nightly-report --on-calendar='*-*-* 03:30:00' /usr/bin/true --report" &&
    eventually h1 150 'foreshock-coordinator upcoming --json | jq -e ".upcoming[] | select(.host == \"h2\" and .name == \"nightly-report.timer\" and (.command | test(\"true --report\")) and (.time | test(\"03:30:00\")))" >/dev/null' ||
    { on h1 'foreshock-coordinator upcoming'; return 1; }
  on h2 'systemctl stop nightly-report.timer'
}

# More commands than the agent tells one by one are counted, all of them. An emulated host runs some twenty a second.
counts_a_storm() {
  local limit=300
  on h2 'printf "[capture]\nstorm_rate = 5\nstorm_burst = 50\n" > /etc/foreshock/agent.toml.d/storm.toml
    systemctl restart foreshock-agent && sleep 5 &&
    systemd-run --quiet --wait --unit=storm bash -c "for ((i = 0; i < 1000; ++i)); do /usr/bin/true --storm; done"
    rm /etc/foreshock/agent.toml.d/storm.toml' &&
    eventually h1 90 'foreshock-coordinator storms --json | jq -e ".storms[] | select(.workload == \"/system.slice/storm.service\" and .withheld > 0)" >/dev/null' &&
    eventually h1 90 '(($(foreshock-coordinator top --workload /system.slice/storm.service --json | jq "[.commands[] | select(.signature | test(\"storm\")) | .ended] | add") == 1000))' &&
    on h2 'systemctl restart foreshock-agent' ||
    { on h1 'foreshock-coordinator storms; foreshock-coordinator top --workload /system.slice/storm.service'; return 1; }
}

moved_the_limit() { # the file says what the record says was read back, and systemd knows of it
  on h2 "journalctl -u foreshock-agent --no-pager | grep 'event=command' | grep -m 1 status=applied
    for ((i = 0; i < 120; ++i)); do
      if [[ \$(cat $unit_cgroup/cpu.max) != '30000 100000' ]]; then break; fi; sleep 1
    done
    cat $unit_cgroup/cpu.max; systemctl show -p CPUQuotaPerSecUSec warehouse
    [[ \$(cat $unit_cgroup/cpu.max) != '30000 100000' ]] && ls /run/systemd/system.control/warehouse.service.d/"
}

# With nobody who changes it meanwhile: no coordinator, and no lead command that sets off a reflex.
stays_over_daemon_reload() {
  local status=0
  on h1 'foreshock-coordinator decisions list --json | jq -c ".decisions[0]"; systemctl stop foreshock-coordinator'
  on h2 "systemctl stop exports; same=0
    for ((try = 0; try < 90 && same < 20; ++try)); do
      now=\$(cat $unit_cgroup/cpu.max); [[ \$now == \"\$before\" ]] && same=\$((same + 1)) || same=0
      before=\$now; sleep 1
    done
    systemctl daemon-reload; sleep 2; after=\$(cat $unit_cgroup/cpu.max); systemctl start exports
    echo \"\$before for \$same s, after the daemon-reload \$after\"; [[ \$before == \"\$after\" ]]" || status=1
  on h1 'systemctl start foreshock-coordinator' && return $status
}

survives_a_cut_link() {
  "$hosts" cut h2 && run_commands h2 cut 1 30 && on h2 'sleep 20' && run_commands h2 cut 31 60 && "$hosts" heal h2 &&
    sees_commands h2 cut 1 60
}

# Records carry the boot's clock: what the wall clock does meanwhile loses none.
survives_clock_jumps() {
  on h2 'date -s "+3 hours"' && run_commands h2 ahead 1 20 && sees_commands h2 ahead 1 20 &&
    on h2 'date -s "-3 hours"' && run_commands h2 back 1 20 && sees_commands h2 back 1 20 &&
    on h2 'journalctl -u foreshock-agent --no-pager | grep clock_changed'
}

knows_a_renamed_host() { # as the one that it was
  on h2 'hostname h2-renamed' &&
    eventually h1 90 'foreshock-coordinator hosts --json | jq -e "(.hosts | length) == 2 and ([.hosts[].host] | index(\"h2-renamed\"))" >/dev/null' &&
    on h2 'hostname h2' &&
    eventually h1 90 'foreshock-coordinator hosts --json | jq -e "(.hosts | length) == 2 and ([.hosts[].host] | index(\"h2\"))" >/dev/null'
}

# h1's agent gets the key of h2's, as a cloned disk would have it; then its own again.
notices_two_with_one_key() {
  local key seen=0
  key=$(on h2 'base64 -w 0 /var/lib/foreshock-agent/agent.key')
  on h1 "systemctl stop foreshock-agent && cp -a /var/lib/foreshock-agent/agent.key /root/agent.key &&
    base64 -d <<<'$key' > /var/lib/foreshock-agent/agent.key && systemctl start foreshock-agent" &&
    eventually h1 120 'foreshock-coordinator agents list | tee /tmp/agents | grep -q "is used by two hosts"' || seen=1
  on h1 'cat /tmp/agents; systemctl stop foreshock-agent; cp -a /root/agent.key /var/lib/foreshock-agent/ && systemctl start foreshock-agent' &&
    run_commands h2 alone 1 10 && sees_commands h2 alone 1 10 && return $seen
}

# What is in them, and that the secret key is not.
writes_support_bundles() {
  on h1 'foreshock-coordinator support-bundle > /tmp/coordinator.txt && foreshock-agent support-bundle > /tmp/agent.txt && wc /tmp/*.txt &&
    for secret in /var/lib/foreshock-agent/agent.key /var/lib/foreshock-coordinator/*.key; do
      [[ -s $secret ]] && ! grep -qFf "$secret" /tmp/agent.txt /tmp/coordinator.txt || exit 1
    done
    grep -q "endpoint" /tmp/agent.txt && grep -q "$(uname -r)" /tmp/agent.txt && grep -q "learning" /tmp/coordinator.txt'
}

spool_is_empty() {
  eventually h2 90 '(($(foreshock-agent status --json | jq .spool.batches) <= 2))'
}

# Spooled, on disk, and not acknowledged when the power goes.
loses_nothing_spooled() {
  "$hosts" cut h2 && run_commands h2 spooled 1 40 && on h2 'sleep 5; foreshock-agent status --json | jq .spool' &&
    "$hosts" reset h2 && "$hosts" heal h2 && sees_commands h2 spooled 1 40
}

# Acknowledged, so that the agent has forgotten it, when the coordinator's power goes.
loses_nothing_acknowledged() {
  run_commands h2 acked 1 40 && sleep 3 && spool_is_empty && "$hosts" reset h1 &&
    eventually h1 90 'foreshock-coordinator status >/dev/null' && sees_commands h2 acked 1 40 &&
    sees_commands h2 cut 1 60 && run_commands h2 later 1 10 && sees_commands h2 later 1 10
}

# With records waiting in the spool: the key, the spool, the history and the decisions are as they were.
upgrades() {
  local before after
  before=$(on h2 'foreshock-agent status --json | jq -r .public_key')
  decisions=$(on h1 'foreshock-coordinator decisions list --json | jq ".decisions[0].id"')
  on h1 'systemctl stop foreshock-coordinator' && run_commands h2 upgrade 1 30 &&
    on h2 'sleep 3; dpkg -i /mnt/share/next/foreshock-agent.deb && systemctl is-active foreshock-agent' &&
    run_commands h2 upgrade 31 40 &&
    on h1 'dpkg -i /mnt/share/next/foreshock-agent.deb /mnt/share/next/foreshock-coordinator.deb; systemctl start foreshock-coordinator && dpkg-query -W "foreshock-*"' &&
    sees_commands h2 upgrade 1 40 && sees_commands h2 acked 1 40 || return 1
  after=$(on h2 'foreshock-agent status --json | jq -r .public_key')
  [[ $before == "$after" ]] && on h1 "foreshock-coordinator decisions explain $decisions | head -n 3"
}

# The limit is put back to the owner's 30 %, and it is said.
removes() {
  eventually h2 240 "[[ \$(cat $unit_cgroup/cpu.max) != '30000 100000' ]]" || return 1
  on h2 "apt-get remove -y foreshock-agent 2>&1 | tee /tmp/removed; cat $unit_cgroup/cpu.max
    grep -q 'warehouse.service cpu_max: restored' /tmp/removed && [[ \$(cat $unit_cgroup/cpu.max) == '30000 100000' ]] &&
    [[ ! -e /sys/fs/bpf/foreshock-agent && -d /var/lib/foreshock-agent && -e /etc/foreshock/agent.toml ]]"
}

purges() {
  local limit=300  # emulated hosts that share their processors take minutes over it
  on h2 'apt-get purge -y foreshock-agent; ! ls -d /var/lib/foreshock-agent /etc/foreshock 2>/dev/null' &&
    on h1 'apt-get purge -y foreshock-agent foreshock-coordinator; ! ls -d /var/lib/foreshock-* /etc/foreshock 2>/dev/null; ! systemctl list-units --all --plain --no-legend "foreshock*" | grep .'
}

run_test_programs() {
  local program
  for program in "${tests[@]}"; do
    step "$(basename "$program") on h2" run_test "/mnt/share/$(basename "$program")"
  done
}

run_test() { # PROGRAM
  on h2 "$1 > /tmp/test.log 2>&1; status=\$?; tail -n 25 /tmp/test.log; ((status == 0)) && ! grep -q SKIPPED /tmp/test.log"
}

go_through_steps() {
  step 'install the packages' install_packages
  step 'an agent without configuration says what it needs' explains_first_start
  step 'check finds what the agent needs' checks_host
  step 'check without privileges says what is missing' checks_as_lesser_ones
  step 'configure the coordinator' configure_coordinator
  step 'enrol both agents' enrol_agents
  step 'the running units are hardened' is_hardened
  step 'start the workload in a unit' start_workload
  step 'exec and exit of each command' captures_exec_and_exit
  step 'the executed binaries are described' describes_binaries
  step 'exact use of multi-threaded processes' counts_threads_exactly
  run_test_programs
  step 'the lead command is found' finds_lead
  step 'a policy comes by reload' reload_policy
  step 'a wrong configuration is not taken over' refuses_wrong_reload
  step 'a decision is carried out' carries_out_decision
  step 'cpu.max of the unit has changed' moved_the_limit
  step 'runs that a crontab has planned are foreseen' acts_before_planned_runs
  step 'a systemd timer is foreseen' foresees_timers
  step 'the limit stays over a daemon-reload' stays_over_daemon_reload
  step 'support bundles, without secrets' writes_support_bundles
  step 'an exec storm is counted exactly' counts_a_storm
  step 'the clock jumps: nothing lost' survives_clock_jumps
  step 'a renamed host stays the same one' knows_a_renamed_host
  step 'two agents with one key are noticed' notices_two_with_one_key
  step 'link cut and healed: nothing lost' survives_a_cut_link
  step 'power failure of the agent: nothing spooled lost' loses_nothing_spooled
  step 'power failure of the coordinator: nothing acknowledged lost' loses_nothing_acknowledged
  step 'start the workload again' on h2 'systemctl start warehouse exports'
  step 'upgrade with a full spool' upgrades
  step 'remove: the limit is put back' removes
  step 'purge: nothing is left' purges
}
