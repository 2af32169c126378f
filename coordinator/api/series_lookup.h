#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/api/json_views.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/history/history_store.h"
#include "coordinator/model/series.h"

// Names that people give in requests, found among what there is; errors list what there is.
namespace foreshock::coordinator {

HostNames names_of(const std::vector<HostRow>& hosts);
Result<HostId> find_host(const std::string& name, const HostNames& names);
/// Absent stays absent.
Result<std::optional<HostId>> find_optional_host(const std::optional<std::string>& name,
                                                 const HostNames& names);
/// The host may be left out where there is only one.
Result<HostId> find_only_host(const std::optional<std::string>& name, const HostNames& names);
Result<std::uint32_t> parse_uid(const std::string& text);
/// `not_found` where the series has no value since then, naming what there is.
Result<void> check_is_series(const SeriesKey& key, WallTime since, const HostNames& names,
                             HistoryReader& history);
/// Parameter `quantity`, cpu_usage where it is not given.
Quantity read_quantity(QueryReader& query);
/// "a, b, c and 7 more".
std::string list_some(const std::vector<std::string>& words);

}  // namespace foreshock::coordinator
