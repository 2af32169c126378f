#pragma once

#include <vector>

#include "agent/check/preflight.h"

/// The single checks behind run_preflight().
namespace foreshock::agent {

// source_checks.cpp: which event source works
Check check_event_source(const PreflightOptions& options);
/// Where the fallback works, what only BPF needs is no failure any more.
void soften_bpf_failures(const Check& event_source, std::vector<Check>& checks);

// kernel_checks.cpp: can BPF programs be loaded, and do they find what they attach to
Check check_kernel(const PreflightOptions& options);
Check check_privileges(const PreflightOptions& options);
Check check_lockdown(const PreflightOptions& options);
Check check_btf(const PreflightOptions& options);
Check check_tracepoints(const PreflightOptions& options);
Check check_bpffs(const PreflightOptions& options);
Check check_ring_memory(const PreflightOptions& options);

// host_checks.cpp: what can be measured, adjusted, kept
std::vector<Check> check_cgroups(const PreflightOptions& options);
Check check_pressure(const PreflightOptions& options);
Check check_login_ids(const PreflightOptions& options);
Check check_state_directory(const PreflightOptions& options);

}  // namespace foreshock::agent
