#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "common/base/result.h"
#include "common/model/report.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Writes applications' metrics, inside the store's transaction. Bounded: a host's metrics beyond
/// the most are left out and counted. forget() after a rollback or a removal.
class AppMetricWriter {
 public:
  static constexpr std::size_t kMostOfHost = 20'000;

  static Result<AppMetricWriter> make(const Database& database);
  Result<void> write(std::int64_t host_id, const Report& report);
  void forget() { ids_.clear(); }
  std::uint64_t left_out() const { return left_out_; }

 private:
  using Key = std::tuple<std::int64_t, std::string, std::string>;

  AppMetricWriter(const Database& database, Statement find, Statement add, Statement touch,
                  Statement count, Statement add_sample);
  /// 0: left out.
  Result<std::int64_t> id_of(std::int64_t host_id, const AppMetric& metric);

  const Database* database_;
  Statement find_;
  Statement add_;
  Statement touch_;
  Statement count_;
  Statement add_sample_;
  std::map<Key, std::int64_t> ids_;
  std::uint64_t left_out_ = 0;
};

}  // namespace foreshock::coordinator
