#include "common/signature/word_mask.h"

#include <algorithm>
#include <cstddef>

namespace foreshock {
namespace {

constexpr std::size_t kMaxPlainBytes = 40;  ///< longer words are names of things, not of actions
constexpr std::size_t kMaxKeptDigits = 3;   ///< sha256, x264, db1: part of the name
constexpr std::size_t kMinIdBytes = 7;      ///< git's short hashes
/// A program's name is chosen by people: only what is surely none is masked.
constexpr std::size_t kMinIdBytesOfProgram = 12;

constexpr std::string_view kNumber = "<n>";
constexpr std::string_view kDate = "<date>";
constexpr std::string_view kId = "<id>";
constexpr std::string_view kPath = "<path>";
constexpr std::string_view kUrl = "<url>";
constexpr std::string_view kSecret = "<secret>";
constexpr std::string_view kWord = "<word>";
constexpr std::string_view kHost = "<host>";
constexpr std::string_view kTemporary = "<tmp>";
constexpr std::string_view kRedacted = "<redacted>";  // as the agent writes it

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter(char c) {
  return is_lower(c) || is_upper(c);
}
bool is_alnum(char c) {
  return is_letter(c) || is_digit(c);
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_printable(char c) {
  return c > ' ' && c <= '~';
}
bool is_name_byte(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

bool all(std::string_view text, bool (*test)(char)) {
  return std::ranges::all_of(text, test);
}
bool any(std::string_view text, bool (*test)(char)) {
  return std::ranges::any_of(text, test);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Letters of units and of what stands between numbers: 512MiB, 1h30m, 1920x1080. None of a, c, e,
/// f: those make an id of hexadecimal digits.
bool is_unit_letter(char c) {
  return std::string_view("kKmMgGtTpPiIbBhHsSdDwWuUnNxXvV").find(c) != std::string_view::npos;
}

/// 12, -3.5, 10%, 512MiB, 1h30m, 0x1f, 8080:80, 1-5, 1,2, 10.0.0.1:53.
bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+') || text.starts_with(':'))
    text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  if (text.starts_with("0x") && text.size() > 2) return all(text.substr(2), is_hex);
  // 3e-4: an exponent. Without its sign it might as well be an id.
  const auto exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos && exponent + 2 < text.size() &&
      (text[exponent + 1] == '-' || text[exponent + 1] == '+') &&
      all(text.substr(exponent + 2), is_digit))
    text = text.substr(0, exponent);
  std::size_t letters_in_a_row = 0;
  for (const char c : text) {
    letters_in_a_row = is_letter(c) ? letters_in_a_row + 1 : 0;
    const bool joins = std::string_view(".,:-+%/_").find(c) != std::string_view::npos;
    if (!(is_digit(c) || is_unit_letter(c) || joins) || letters_in_a_row > 3) return false;
  }
  return true;
}

/// 10.0.0.1, 10.0.0.1:53, 10.0.0.0/8, ::1, fe80::1%eth0.
bool is_address(std::string_view text) {
  const auto end = text.find_first_of(":/");
  const auto quad = text.substr(0, end);
  if (std::ranges::count(quad, '.') == 3 && is_digit(quad.front()) && is_digit(quad.back()) &&
      std::ranges::all_of(quad, [](char c) { return is_digit(c) || c == '.'; }))
    return end == std::string_view::npos || all(text.substr(end + 1), is_digit);
  if (!contains(text, "::") && std::ranges::count(text, ':') < 4) return false;
  const auto zone = text.substr(0, text.find_first_of("%/"));
  return std::ranges::count(zone, ':') >= 2 && any(zone, is_hex) &&
         std::ranges::all_of(zone, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

/// Domains that no file name ends in.
bool is_top_domain(std::string_view word) {
  constexpr std::string_view kDomains[] = {"arpa",        "cloud",   "com",  "corp",     "edu",
                                           "example",     "gov",     "home", "internal", "intra",
                                           "intranet",    "invalid", "io",   "lan",      "local",
                                           "localdomain", "net",     "org",  "test"};
  return std::ranges::find(kDomains, word) != std::end(kDomains);
}

/// getty@tty1.service is no user at a host.
bool is_unit_suffix(std::string_view word) {
  constexpr std::string_view kSuffixes[] = {"mount", "path",   "scope",  "service",
                                            "slice", "socket", "target", "timer"};
  return std::ranges::find(kSuffixes, word) != std::end(kSuffixes);
}

/// db1.example.com, user@db1, db1.internal:5432, localhost:80.
bool is_host(std::string_view text) {
  const auto at = text.find('@');
  const bool has_user = at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
                        all(text.substr(0, at), is_name_byte);
  if (has_user) text.remove_prefix(at + 1);
  auto name = text;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    const auto port = text.substr(colon + 1);
    if (port.empty() || !all(port, is_digit)) return false;
    name = text.substr(0, colon);
  }
  if (name.empty() || !all(name, is_name_byte)) return false;
  if (name == "localhost" || is_address(text)) return true;
  const auto dot = name.rfind('.');
  const auto last = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  if (dot != 0 && is_top_domain(last)) return true;
  return has_user && is_letter(name.front()) && !is_unit_suffix(last);
}

/// tmp.Ab3dE9xQ1z, what mktemp makes of its template: letters in both cases and digits.
bool is_temporary(std::string_view name) {
  const auto mark = name.find("tmp");
  if (mark == std::string_view::npos) return false;
  const auto rest = name.substr(mark + 3);
  const auto random = rest.substr(rest.find_first_of("._-") == 0 ? 1 : 0);
  const auto odd = std::ranges::count_if(random, [](char c) { return is_upper(c) || is_digit(c); });
  return random.size() >= 6 && random.size() <= 12 && odd >= 2 && any(random, is_letter) &&
         all(random, [](char c) { return is_alnum(c) || c == '_'; });
}

int two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_month_and_day(int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/// Bytes of a date at the beginning: 2024-01-02, 2024/01/02, 20240102, and a time behind it; 0 when
/// there is none.
std::size_t date_length(std::string_view text) {
  const int century = two_digits(text, 0);
  if (century != 19 && century != 20) return 0;
  if (two_digits(text, 2) < 0) return 0;
  const bool dashed =
      text.size() >= 10 && (text[4] == '-' || text[4] == '/' || text[4] == '_' || text[4] == '.');
  std::size_t end = 8;
  if (dashed) {
    if (text[7] != text[4] || !is_month_and_day(two_digits(text, 5), two_digits(text, 8))) return 0;
    end = 10;
  } else if (!is_month_and_day(two_digits(text, 4), two_digits(text, 6))) {
    return 0;
  }
  // A time: T03:04:05Z, _0304, -030405.
  std::size_t time = end;
  while (time < text.size() &&
         (is_digit(text[time]) ||
          std::string_view("T:Z_-+.").find(text[time]) != std::string_view::npos)) {
    ++time;
  }
  while (time > end && !is_digit(text[time - 1]) && text[time - 1] != 'Z') --time;
  const bool longer_number =
      !dashed && time > end && is_digit(text[end]) && time - end != 4 && time - end != 6;
  return longer_number ? 0 : time;
}

bool is_time_of_day(std::string_view text) {
  return (text.size() == 5 || text.size() == 8) && two_digits(text, 0) >= 0 &&
         two_digits(text, 0) < 24 && text[2] == ':' && two_digits(text, 3) >= 0 &&
         two_digits(text, 3) < 60 &&
         (text.size() == 5 || (text[5] == ':' && two_digits(text, 6) >= 0));
}

bool is_uuid_like(std::string_view text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
         text[23] == '-' && std::ranges::all_of(text, [](char c) { return is_hex(c) || c == '-'; });
}

/// A part of letters and digits that nobody thought up: hexadecimal, or long with digits among its
/// letters.
bool is_id(std::string_view part, std::size_t min_bytes = kMinIdBytes) {
  if (part.size() < min_bytes || !all(part, is_alnum) || !any(part, is_digit)) return false;
  if (all(part, is_digit)) return false;
  if (all(part, is_hex)) return true;
  if (part.size() < 10) return false;
  std::size_t changes = 0;
  for (std::size_t i = 1; i < part.size(); ++i)
    changes += is_digit(part[i - 1]) != is_digit(part[i]) ? 1 : 0;
  return changes >= 4;
}

/// Numbers, dates and ids inside a name, the rest kept: `backup-20240102.sql` →
/// `backup-<date>.sql`.
std::string mask_inside(std::string_view text, std::size_t min_id_bytes = kMinIdBytes) {
  std::string masked;
  for (std::size_t i = 0; i < text.size();) {
    const bool starts_part = i == 0 || !is_alnum(text[i - 1]);
    if (starts_part && is_uuid_like(text.substr(i, 36))) {
      masked += kId;
      i += 36;
      continue;
    }
    if (const auto date = starts_part ? date_length(text.substr(i)) : 0; date > 0) {
      masked += kDate;
      i += date;
      continue;
    }
    if (!is_alnum(text[i])) {
      masked += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_alnum(text[end])) ++end;
    if (const auto part = text.substr(i, end - i); starts_part && is_id(part, min_id_bytes)) {
      masked += kId;
      i = end;
      continue;
    }
    if (is_digit(text[i])) {  // a number that stands alone, or too long for a name; with its dots
      end = i;
      while (end < text.size() && is_digit(text[end])) ++end;
      const bool alone = starts_part && (end == text.size() || !is_letter(text[end]));
      while (alone && end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
        ++end;
        while (end < text.size() && is_digit(text[end])) ++end;
      }
      const bool architecture = text.substr(0, i).ends_with("x86_");
      if ((alone && !architecture) || end - i > kMaxKeptDigits) {
        masked += kNumber;
      } else {
        masked += text.substr(i, end - i);
      }
      i = end;
      continue;
    }
    while (i < text.size() && is_letter(text[i])) masked += text[i++];
  }
  return masked;
}

bool is_path(std::string_view text) {
  if (text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
      text.starts_with('~'))
    return true;
  return contains(text, "/") || text == "." || text == ".." ||
         text.find_first_of("*?") != std::string_view::npos;
}

bool is_plain(std::string_view text) {
  return text.size() <= kMaxPlainBytes && std::ranges::all_of(text, [](char c) {
           return is_name_byte(c) || std::string_view(":,+@%").find(c) != std::string_view::npos;
         });
}

/// A value: of a flag, an assignment, or a word of its own.
std::string mask_value(std::string_view text) {
  if (text.empty()) return {};
  if (contains(text, kRedacted)) return std::string(contains(text, "://") ? kUrl : kSecret);
  if (!all(text, is_printable)) return std::string(kWord);
  if (date_length(text) == text.size() || is_time_of_day(text)) return std::string(kDate);
  if (is_uuid_like(text)) return std::string(kId);
  if (is_address(text)) return std::string(kHost);
  if (is_number(text)) return std::string(kNumber);
  if (is_id(text)) return std::string(kId);
  if (contains(text, "://")) return std::string(kUrl);
  if (is_host(text)) return std::string(kHost);
  if (is_path(text) || text == "{}") return std::string(kPath);
  if (is_temporary(text)) return std::string(kTemporary);
  if (is_plain(text)) return mask_inside(text);
  return std::string(kWord);
}

/// What shells put between commands: kept, they tell a pipe from a list.
bool is_operator(std::string_view word) {
  return word == "|" || word == "||" || word == "&&" || word == "&" || word == ";" || word == ">" ||
         word == ">>" || word == "<" || word == "2>" || word == "2>&1" || word == ">&1" ||
         word == ">&2" || word == "(" || word == ")";
}

/// NAME=value, --name=value: the name stays.
std::string mask_named(std::string_view word, std::size_t equals) {
  // numpy==1.26
  const std::size_t value = word.substr(equals + 1).starts_with('=') ? equals + 2 : equals + 1;
  return mask_inside(word.substr(0, equals)) + std::string(word.substr(equals, value - equals)) +
         mask_value(word.substr(value));
}

/// -p8080 → -p<n>, -I/usr/include → -I<path>, -pSECRET; other short flags stay as they are.
std::string mask_short_flag(std::string_view word) {
  if (is_number(word)) return "-" + std::string(kNumber);
  const auto letter = std::string(word.substr(0, 2));
  const auto rest = word.substr(std::min<std::size_t>(2, word.size()));
  if (rest.empty() || all(rest, is_letter)) {
    return word.size() <= kMaxPlainBytes ? std::string(word) : letter + std::string(kWord);
  }
  if (is_number(rest) || is_path(rest) || contains(rest, kRedacted) || contains(rest, "://")) {
    return letter + mask_value(rest);
  }
  return is_plain(word) ? mask_inside(word) : letter + std::string(kWord);
}

bool is_flag_name(std::string_view name) {
  return name.size() <= kMaxPlainBytes &&
         std::ranges::all_of(name, [](char c) { return is_name_byte(c) || c == ':'; });
}

}  // namespace

std::string mask_argument(std::string_view word) {
  if (word.empty()) return std::string(kWord);
  if (is_operator(word)) return std::string(word);
  const auto equals = word.find('=');
  const bool named =
      equals != std::string_view::npos && equals > 0 && is_flag_name(word.substr(0, equals));
  if (named) return mask_named(word, equals);
  if (word.size() > 1 && word.front() == '-' && all(word, is_printable)) {
    if (word.starts_with("--")) return is_flag_name(word) ? std::string(word) : std::string(kWord);
    return mask_short_flag(word);
  }
  return mask_value(word);
}

std::string mask_program(std::string_view path) {
  auto name = base_name_of(path);
  if (name.starts_with('-')) name.remove_prefix(1);  // a login shell
  if (name == "nodejs") name = "node";
  if (name.starts_with("python") || name.starts_with("lua") || name.starts_with("perl") ||
      name.starts_with("ruby") || name.starts_with("php")) {
    const auto dot = name.find('.');
    const auto version = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    if (!version.empty() &&
        std::ranges::all_of(version, [](char c) { return is_digit(c) || c == '.'; })) {
      name = name.substr(0, dot);
    }
  }
  if (name.empty() || name.size() > 2 * kMaxPlainBytes || !all(name, is_printable))
    return std::string(kWord);
  if (is_temporary(name)) return std::string(kTemporary);
  return mask_inside(name, kMinIdBytesOfProgram);
}

std::string_view base_name_of(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1);
}

}  // namespace foreshock
