#include "agent/event_lines/event_lines.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <concepts>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "common/base/assert.h"
#include "common/base/bytes.h"

namespace foreshock::agent {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

unsigned char byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

/// Length of the UTF-8 character (not ASCII) at the front; 0 when there is none: truncated,
/// overlong, a surrogate, or beyond U+10FFFF.
std::size_t utf8_length(std::string_view text) {
  const auto first = byte_at(text, 0);
  const auto second = byte_at(text, 1);
  if (!is_continuation(second)) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (!is_continuation(byte_at(text, 2))) return 0;
  if (first == 0xe0) return second >= 0xa0 ? 3 : 0;
  if (first == 0xed) return second <= 0x9f ? 3 : 0;
  if (first >= 0xe1 && first <= 0xef) return 3;
  if (!is_continuation(byte_at(text, 3))) return 0;
  if (first == 0xf0) return second >= 0x90 ? 4 : 0;
  if (first == 0xf4) return second <= 0x8f ? 4 : 0;
  return first >= 0xf1 && first <= 0xf3 ? 4 : 0;
}

void append_json_control(std::string& out, unsigned char byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      out += "\\u00";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
  }
}

template <std::integral T>
void append_number(std::string& out, T number) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, end);
}

/// Members of one JSON object.
class JsonLine {
 public:
  JsonLine(std::string& out, std::string_view event) : out_(out) {
    out_ += "{\"event\":\"";
    out_ += event;
    out_ += '"';
  }
  void end() { out_ += "}\n"; }

  std::string& name(std::string_view name) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":";
    return out_;
  }
  template <std::integral T>
  void number(std::string_view name_of, T number) {
    append_number(name(name_of), number);
  }
  template <std::integral T>
  void number(std::string_view name_of, const std::optional<T>& number) {
    if (number) {
      append_number(name(name_of), *number);
    } else {
      name(name_of) += "null";
    }
  }
  void text(std::string_view name_of, std::string_view text) {
    append_json_string(name(name_of), text);
  }
  void boolean(std::string_view name_of, bool value) { name(name_of) += value ? "true" : "false"; }

 private:
  std::string& out_;
};

void add_process(JsonLine& line, const ProcessFacts& facts) {
  line.number("pid", facts.process.pid);
  line.number("start_ns", facts.process.start.time_since_epoch().count());
  line.number("ppid", facts.parent.pid);
  line.number("uid", facts.identity.uid);
  line.number("gid", facts.identity.gid);
  line.number("login_uid", facts.identity.login_uid);
  line.number("session_id", facts.identity.session_id);
  line.text("comm", facts.comm);
}

void add_command(JsonLine& line, const std::string& filename, const Argv& argv) {
  line.text("filename", filename);
  std::string& out = line.name("argv");
  out += '[';
  bool first = true;
  for (const auto word : argv.split()) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, word);
  }
  out += ']';
  line.boolean("truncated", argv.truncated());
  line.boolean("redacted", argv.redacted);
}

