"""A coordinator, and the configuration of an agent that it lets in, in a directory of their own."""
import json
import os
import shlex
import socket
import sqlite3
import time

import measure

COORDINATOR = """[coordinator]
state_directory = "{directory}/coordinator"
listen = "tcp://127.0.0.1:{port}"
admin_socket = "{directory}/admin.sock"
log_level = "warning"
"""

AGENT = """[agent]
state_directory = "{directory}/agent"
status_socket = "{directory}/agent.sock"
log_level = "warning"
[coordinator]
endpoint = "tcp://127.0.0.1:{port}"
public_key = '{public_key}'
[capture]
pin_directory = ""
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Services:
    """The coordinator runs from here on; the agent is the caller's to start with `agent_command`."""

    def __init__(self, directory, agent, coordinator, more_agent_config="", more_coordinator_config=""):
        self.directory, self.agent, self.coordinator = directory, agent, coordinator
        os.makedirs(directory, exist_ok=True)
        port = free_port()
        self.write("coordinator.toml", COORDINATOR.format(directory=directory, port=port)
                   + more_coordinator_config)
        self.process = measure.start(f"{coordinator} serve --config {directory}/coordinator.toml",
                                     f"{directory}/coordinator.log")
        status = self.wait_for_coordinator()
        own_key = measure.shell(f"{agent} keygen --state-directory {directory}/agent").strip()
        self.cli("agents approve", "--", own_key)
        self.write("agent.toml", AGENT.format(directory=directory, port=port, public_key=find(status, "public_key"))
                   + more_agent_config)
        self.agent_command = f"{agent} run --config {directory}/agent.toml"

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w") as file:
            file.write(text)

    def cli(self, verb, *words):
        return measure.shell(shlex.join([self.coordinator, *verb.split(), "--socket", f"{self.directory}/admin.sock",
                                         *words]))

    def wait_for_coordinator(self):
        for _ in range(100):
            answer = self.cli("status", "--json")
            if answer:
                return json.loads(answer)
            time.sleep(0.1)
        raise SystemExit(f"the coordinator did not start; see {self.directory}/coordinator.log")

    def agent_status(self):
        answer = measure.shell(f"{self.agent} status --json --socket {self.directory}/agent.sock")
        return json.loads(answer) if answer else {}

    def executions(self, mark, ended=False):
        """How many executions of the program `mark` are in history."""
        where = "exec_seen = 1 AND filename LIKE ?" + (" AND end_ms IS NOT NULL" if ended else "")
        database = sqlite3.connect(f"file:{self.directory}/coordinator/history.db?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(f"SELECT count(*) FROM execution WHERE {where}", (f"%/{mark}",)).fetchone()[0]
        finally:
            database.close()

    def wait_for_executions(self, mark, expected, patience_s=30):
        """Both counts, when all have arrived or no more come for a while."""
        end = time.monotonic() + patience_s
        while True:
            counts = self.executions(mark), self.executions(mark, ended=True)
            if min(counts) >= expected or time.monotonic() > end:
                return counts
            time.sleep(0.5)

    def stop(self):
        measure.stop(self.process)


def find(value, key):
    """The first value under `key`, at any depth."""
    if isinstance(value, dict):
        if key in value:
            return value[key]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            found = find(part, key)
            if found is not None:
                return found
    return None
