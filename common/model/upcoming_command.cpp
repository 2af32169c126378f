#include "common/model/upcoming_command.h"

namespace foreshock {

std::string_view to_string(ScheduleSource source) {
  switch (source) {
    case ScheduleSource::systemd_timer:
      return "systemd_timer";
    case ScheduleSource::crontab:
      return "crontab";
    case ScheduleSource::at:
      return "at";
    case ScheduleSource::unknown:
      break;
  }
  return "unknown";
}

}  // namespace foreshock