/// The words of a text in which each is ended by NUL.
void add_words(JsonLine& line, std::string_view name, std::string_view words) {
  std::string& out = line.name(name);
  out += '[';
  for (bool first = true; !words.empty(); first = false) {
    if (!first) out += ',';
    const auto word = words.substr(0, words.find('\0'));
    append_json_string(out, word);
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  out += ']';
}

void add_text_or_null(JsonLine& line, std::string_view name, std::string_view text) {
  if (text.empty()) {
    line.name(name) += "null";
  } else {
    line.text(name, text);
  }
}

void add_place(JsonLine& line, const std::string& cwd, const std::string& tty,
               std::string_view ancestry) {
  add_text_or_null(line, "cwd", cwd);
  add_text_or_null(line, "tty", tty);
  add_words(line, "ancestry", ancestry);
}

void add_workload(JsonLine& line, std::uint64_t id, std::string_view path,
                  const WorkloadIdentity& identity) {
  line.number("cgroup_id", id);
  line.text("cgroup", path);
  add_text_or_null(line, "unit", identity.unit);
  add_text_or_null(line, "slice", identity.slice);
  add_text_or_null(line, "container_runtime", identity.container_runtime);
  add_text_or_null(line, "container_id", identity.container_id);
  add_text_or_null(line, "container_name", identity.container_name);
  add_text_or_null(line, "pod", identity.pod);
}

/// The two readings of a wait status; exactly one is there.
std::optional<std::uint32_t> signal_of(std::uint32_t wait_status) {
  const std::uint32_t signal = wait_status & 0x7f;
  return signal == 0 ? std::nullopt : std::optional(signal);
}
std::optional<std::uint32_t> exit_code_of(std::uint32_t wait_status) {
  return signal_of(wait_status) ? std::nullopt : std::optional(wait_status >> 8 & 0xff);
}

std::int64_t to_us(Nanoseconds time) {
  return time.count() / 1000;
}

void add_use(JsonLine& line, const ResourceUse& use) {
  line.number("cpu_us", to_us(use.cpu));
  line.number("user_us", to_us(use.user));
  line.number("system_us", to_us(use.system));
  line.number("peak_rss_kib", use.peak_rss.count / 1024);
  line.number("read_bytes", use.read_bytes.count);
  line.number("written_bytes", use.written_bytes.count);
  line.number("read_calls", use.read_calls);
  line.number("write_calls", use.write_calls);
  line.number("minor_faults", use.minor_faults);
  line.number("major_faults", use.major_faults);
  line.number("voluntary_switches", use.voluntary_switches);
  line.number("involuntary_switches", use.involuntary_switches);
}

Nanoseconds duration_of(const Execution& ended) {
  return ended.end->time - ended.exec_time;
}

/// "4.560001"; a process cannot end before it began.
void append_seconds(std::string& out, Nanoseconds time) {
  const std::int64_t us = std::max<std::int64_t>(to_us(time), 0);
  append_number(out, us / 1'000'000);
  const std::string fraction = std::to_string(us % 1'000'000);
  out += '.';
  out.append(6 - fraction.size(), '0');
  out += fraction;
}

/// "812us", "12.3ms", "4.56s".
std::string format_short(Nanoseconds time) {
  const double us = static_cast<double>(time.count()) / 1e3;
  if (us < 1e3) return fmt::format("{:.0f}us", us);
  if (us < 1e6) return fmt::format("{:.1f}ms", us / 1e3);
  return fmt::format("{:.2f}s", us / 1e6);
}

std::string format_status(std::uint32_t wait_status) {
  if (const auto signal = signal_of(wait_status)) return fmt::format("sig {}", *signal);
  return fmt::format("{}", *exit_code_of(wait_status));
}

/// As one would type it: words with blanks, and empty ones, in quotes.
void append_command(std::string& out, const Argv& argv, std::string_view filename) {
  const auto words = argv.split();
  if (words.empty()) append_printable(out, filename);
  bool first = true;
  for (const auto word : words) {
    if (!first) out += ' ';
    first = false;
    const bool quoted = word.empty() || word.find_first_of(" \t\n") != std::string_view::npos;
    if (quoted) out += '\'';
    append_printable(out, word);
    if (quoted) out += '\'';
  }
  if (argv.truncated()) out += " ...";
}

constexpr std::string_view kTextColumns =
    "{:<12} {:<5} {:>8} {:>8} {:>6} {:>7} {:>9} {:>9} {:>10}  ";

void append_columns(std::string& out, std::string_view event, const ProcessFacts& facts,
                    std::string_view status, std::string_view duration, std::string_view cpu,
                    std::string_view peak) {
  fmt::format_to(std::back_inserter(out), fmt::runtime(kTextColumns.substr(7)), event,
                 facts.process.pid, facts.parent.pid, facts.identity.uid, status, duration, cpu,
                 peak);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // start of what can be copied as it is
  std::size_t at = 0;
  const auto flush = [&] { out.append(text.substr(plain, at - plain)); };
  while (at < text.size()) {
    const auto byte = byte_at(text, at);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    if (byte >= 0x80) {
      if (const auto length = utf8_length(text.substr(at)); length != 0) {
        at += length;
        continue;
      }
    }
    flush();
    if (byte >= 0x80) {
      out += "\\ufffd";
    } else if (byte < 0x20) {
      append_json_control(out, byte);
    } else {
      out += '\\';
      out += static_cast<char>(byte);
    }
    plain = ++at;
  }
  flush();
  out += '"';
}

void append_printable(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = byte_at(text, at);
    const std::size_t length = byte < 0x80 ? 1 : utf8_length(text.substr(at));
    // U+0080 to U+009F control a terminal as well.
    const bool controls =
        byte < 0x20 || byte == 0x7f || (byte == 0xc2 && byte_at(text, at + 1) < 0xa0);
    if (length == 0 || controls) {
      out += "\\x";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
      ++at;
    } else {
      out.append(text.substr(at, length));
      at += length;
    }
  }
}

