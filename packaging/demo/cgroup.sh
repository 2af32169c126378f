# shellcheck shell=bash
# The demonstration's cgroup: where the load runs and whose limits are moved. Sourced by quickstart.
#
# Three kinds of host: `scope` (systemd on cgroup v2: a transient scope with Delegate=yes), `v2` (cgroup v2 without
# systemd: a child of the root) and `v1` (a child of each of the controllers cpu, cpuacct and memory).

cgroup_kind=         # scope, v2, v1
cgroup_name=         # foreshock-demo-…
work_path=           # of the load's cgroup, as the agent names workloads
work_dirs=()         # its directories, one a hierarchy
cpu_dir=             # the one that limits its processor time
memory_dir=          # the one that limits its memory
enabled_at_root=()   # controllers that were not enabled for children of the v2 root before us

mount_of() { # FILESYSTEM_TYPE [CONTROLLER]
  awk -v type="$1" -v controller="${2-}" '
    { for (i = 7; $i != "-"; i++); }
    $(i + 1) == type && (controller == "" || index("," $(i + 3) ",", "," controller ",")) { print $5; exit }' \
    /proc/self/mountinfo
}

has_words() { # TEXT WORD...
  local word
  for word in "${@:2}"; do [[ " $1 " == *" $word "* ]] || return 1; done
}

choose_cgroup_kind() {
  local v2
  v2=$(mount_of cgroup2)
  if [[ -n $v2 ]] && has_words "$(<"$v2/cgroup.controllers")" cpu memory; then
    cgroup_kind=v2
    if [[ -d /run/systemd/system ]] && command -v systemd-run >/dev/null; then cgroup_kind=scope; fi
  elif [[ -n $(mount_of cgroup cpu) && -n $(mount_of cgroup memory) ]]; then
    cgroup_kind=v1
  else
    die "no cgroup hierarchy here has the controllers cpu and memory; \`foreshock-agent check\` shows what there is"
  fi
}

make_directory() { # DIRECTORY
  mkdir "$1" || die "cannot make the cgroup $1 (in a container: it must be privileged)"
}

# The load's cgroup. In a scope the driver, its only process, is moved aside first: a cgroup with processes
# of its own cannot hand controllers to its children.
make_cgroup() { # DRIVER_PID
  local root
  case $cgroup_kind in
    scope) make_cgroup_in_scope "$1" ;;
    v2)
      root=$(mount_of cgroup2)
      enable_at_root "$root"
      make_directory "$root/$cgroup_name"
      make_v2_child "$root" "/$cgroup_name"
      ;;
    v1) make_v1_children ;;
  esac
}

enable_at_root() { # ROOT
  local controller
  for controller in cpu memory; do
    has_words "$(<"$1/cgroup.subtree_control")" "$controller" && continue
    echo "+$controller" 2>/dev/null >"$1/cgroup.subtree_control" ||
      die "cannot enable the controller $controller for children of $1 (in a container: it must be privileged)"
    enabled_at_root+=("$controller")
  done
}

make_cgroup_in_scope() { # DRIVER_PID
  local root scope
  root=$(mount_of cgroup2)
  scope=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
  [[ $scope == */$cgroup_name.scope ]] || die "systemd-run put the driver into $scope, not into $cgroup_name.scope"
  make_directory "$root$scope/driver"
  echo "$1" >"$root$scope/driver/cgroup.procs"
  make_v2_child "$root" "$scope"
}

make_v2_child() { # ROOT PARENT
  echo "+cpu +memory" >"$1$2/cgroup.subtree_control"
  work_path=$2/work
  work_dirs=("$1$work_path")
  make_directory "$1$work_path"
  cpu_dir=$1$work_path memory_dir=$1$work_path
}

make_v1_children() {
  local controller root
  work_path=/$cgroup_name/work
  for controller in cpu cpuacct memory; do
    root=$(mount_of cgroup "$controller")
    [[ -n $root ]] || continue
    if [[ ! -d $root/$cgroup_name ]]; then
      make_directory "$root/$cgroup_name"
      work_dirs+=("$root$work_path")
      make_directory "$root$work_path"
    fi
  done
  cpu_dir=$(mount_of cgroup cpu)$work_path
  memory_dir=$(mount_of cgroup memory)$work_path
}

cpu_limit_file() {
  if [[ $cgroup_kind == v1 ]]; then echo "$cpu_dir/cpu.cfs_quota_us"; else echo "$cpu_dir/cpu.max"; fi
}

memory_limit_file() {
  if [[ $cgroup_kind == v1 ]]; then echo "$memory_dir/memory.limit_in_bytes"; else echo "$memory_dir/memory.max"; fi
}

set_cpu_limit() { # MILLICORES
  if [[ $cgroup_kind == v1 ]]; then
    echo 100000 >"$cpu_dir/cpu.cfs_period_us"
    echo $(($1 * 100)) >"$cpu_dir/cpu.cfs_quota_us"
  else
    echo "$(($1 * 100)) 100000" >"$cpu_dir/cpu.max"
  fi
}

set_memory_limit() { # BYTES
  echo "$1" >"$(memory_limit_file)"
}

# Sets REPLY to the limit in thousandths of a core, or "max". Reads the kernel's files; executes nothing.
read_cpu_limit() {
  local quota period
  if [[ $cgroup_kind == v1 ]]; then
    read -r quota <"$cpu_dir/cpu.cfs_quota_us" && read -r period <"$cpu_dir/cpu.cfs_period_us" || return 1
  else
    read -r quota period <"$cpu_dir/cpu.max" || return 1
  fi
  if [[ $quota == max || $quota == -1 ]]; then REPLY=max; else REPLY=$((quota * 1000 / period)); fi
}

# Sets REPLY to the limit in bytes, or "max".
read_memory_limit() {
  if [[ $cgroup_kind == v1 ]]; then
    read -r REPLY <"$memory_dir/memory.limit_in_bytes"
  else
    read -r REPLY <"$memory_dir/memory.max"
  fi
}

# Ends what still runs in the load's cgroup, then removes every directory we made. Fails when one stays.
remove_cgroup() {
  local directory try
  for directory in "${work_dirs[@]}"; do
    for ((try = 0; try < 100; try++)); do
      [[ -d $directory ]] || break
      kill_members "$directory"
      rmdir "$directory" 2>/dev/null || pause 0.1
    done
    [[ ! -d $directory ]] || return 1
    remove_parent "${directory%/work}"
  done
  work_dirs=()
  disable_at_root
}

kill_members() { # DIRECTORY
  local pid
  while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done <"$1/cgroup.procs" 2>/dev/null || true
}

remove_parent() { # DIRECTORY
  local try
  if [[ $cgroup_kind == scope ]]; then
    systemctl stop "$cgroup_name.scope" 2>/dev/null || true
  fi
  for ((try = 0; try < 100; try++)); do
    [[ -d $1 ]] || return 0
    rmdir "$1" 2>/dev/null || pause 0.1
  done
  [[ ! -d $1 ]]
}

# Leaves the controllers where another cgroup has come to use them meanwhile.
disable_at_root() {
  local controller root others
  ((${#enabled_at_root[@]} > 0)) || return 0
  root=$(mount_of cgroup2)
  others=$(find "$root" -mindepth 1 -maxdepth 1 -type d | head -n 1)
  [[ -z $others ]] || return 0
  for controller in "${enabled_at_root[@]}"; do
    echo "-$controller" >"$root/cgroup.subtree_control" 2>/dev/null || true
  done
  enabled_at_root=()
}
