#include "coordinator/api/series_lookup.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxListed = 20;  ///< of what exists, in an error message

std::vector<std::string> quantity_words() {
  std::vector<std::string> words;
  for (int value = 0; value < 256; ++value) {
    const auto text = std::string(to_string(static_cast<Quantity>(value)));
    if (parse_quantity(text)) words.push_back(text);
  }
  return words;
}

}  // namespace

HostNames names_of(const std::vector<HostRow>& hosts) {
  HostNames names;
  for (const auto& host : hosts) names[host.id] = host.name;
  return names;
}

Result<void> check_is_series(const SeriesKey& key, WallTime since, const HostNames& names,
                             HistoryReader& history) {
  FS_TRY(const auto known, history.series_keys(since));
  if (std::ranges::find(known, key) != known.end()) return {};
  std::set<std::string> words;
  for (const auto& other : known) words.insert(describe_series(other, names));
  return Error(ErrorCode::not_found,
               fmt::format("there is no series {} with values since {}; there are: {}",
                           describe_series(key, names), format_utc(since),
                           list_some({words.begin(), words.end()})));
}

std::string list_some(const std::vector<std::string>& words) {
  if (words.empty()) return "none";
  std::string text;
  std::size_t listed = 0;
  for (const auto& word : words) {
    if (listed == kMaxListed) return text + fmt::format(" and {} more", words.size() - listed);
    text += (text.empty() ? "" : ", ") + word;
    ++listed;
  }
  return text;
}

Result<HostId> find_host(const std::string& name, const HostNames& names) {
  std::vector<std::string> all;
  for (const auto& [id, known] : names) {
    if (known == name) return id;
    all.push_back(known);
  }
  return Error(ErrorCode::not_found,
               fmt::format("there is no host \"{}\"; known: {}", name, list_some(all)));
}

Result<std::optional<HostId>> find_optional_host(const std::optional<std::string>& name,
                                                 const HostNames& names) {
  if (!name) return std::optional<HostId>();
  FS_TRY(const auto id, find_host(*name, names));
  return std::optional<HostId>(id);
}

Result<HostId> find_only_host(const std::optional<std::string>& name, const HostNames& names) {
  if (name) return find_host(*name, names);
  if (names.size() == 1) return names.begin()->first;
  return Error(ErrorCode::invalid_argument,
               fmt::format("parameter host: needed, because there are {} hosts", names.size()));
}

Result<std::uint32_t> parse_uid(const std::string& text) {
  std::uint32_t uid = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (problem != std::errc() || end != text.data() + text.size())
    return Error(ErrorCode::invalid_argument, fmt::format("user \"{}\": expected a uid", text));
  return uid;
}

Quantity read_quantity(QueryReader& query) {
  const auto text = query.text("quantity").value_or("cpu_usage");
  if (const auto quantity = parse_quantity(text)) return *quantity;
  query.fail("quantity",
             fmt::format("expected one of {}, got \"{}\"", list_some(quantity_words()), text));
  return Quantity::unknown;
}

}  // namespace foreshock::coordinator
