// What applications and schedulers tell: metrics and upcoming commands.
#include <cmath>

#include "common/wire/codec_fields.h"

namespace foreshock::wire {

namespace {

/// JSON, SQL and models have no use for what is no number.
double read_number(double value) {
  return std::isfinite(value) ? value : 0;
}

schema::Distribution write_distribution(const Distribution& distribution) {
  return {distribution.count, distribution.sum, distribution.p50,
          distribution.p90,   distribution.p99, distribution.max};
}

Distribution read_distribution(const schema::Distribution& table) {
  return {.count = table.count(),
          .sum = read_number(table.sum()),
          .p50 = read_number(table.p50()),
          .p90 = read_number(table.p90()),
          .p99 = read_number(table.p99()),
          .max = read_number(table.max())};
}

}  // namespace

fb::Offset<schema::AppMetric> write_app_metric(fb::FlatBufferBuilder& builder,
                                               const AppMetric& metric) {
  const auto name = builder.CreateSharedString(metric.name);
  const auto labels = write_shared_text(builder, metric.labels);
  schema::AppMetricBuilder table(builder);
  table.add_name(name);
  table.add_labels(labels);
  table.add_kind(static_cast<schema::AppMetricKind>(metric.kind));
  table.add_boot_ns(to_wire(metric.time));
  table.add_value(metric.value);
  if (metric.distribution) {
    const auto distribution = write_distribution(*metric.distribution);
    table.add_distribution(&distribution);
    return table.Finish();
  }
  return table.Finish();
}

AppMetric read_app_metric(FieldReader& reader, const schema::AppMetric& table) {
  AppMetric metric;
  metric.name = reader.text(table.name());
  metric.labels = reader.text(table.labels());
  const bool known = table.kind() <= schema::AppMetricKind::MAX;
  metric.kind = known ? static_cast<AppMetricKind>(table.kind()) : AppMetricKind::unknown;
  metric.time = reader.boot_time(table.boot_ns());
  metric.value = read_number(table.value());
  if (table.distribution()) metric.distribution = read_distribution(*table.distribution());
  return metric;
}

fb::Offset<schema::UpcomingCommand> write_upcoming(fb::FlatBufferBuilder& builder,
                                                   const UpcomingCommand& command) {
  const auto name = write_text(builder, command.name);
  const auto user = write_shared_text(builder, command.user);
  const auto text = write_text(builder, command.command);
  return schema::CreateUpcomingCommand(builder, to_ns(command.time),
                                       static_cast<schema::ScheduleSource>(command.source), name,
                                       user, text, to_wire(command.period));
}

UpcomingCommand read_upcoming(FieldReader& reader, const schema::UpcomingCommand& table) {
  UpcomingCommand command;
  command.time = reader.wall_time(table.wall_ns());
  const bool known = table.source() <= schema::ScheduleSource::MAX;
  command.source = known ? static_cast<ScheduleSource>(table.source()) : ScheduleSource::unknown;
  command.name = reader.text(table.name());
  command.user = reader.text(table.user());
  command.command = reader.text(table.command());
  command.period = reader.duration(table.period_ns());
  return command;
}

}  // namespace foreshock::wire
