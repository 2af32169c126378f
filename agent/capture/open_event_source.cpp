#include "agent/capture/open_event_source.h"

#include <utility>

namespace foreshock::agent {

namespace {

template <typename Source>
Result<OpenedEventSource> as_opened(Result<std::unique_ptr<Source>> made) {
  if (!made) return made.error();
  return OpenedEventSource{*std::move(made), {}};
}

Result<OpenedEventSource> open_best(const EventSourceOptions& options) {
  auto bpf = BpfEventSource::make(options.bpf);
  if (bpf) return OpenedEventSource{*std::move(bpf), {}};
  auto connector = ProcConnectorEventSource::make(options.proc_connector);
  if (connector) return OpenedEventSource{*std::move(connector), bpf.error().message()};
  return Error(bpf.error().code(), "commands cannot be captured: BPF: " + bpf.error().message() +
                                       "; process connector: " + connector.error().message());
}

}  // namespace

std::optional<EventSourceKind> parse_event_source_kind(std::string_view word) {
  if (word == "auto") return EventSourceKind::automatic;
  if (word == "bpf") return EventSourceKind::bpf;
  if (word == "proc_connector") return EventSourceKind::proc_connector;
  if (word == "audit_log") return EventSourceKind::audit_log;
  return std::nullopt;
}

Result<OpenedEventSource> open_event_source(const EventSourceOptions& options, const Clock& clock) {
  switch (options.kind) {
    case EventSourceKind::automatic:
      return open_best(options);
    case EventSourceKind::bpf:
      return as_opened(BpfEventSource::make(options.bpf));
    case EventSourceKind::proc_connector:
      return as_opened(ProcConnectorEventSource::make(options.proc_connector));
    case EventSourceKind::audit_log:
      break;
  }
  return as_opened(AuditLogEventSource::make(options.audit_log, clock));
}

}  // namespace foreshock::agent
