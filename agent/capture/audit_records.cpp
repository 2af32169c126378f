#include "agent/capture/audit_records.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "agent/bpf/events.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kMaxOpen = 64;
constexpr std::size_t kMaxWords = 4096;

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Audit quotes what is plain and writes the rest as hexadecimal; "(null)" is nothing.
std::string decode_text(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return std::string(value.substr(1, value.size() - 2));
  if (value == "(null)" || value == "(none)") return {};
  std::string text;
  if (value.size() % 2 != 0) return std::string(value);
  for (std::size_t i = 0; i + 1 < value.size(); i += 2) {
    const int high = hex_digit(value[i]);
    const int low = hex_digit(value[i + 1]);
    if (high < 0 || low < 0) return std::string(value);
    text += static_cast<char>(high << 4 | low);
  }
  return text;
}

/// Calls back with each name=value; a value may be quoted and hold blanks then.
void for_each_field(std::string_view text,
                    const std::function<void(std::string_view, std::string_view)>& on) {
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(" \x1d");
    if (begin == std::string_view::npos) return;
    text.remove_prefix(begin);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return;
    const auto name = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    auto end = text.find_first_of(" \x1d");
    if (text.starts_with('"')) {
      const auto close = text.find('"', 1);
      end = close == std::string_view::npos ? close : close + 1;
    }
    const auto value = text.substr(0, end);
    text.remove_prefix(value.size());
    on(name, value);
  }
}

/// auid, ses: nobody logged in is 2^32-1, "-1" or "unset".
std::optional<std::uint32_t> parse_login(std::string_view value) {
  const auto id = parse_number<std::uint32_t>(value);
  return id == FS_NO_ID ? std::nullopt : id;
}

void read_syscall(std::string_view fields, AuditedExec& exec, bool& failed) {
  for_each_field(fields, [&](std::string_view name, std::string_view value) {
    if (name == "success") failed = value != "yes" && value != "1";
    if (name == "pid") exec.pid = parse_number<std::uint32_t>(value).value_or(0);
    if (name == "ppid") exec.parent_pid = parse_number<std::uint32_t>(value).value_or(0);
    if (name == "uid") exec.identity.uid = parse_number<std::uint32_t>(value).value_or(0);
    if (name == "gid") exec.identity.gid = parse_number<std::uint32_t>(value).value_or(0);
    if (name == "auid") exec.identity.login_uid = parse_login(value);
    if (name == "ses") exec.identity.session_id = parse_login(value);
    if (name == "tty") exec.tty = value == "(none)" ? "" : std::string(value.substr(0, 15));
    if (name == "comm") exec.comm = decode_text(value).substr(0, 15);
    if (name == "exe") exec.filename = decode_text(value).substr(0, FS_FILENAME_BYTES);
  });
  if (exec.tty.starts_with("pts") && !exec.tty.starts_with("pts/")) exec.tty.insert(3, "/");
}

/// a0="ls" a1=2D6C; a long word comes in parts: a2_len=9000 a2[0]=… a2[1]=….
void read_words(std::string_view fields, AuditedExec& exec) {
  for_each_field(fields, [&](std::string_view name, std::string_view value) {
    if (name.size() < 2 || name.front() != 'a') return;
    const auto part = name.find('[');
    const auto number =
        parse_number<std::size_t>(name.substr(1, part == std::string_view::npos ? part : part - 1));
    if (!number || *number >= kMaxWords) return;
    if (exec.words.size() <= *number) exec.words.resize(*number + 1);
    exec.words[*number] += decode_text(value);
  });
}

/// What an exec event of the kernel would hold.
void cut_words(AuditedExec& exec) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < exec.words.size(); ++i) {
    const auto bytes = exec.words[i].size() + 1;
    exec.true_bytes += bytes;
    if (used + bytes <= FS_ARGV_BYTES) {
      used += bytes;
      continue;
    }
    if (used < FS_ARGV_BYTES) {
      exec.words[i].resize(std::min<std::size_t>(exec.words[i].size(), FS_ARGV_BYTES - used - 1));
      used = FS_ARGV_BYTES;
    } else {
      exec.words[i].clear();
    }
  }
  std::size_t kept = 0;
  for (used = 0; kept < exec.words.size() && used + exec.words[kept].size() + 1 <= FS_ARGV_BYTES;)
    used += exec.words[kept++].size() + 1;
  exec.words.resize(kept);
}

