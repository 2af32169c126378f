#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/capture/audit_log_event_source.h"
#include "agent/capture/bpf_event_source.h"
#include "agent/capture/event_source.h"
#include "agent/capture/proc_connector_event_source.h"

namespace foreshock::agent {

enum class EventSourceKind : std::uint8_t {
  automatic,  ///< BPF; where it may not run, the process connector
  bpf,
  proc_connector,
  audit_log,
};
std::optional<EventSourceKind> parse_event_source_kind(std::string_view word);

struct EventSourceOptions {
  EventSourceKind kind = EventSourceKind::automatic;
  BpfEventSource::Options bpf;
  ProcConnectorEventSource::Options proc_connector;
  AuditLogEventSource::Options audit_log;
};

struct OpenedEventSource {
  std::unique_ptr<EventSource> source;
  std::string why_not_bpf;  ///< of an automatic choice; empty when it is BPF
};

/// The one that was asked for, or, automatically, the best that this host allows. When none works
/// the error gives each one's reason. `clock` is borrowed.
Result<OpenedEventSource> open_event_source(const EventSourceOptions& options, const Clock& clock);

}  // namespace foreshock::agent
