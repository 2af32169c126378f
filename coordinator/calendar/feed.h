#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace foreshock::coordinator {

/// When the items of a feed were published: RSS 2.0 (pubDate), RSS 1.0 (dc:date), Atom (published,
/// else updated), JSON Feed 1.1 (date_published, else date_modified). Ascending, each time as often
/// as it is there. Items without a time are left out. Errors name the line where the text is
/// broken, or the item whose time is.
Result<std::vector<WallTime>> parse_feed(const std::string& text, const std::string& name);

/// "2026-11-21T09:00:00+01:00" (RFC 3339).
std::optional<WallTime> parse_rfc3339(std::string_view text);
/// "Sat, 21 Nov 2026 09:00:00 +0100" (RFC 822 with years of four digits).
std::optional<WallTime> parse_rfc822(std::string_view text);

}  // namespace foreshock::coordinator
