#include "coordinator/pipeline/demand_learning.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <utility>

namespace foreshock::coordinator {

namespace {

/// With few records each new one counts: the first models come early.
constexpr std::size_t kFewRecords = 500;
constexpr auto kEarlyInterval = std::chrono::minutes(1);

double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

DemandRecord make_record(ExecutionRow&& row, std::uint32_t concurrency) {
  DemandRecord record;
  auto& question = record.question;
  question.time = row.start;
  question.signature = std::move(row.signature);
  question.argv = std::move(row.argv);
  question.uid = row.uid;
  if (row.inputs) {
    question.input_files = row.inputs->count;
    question.input_bytes = row.inputs->total.count;
    question.largest_input_bytes = row.inputs->largest.count;
  }
  question.binary = row.binary;
  question.concurrency = concurrency;
  record.connections = row.connections;
  const ResourceUse& use = *row.use;
  record.used = {seconds_of(use.cpu), static_cast<double>(use.peak_rss.count),
                 seconds_of(std::max(*row.end - row.start, Nanoseconds::zero())),
                 static_cast<double>(use.read_bytes.count + use.written_bytes.count)};
  return record;
}

}  // namespace

std::vector<DemandRecord> make_demand_records(std::vector<ExecutionRow> rows) {
  std::erase_if(rows, [](const ExecutionRow& row) {
    return !row.end || !row.use || row.argv.empty() || row.existing;
  });
  std::ranges::stable_sort(rows, {}, &ExecutionRow::start);
  using Ends = std::priority_queue<WallTime, std::vector<WallTime>, std::greater<>>;
  std::map<HostId, Ends> running;
  std::map<std::pair<HostId, std::uint32_t>, std::size_t> newest;  ///< record of each process
  std::vector<WallTime> ended;                                     ///< by record
  std::vector<DemandRecord> records;
  records.reserve(rows.size());
  for (auto& row : rows) {
    Ends& ends = running[row.host];
    while (!ends.empty() && ends.top() <= row.start) ends.pop();
    const auto concurrency = static_cast<std::uint32_t>(ends.size());
    ends.push(*row.end);
    const auto parent = newest.find({row.host, row.parent_pid});
    if (parent != newest.end() && ended[parent->second] >= row.start)
      ++records[parent->second].children;
    newest[{row.host, row.pid}] = records.size();
    ended.push_back(*row.end);
    records.push_back(make_record(std::move(row), concurrency));
  }
  return records;
}

Result<std::shared_ptr<const DemandModel>> DemandLearning::learn_if_due(WallTime now) {
  const bool few = learned_records_ < kFewRecords;
  const auto interval =
      few ? std::min<Nanoseconds>(kEarlyInterval, options_.interval) : options_.interval;
  if (learned_at_ != WallTime() && now - learned_at_ < interval && now >= learned_at_)
    return std::shared_ptr<const DemandModel>();
  learned_at_ = now;
  ExecutionQuery query;
  query.limit = options_.most_records;
  FS_TRY(auto rows, history_.executions(query));
  auto records = make_demand_records(std::move(rows));
  learned_records_ = records.size();
  return std::make_shared<const DemandModel>(DemandModel::fit(std::move(records), options_.model));
}

}  // namespace foreshock::coordinator
