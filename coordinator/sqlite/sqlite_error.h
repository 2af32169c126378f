#pragma once

#include <string_view>

#include "common/base/error.h"

struct sqlite3;

namespace foreshock::coordinator {

/// The connection's last failure: "operation, file: cause", its code chosen from SQLite's. Damage
/// and a full disk say what to do about them.
Error last_sqlite_error(sqlite3* connection, std::string_view operation);

}  // namespace foreshock::coordinator
