# shellcheck shell=bash
# What quickstart tells while it happens: each part waits until it can be shown, or says why it could not be.
# Sourced by quickstart. What Foreshock says is held against two witnesses that are no part of it: the driver's
# own log (truth.log: what was started when) and the watcher's (limits.log: what the kernel's files held when).

# jq: an ISO time as seconds with fraction.
readonly jq_time='def seconds: capture("^(?<whole>[^.Z]+)(?<part>[.][0-9]+)?Z$")
  | (.whole + "Z" | fromdateiso8601) + ((.part // "0") | tonumber);'

heading() {
  printf '\n== %s\n' "$*"
}

# ns → "12.345".
as_seconds() { # NANOSECONDS
  printf '%d.%03d' $(($1 / 1000000000)) $(($1 / 1000000 % 1000))
}

tell_plan() {
  heading "a workload of its own, drawn for this run"
  printf '  trigger  %s, and %s s later\n' "$trigger_name" "$(as_seconds "${lag_ms}000000")"
  printf '  load     foreshock-demo-burst: %d threads busy for %d s with %d MiB, in a cgroup of its own\n' \
    "$threads" "$seconds" "$mebibytes"
  printf '  decoy    %s, as often, at times of its own\n' "$decoy_name"
  printf 'Foreshock is told none of this. The cgroup starts with %d thousandths of a core and %d MiB;\n' \
    "$cpu_start" $((memory_start >> 20))
  printf 'everything is removed at the end.\n'
}

show_check() {
  heading "what this host offers (foreshock-agent check)"
  local status=0
  "$agent" check || status=$?
  # 1: something to look at, which the demonstration does not need.
  ((status <= 1)) || die "the agent cannot work here: see above what is missing"
}

tell_story() {
  SECONDS=0
  show_commands
  show_workloads
  show_lead
  show_forecast
  show_change
  show_no_decoy
  heading "shown"
  printf '%s was found, the limit moved before its load came, %s was not blamed: %d s.\n' "$trigger_name" \
    "$decoy_name" "$SECONDS"
}

# --- what was captured --------------------------------------------------------------------------------------

# By its signature: its name is in the command lines of our own questions too.
burst_signature='foreshock-demo-burst <n>…'

has_burst_record() {
  cli commands --limit 1 --json --signature "$burst_signature" | jq -e 'any(.commands[]; .cpu_s != null)' >/dev/null
}

show_commands() {
  heading "waiting for the first load to come and go"
  wait_for 60 "the record of a finished foreshock-demo-burst" has_burst_record
  heading "commands of this machine, with what each used in its life"
  cli commands --limit 12
  heading "the newest run of the load among them"
  cli commands --limit 1 --signature "$burst_signature"
}

has_work_workload() {
  cli workloads --text "$work_path" --json | jq -e --arg path "$work_path" 'any(.workloads[]; .cgroup == $path)' >/dev/null
}

show_workloads() {
  heading "workloads"
  wait_for 20 "the workload $work_path" has_work_workload
  cli workloads
}

# --- what was learned ---------------------------------------------------------------------------------------

count_truth() { # WHAT
  local lines line count=0
  mapfile -t lines <"$work/truth.log"
  for line in "${lines[@]}"; do [[ $line != *" $1" ]] || count=$((count + 1)); done
  echo "$count"
}

# Sets `lead` to the JSON of the trigger's lead on this workload's processor time.
find_lead() {
  lead=$(cli leads --json | jq -c --arg name "$trigger_name" --arg path "$work_path" \
    'first(.leads[] | select((.signature | contains($name)) and .cgroup == $path and .quantity == "cpu_usage")) // empty')
  if [[ -z $lead ]] && ((SECONDS >= next_progress)); then
    next_progress=$((SECONDS + 15))
    printf '  %s triggers so far, no lead command that is sure enough yet\n' "$(count_truth trigger)"
  fi
  [[ -n $lead ]]
}

# Median of what the driver measured from a trigger to its load, in seconds.
true_lag() {
  awk '$2 == "trigger" { seen = $1 } $2 == "load-begin" && seen { print ($1 - seen) / 1e9 }' "$work/truth.log" |
    sort -n | awk '{ lag[NR] = $1 } END { printf "%.1f", lag[int((NR + 1) / 2)] }'
}

show_lead() {
  heading "learning what precedes the load"
  next_progress=$((SECONDS + 15))
  wait_for 180 "the lead command $trigger_name" find_lead
  printf '  found after %s triggers\n\n' "$(count_truth trigger)"
  cli leads
  printf '\n  %s: %s s before the load; the driver says %s s\n' "$trigger_name" "$(jq '.lag_s * 10 | round / 10' <<<"$lead")" \
    "$(true_lag)"
  jq -e --arg truth "$(true_lag)" '(.lag_s - ($truth | tonumber)) | fabs <= 2.5' <<<"$lead" >/dev/null ||
    die "the lag found is not the lag there is"
}

wait_for_truth() { # WHAT
  local before
  before=$(count_truth "$1")
  wait_for 60 "the next $1" eval "((\$(count_truth $1) > $before))"
}

print_forecast() {
  cli forecast "$work_path"
}

show_forecast() {
  heading "the forecast of the load's processor time, before the trigger"
  wait_for_truth load-end
  print_forecast
  wait_for_truth trigger
  pause 1
  heading "the same forecast, a second after the trigger: the load has not come yet"
  print_forecast
}

# --- what was done ------------------------------------------------------------------------------------------

# The cycles in which the kernel's file held a higher limit between the trigger and the load:
# trigger, raise, load (ns), limit before and after (thousandths of a core).
list_raises_ahead() {
  awk 'FILENAME ~ /truth/ && $2 == "trigger" { cycles++; trigger[cycles] = $1 }
       FILENAME ~ /truth/ && $2 == "load-begin" { load[cycles] = $1 }
       FILENAME ~ /limits/ {
         for (cycle = 1; cycle <= cycles; cycle++)
           if (load[cycle] && $1 > trigger[cycle] && $1 < load[cycle] && $2 > before && before != "" && !done[cycle]++)
             print trigger[cycle], $1, load[cycle], before, $2
         before = $2
       }' "$work/truth.log" "$work/limits.log"
}

# Sets `raise` to the newest such cycle and `decision` to the JSON of the decision that did it: one whose applied
# outcome lies between trigger and load and which names the trigger among its leads.
find_raise() {
  raise=$(list_raises_ahead | tail -n 1)
  [[ -n $raise ]] || return 1
  local trigger load rest
  read -r trigger _ load rest <<<"$raise"
  decision=$(cli 'decisions list' --limit 100 --json | jq -c --arg from "$trigger" --arg to "$load" "$jq_time"'
    first(.decisions[]
      | select(.policy == "demo-cpu" and .outcome == "raise" and .action_outcome.status == "applied")
      | select((.action_outcome.time | seconds) * 1e9 > ($from | tonumber) and (.action_outcome.time | seconds) * 1e9 < ($to | tonumber)))
    // empty')
  [[ -n $decision ]]
}

show_change() {
  heading "waiting for a cycle in which the limit moves before the load comes"
  wait_for 90 "a raise of the limit between a trigger and its load" find_raise
  local id
  id=$(jq .id <<<"$decision")
  heading "the decision, with its reasons (decisions explain $id)"
  cli 'decisions explain' "$id"
  show_order
  show_limits_now
}

show_order() {
  local trigger raised load before after applied
  read -r trigger raised load before after <<<"$raise"
  applied=$(jq -r "$jq_time"' .action_outcome.time | seconds * 1000 | floor' <<<"$decision")
  heading "that cycle, by the clock"
  printf '  %9s s  %s runs (driver)\n' 0.000 "$trigger_name"
  printf '  %9s s  the agent has written the limit (outcome of decision %s)\n' \
    "$(as_seconds $(((applied - trigger / 1000000) * 1000000)))" "$(jq .id <<<"$decision")"
  printf '  %9s s  %s: %s -> %s thousandths of a core (watcher of the file)\n' "$(as_seconds $((raised - trigger)))" \
    "$(cpu_limit_file)" "$before" "$after"
  printf '  %9s s  the load comes (driver)\n' "$(as_seconds $((load - trigger)))"
}

show_limits_now() {
  local file
  heading "the limits as the kernel has them now"
  for file in "$(cpu_limit_file)" "$(memory_limit_file)"; do
    printf '  %s: %s\n' "$file" "$(<"$file")"
  done
  printf '  changes seen in these files so far: %s\n' "$(($(wc -l <"$work/limits.log") - 1))"
}

show_no_decoy() {
  heading "the decoy"
  if cli leads --json | jq -e --arg name "$decoy_name" 'any(.leads[]; .signature | contains($name))' >/dev/null; then
    cli leads
    die "the decoy $decoy_name is reported as a lead command"
  fi
  printf '  %s ran %s times beside %s of %s and is no lead command\n' "$decoy_name" "$(count_truth decoy)" \
    "$(count_truth trigger)" "$trigger_name"
}

tell_where_to_look() {
  heading "left running, with its state in $work"
  cat <<TEXT
  $coordinator status --socket $work/admin.sock    (also: hosts workloads commands leads forecast tags policies decisions)
  $agent status --socket $work/agent.sock
  curl --unix-socket $work/admin.sock http://localhost/v1/leads
  curl --unix-socket $work/agent.sock http://localhost/status
  stop it and remove everything:  $work/stop
TEXT
}