void UtcWriter::append(std::string& out, WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second.time_since_epoch().count() != second_) {
    second_ = second.time_since_epoch().count();
    text_ = format_utc(WallTime(second));
    text_.resize(text_.find('.') + 1);
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - second).count();
  out += text_;
  out += static_cast<char>('0' + ms / 100);
  out += static_cast<char>('0' + ms / 10 % 10);
  out += static_cast<char>('0' + ms % 10);
  out += 'Z';
}

void JsonEventLines::append_exec(std::string& out, const ExecEvent& exec,
                                 const EventContext& context, WallTime time) {
  JsonLine line(out, "exec");
  line.name("time") += '"';
  utc_.append(out, time);
  out += '"';
  add_process(line, exec.facts);
  add_command(line, exec.filename, exec.argv);
  add_place(line, exec.cwd, exec.tty, context.ancestry);
  add_workload(line, exec.facts.cgroup_id, context.cgroup, context.identity);
  line.end();
}

void JsonEventLines::append_exit(std::string& out, const Execution& ended,
                                 const WorkloadIdentity& identity, WallTime time) {
  FS_ASSERT(ended.end.has_value());
  JsonLine line(out, "exit");
  line.name("time") += '"';
  utc_.append(out, time);
  out += '"';
  add_process(line, ended.facts);
  add_command(line, ended.filename, ended.argv);
  add_place(line, ended.cwd, ended.tty, ended.ancestry);
  add_workload(line, ended.facts.cgroup_id, ended.cgroup, identity);
  line.boolean("joined", ended.exec_seen);
  line.number("exit_code", exit_code_of(ended.end->wait_status));
  line.number("signal", signal_of(ended.end->wait_status));
  append_seconds(line.name("duration_s"), duration_of(ended));
  add_use(line, ended.end->use);
  line.number("connections", ended.end->connections);
  line.end();
}

void TextEventLines::append_heading(std::string& out) {
  fmt::format_to(std::back_inserter(out), fmt::runtime(kTextColumns), "TIME (UTC)", "EVENT", "PID",
                 "PPID", "UID", "STATUS", "DURATION", "CPU", "PEAK RSS");
  out += "COMMAND\n";
}

void TextEventLines::append_exec(std::string& out, const ExecEvent& exec, const EventContext&,
                                 WallTime time) {
  std::string line;
  utc_.append(line, time);
  line = line.substr(11, 12) + ' ';
  append_columns(line, "exec", exec.facts, "", "", "", "");
  append_command(line, exec.argv, exec.filename);
  append_tinted(out, line, Tint::faint);
}

void TextEventLines::append_exit(std::string& out, const Execution& ended, const WorkloadIdentity&,
                                 WallTime time) {
  FS_ASSERT(ended.end.has_value());
  std::string line;
  utc_.append(line, time);
  line = line.substr(11, 12) + ' ';
  append_columns(line, "exit", ended.facts, format_status(ended.end->wait_status),
                 format_short(duration_of(ended)), format_short(ended.end->use.cpu),
                 format_bytes(ended.end->use.peak_rss.count));
  if (ended.exec_seen) {
    append_command(line, ended.argv, ended.filename);
  } else {
    line += '(';
    append_printable(line, ended.facts.comm);
    line += ')';
  }
  append_tinted(out, line, ended.end->wait_status == 0 ? Tint::none : Tint::bad);
}

void TextEventLines::append_tinted(std::string& out, const std::string& line, Tint tint) const {
  out += style_.colour ? tinted(line, tint, style_) : line;
  out += '\n';
}

}  // namespace foreshock::agent