struct Heading {
  std::string_view type;
  std::string_view serial;
  WallTime time;
  std::string_view fields;
};

/// "type=EXECVE msg=audit(1700000000.123:456): …", with "node=… " before it where hosts are mixed.
std::optional<Heading> parse_heading(std::string_view line) {
  const auto type_at = line.find("type=");
  const auto open = line.find(" msg=audit(");
  if (type_at == std::string_view::npos || open == std::string_view::npos || open < type_at)
    return std::nullopt;
  Heading heading;
  heading.type = line.substr(type_at + 5, open - type_at - 5);
  const auto stamp = line.substr(open + 11);
  const auto dot = stamp.find('.');
  const auto colon = stamp.find(':');
  const auto close = stamp.find("):");
  if (dot == std::string_view::npos || close == std::string_view::npos || dot > colon ||
      colon > close)
    return std::nullopt;
  const auto seconds = parse_number<std::int64_t>(stamp.substr(0, dot));
  const auto milliseconds = parse_number<std::int64_t>(stamp.substr(dot + 1, colon - dot - 1));
  if (!seconds || !milliseconds || *seconds < 0 || *seconds > 1ll << 33 || *milliseconds < 0 ||
      *milliseconds > 999)
    return std::nullopt;
  heading.time =
      WallTime(std::chrono::seconds(*seconds) + std::chrono::milliseconds(*milliseconds));
  heading.serial = stamp.substr(0, close);
  heading.fields = stamp.substr(close + 2);
  return heading;
}

}  // namespace

void AuditRecords::add_line(std::string_view line) {
  const auto heading = parse_heading(line);
  if (!heading) {
    if (!line.empty()) ++not_understood_;
    return;
  }
  const bool wanted = heading->type == "SYSCALL" || heading->type == "EXECVE" ||
                      heading->type == "CWD" || heading->type == "PROCTITLE" ||
                      heading->type == "EOE";
  if (!wanted) return;
  Event& event = event_of(heading->serial, heading->time);
  if (heading->type == "SYSCALL") {
    event.has_syscall = true;
    read_syscall(heading->fields, event.exec, event.failed);
  } else if (heading->type == "EXECVE") {
    event.has_words = true;
    read_words(heading->fields, event.exec);
  } else if (heading->type == "CWD") {
    for_each_field(heading->fields, [&event](std::string_view name, std::string_view value) {
      if (name == "cwd") event.exec.cwd = decode_text(value).substr(0, FS_CWD_BYTES);
    });
  } else {
    // The last line of an event.
    const auto last = std::ranges::find(open_, heading->serial, &Event::serial);
    finish(std::move(*last));
    open_.erase(last);
  }
}

void AuditRecords::finish_all() {
  for (auto& event : std::exchange(open_, {})) finish(std::move(event));
}

std::vector<AuditedExec> AuditRecords::take() {
  return std::exchange(whole_, {});
}

AuditRecords::Event& AuditRecords::event_of(std::string_view serial, WallTime time) {
  const auto known = std::ranges::find(open_, serial, &Event::serial);
  if (known != open_.end()) return *known;
  if (open_.size() >= kMaxOpen) {
    finish(std::move(open_.front()));
    open_.pop_front();
  }
  Event event;
  event.serial = serial;
  event.exec.time = time;
  return open_.emplace_back(std::move(event));
}

void AuditRecords::finish(Event&& event) {
  // Other system calls that the host's owner has audited have no words.
  if (!event.has_syscall || !event.has_words || event.failed || event.exec.pid == 0) return;
  cut_words(event.exec);
  whole_.push_back(std::move(event.exec));
}

}  // namespace foreshock::agent
