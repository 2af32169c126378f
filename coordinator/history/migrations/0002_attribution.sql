-- Where a command was run from, and what a workload is.
ALTER TABLE execution ADD COLUMN cwd TEXT NOT NULL DEFAULT '';       -- working directory below the process's own root; '': not known
ALTER TABLE execution ADD COLUMN tty TEXT NOT NULL DEFAULT '';       -- controlling terminal, 'pts/3'; '': none
ALTER TABLE execution ADD COLUMN ancestry TEXT NOT NULL DEFAULT '';  -- names of its ancestors, the parent first: 'bash < sshd < systemd'

-- Of all: '' where it belongs to none, or as long as a name is not known.
ALTER TABLE workload ADD COLUMN unit TEXT NOT NULL DEFAULT '';               -- systemd unit
ALTER TABLE workload ADD COLUMN slice TEXT NOT NULL DEFAULT '';              -- innermost slice around the unit
ALTER TABLE workload ADD COLUMN container_runtime TEXT NOT NULL DEFAULT '';  -- docker, podman, containerd, crio, lxc, nspawn, …
ALTER TABLE workload ADD COLUMN container_id TEXT NOT NULL DEFAULT '';       -- as the runtime spells it
ALTER TABLE workload ADD COLUMN container_name TEXT NOT NULL DEFAULT '';
ALTER TABLE workload ADD COLUMN pod TEXT NOT NULL DEFAULT '';                -- Kubernetes: uid of the pod
