#pragma once

#include <string>
#include <string_view>

namespace foreshock {

/// One argument as it appears in a signature: `--jobs=8` → `--jobs=<n>`, `/etc/fstab` → `<path>`,
/// `install` → `install`. Printable ASCII, no white space, short.
std::string mask_argument(std::string_view word);

/// The name of a program or script: its base name with versions, dates and ids masked;
/// `app-1.2.3.jar` → `app-<n>.jar`, `python3.11` → `python3`.
std::string mask_program(std::string_view path);

/// `/usr/bin/env` → `env`; a trailing slash is no name.
std::string_view base_name_of(std::string_view path);

}  // namespace foreshock
