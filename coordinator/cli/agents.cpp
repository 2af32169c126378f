// agents (list, approve, revoke): who may report and be told.
#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

Tint tint_of(const std::string& enrolment) {
  if (enrolment == "approved") return Tint::good;
  return enrolment == "pending" ? Tint::warning : Tint::bad;
}

}  // namespace

std::string show_agents(const Json& reply, const View& view) {
  TextTable table(
      {{"KEY"}, {"STATE"}, {"HOST"}, {"ADDRESS"}, {"LAST SEEN", TextColumn::Align::right}});
  std::string pending;
  std::string shared;
  for (const auto& agent : reply.at("agents")) {
    const auto enrolment = raw_words_of(agent, "enrolment");
    table.add_row({raw_words_of(agent, "public_key"),
                   {enrolment, tint_of(enrolment)},
                   raw_words_of(agent, "host"),
                   raw_words_of(agent, "address"),
                   ago_of(agent, "last_seen", view)});
    if (!words_of(agent, "shared_by").empty()) {
      shared += fmt::format(
          "{} is used by two hosts: {}. On the one that is a clone: systemctl stop "
          "foreshock-agent; rm -r /var/lib/foreshock-agent; systemctl start "
          "foreshock-agent; then approve its new key.\n",
          words_of(agent, "public_key"), words_of(agent, "shared_by"));
    }
    if (enrolment == "pending" && pending.empty()) pending = words_of(agent, "public_key");
  }
  if (table.empty()) return "no agent has knocked yet\n";
  std::string text = table.render(view.style) +
                     (shared.empty() ? "" : "\n" + tinted(shared, Tint::bad, view.style));
  if (pending.empty()) return text;
  return text +
         fmt::format("\nlet one in: foreshock-coordinator agents approve -- '{}'\n", pending);
}

std::string show_agent(const Json& reply, const View& view) {
  const auto enrolment = words_of(reply, "enrolment");
  const auto host = words_of(reply, "host");
  return fmt::format("{} is {}{}\n", words_of(reply, "public_key"),
                     tinted(enrolment, tint_of(enrolment), view.style),
                     host.empty() ? "" : fmt::format(" ({})", host));
}

}  // namespace foreshock::coordinator
