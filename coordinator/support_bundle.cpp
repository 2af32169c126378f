#include "coordinator/support_bundle.h"

#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "common/base/clock.h"
#include "common/http/http_client.h"
#include "common/support/bundle.h"

namespace foreshock::coordinator {

namespace {

Result<std::string> body_of(const std::string& socket_path, const std::string& path) {
  FS_TRY(const auto reply, http_over_unix(socket_path, "GET", path));
  return reply.body;
}

std::string list_state(const std::string& directory) {
  std::string text;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    std::error_code no_size;
    const auto size = entry.file_size(no_size);
    text += fmt::format("{} {}\n", entry.path().filename().string(),
                        no_size ? "-" : fmt::format("{} bytes", size));
  }
  return failed ? fmt::format("{}: {}\n", directory, failed.message()) : text;
}

}  // namespace

std::string make_support_bundle(const Result<CoordinatorConfig>& config,
                                const std::string& socket_path) {
  constexpr std::array kViews = {"/v1/status", "/v1/hosts",    "/v1/agents",
                                 "/v1/leads",  "/v1/policies", "/metrics"};
  SupportBundle bundle;
  bundle.add("version", fmt::format("foreshock-coordinator {}, {}", FORESHOCK_VERSION,
                                    format_utc(SystemClock().wall_now())));
  bundle.add("system", describe_system());
  bundle.add("configuration",
             config ? Result<std::string>(describe_configuration(config->values)) : config.error());
  bundle.add("state", list_state((config ? *config : CoordinatorConfig()).state_directory));
  for (const char* view : kViews) bundle.add(view, body_of(socket_path, view));
  bundle.add("log", read_unit_log("foreshock-coordinator"));
  return bundle.text();
}

}  // namespace foreshock::coordinator
