#include "tests/support/services.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace foreshock::test {

namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// The value of "name": "value" in a JSON text; enough for flat answers.
std::string json_text(const std::string& json, const std::string& name) {
  auto at = json.find("\"" + name + "\"");
  if (at == std::string::npos) return "";
  at = json.find(':', at);
  at = json.find('"', at);
  const auto end = json.find('"', at + 1);
  return at == std::string::npos || end == std::string::npos ? ""
                                                             : json.substr(at + 1, end - at - 1);
}

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Services::Services(Options options) : options_(std::move(options)), port_(free_port()) {
  std::ofstream(directory_ / "coordinator.toml")
      << "[coordinator]\n"
      << "state_directory = \"" << coordinator_state() << "\"\n"
      << "listen = \"tcp://127.0.0.1:" << port_ << "\"\n"
      << "admin_socket = \"" << (directory_ / "admin.sock") << "\"\n"
      << options_.more_coordinator_config;
}

void Services::start_coordinator() {
  coordinator_.emplace(std::vector<std::string>{options_.coordinator_program, "serve", "--config",
                                                directory_ / "coordinator.toml"},
                       coordinator_log());
  eventually([this] { return coordinator_cli({"status"}).status == 0; });
  if (coordinator_public_key_.empty()) {
    coordinator_public_key_ = json_text(coordinator_cli({"status", "--json"}).output, "public_key");
  }
}

void Services::start_agent() {
  if (agent_public_key_.empty()) {
    agent_public_key_ = trimmed(
        run_program({options_.agent_program, "keygen", "--state-directory", agent_state()}).output);
    coordinator_cli({"agents", "approve", "--", agent_public_key_});  // a key may begin with '-'
    std::ofstream(directory_ / "agent.toml")
        << "[agent]\n"
        << "state_directory = \"" << agent_state() << "\"\n"
        << "status_socket = \"" << (directory_ / "agent.sock") << "\"\n"
        << "[coordinator]\n"
        << "endpoint = \"tcp://127.0.0.1:" << port_ << "\"\n"
        << "public_key = '" << coordinator_public_key_ << "'\n"
        << "[capture]\n"
        << "pin_directory = \"" << options_.pin_directory << "\"\n"
        << options_.more_agent_config;
  }
  agent_.emplace(std::vector<std::string>{options_.agent_program, "run", "--config",
                                          directory_ / "agent.toml"},
                 agent_log());
}

Finished Services::coordinator_cli(std::vector<std::string> words) const {
  words.insert(words.begin(), options_.coordinator_program);
  // What comes after "--" is no option.
  words.insert(std::find(words.begin(), words.end(), "--"),
               {"--socket", directory_ / "admin.sock"});
  return run_program(words);
}

Finished Services::agent_cli(std::vector<std::string> words) const {
  words.insert(words.begin(), options_.agent_program);
  words.insert(words.end(), {"--socket", directory_ / "agent.sock"});
  return run_program(words);
}

bool Services::agent_connected() const {
  return agent_cli({"status", "--json"}).output.find("\"connected\"") != std::string::npos;
}

bool Services::spool_empty() const {
  const auto status = agent_cli({"status", "--json"}).output;
  const auto spool = status.find("\"spool\"");
  if (spool == std::string::npos) return false;
  const auto batches = status.find("\"batches\"", spool);
  if (batches == std::string::npos) return false;
  return std::stoll(status.substr(status.find(':', batches) + 1)) <=
         2;  // the newest are always on their way
}

}  // namespace foreshock::test
