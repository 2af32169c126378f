#include "common/text/text_table.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/assert.h"
#include "common/text/display.h"

namespace foreshock {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest =
    8;  ///< what a column of words keeps when the terminal is too small

std::string_view code_of(Tint tint) {
  switch (tint) {
    case Tint::strong:
      return "\x1b[1m";
    case Tint::good:
      return "\x1b[32m";
    case Tint::warning:
      return "\x1b[33m";
    case Tint::bad:
      return "\x1b[31m";
    case Tint::faint:
      return "\x1b[2m";
    case Tint::none:
      break;
  }
  return "";
}

std::size_t total_width(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + kGap * (widths.size() - 1);
}

void render_row(const std::vector<TextCell>& cells, const std::vector<TextColumn>& columns,
                const std::vector<std::size_t>& widths, const TextStyle& style, std::string& into) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string text = cut_to_width(cells[i].text, widths[i]);
    const std::string padding(widths[i] - display_width(text), ' ');
    const bool right = columns[i].align == TextColumn::Align::right;
    if (right) line += padding;
    line += tinted(text, cells[i].tint, style);
    if (i + 1 == cells.size()) break;
    if (!right) line += padding;
    line.append(kGap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  into += line + "\n";
}

}  // namespace

TextStyle read_text_style(int fd) {
  TextStyle style;
  if (::isatty(fd) == 0) return style;
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  style.colour = no_colour == nullptr || *no_colour == '\0';
  winsize size{};
  style.width = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return style;
}

std::string tinted(std::string_view text, Tint tint, const TextStyle& style) {
  if (!style.colour || tint == Tint::none) return std::string(text);
  return std::string(code_of(tint)) + std::string(text) + "\x1b[0m";
}

TextTable::TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {
  FS_ASSERT(!columns_.empty());
}

void TextTable::add_row(std::vector<TextCell> cells) {
  FS_ASSERT(cells.size() == columns_.size());
  for (auto& cell : cells) cell.text = make_printable(cell.text);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> TextTable::choose_widths(const TextStyle& style) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i].text));
    widths.push_back(width);
  }
  if (!style.width) return widths;
  while (total_width(widths) > *style.width) {
    std::optional<std::size_t> widest;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool words = columns_[i].align == TextColumn::Align::left;
      if (words && widths[i] > kNarrowest && (!widest || widths[i] > widths[*widest])) widest = i;
    }
    if (!widest) break;
    --widths[*widest];
  }
  return widths;
}

std::string TextTable::render(const TextStyle& style) const {
  const auto widths = choose_widths(style);
  std::vector<TextCell> titles;
  for (const auto& column : columns_) titles.emplace_back(column.title, Tint::strong);
  std::string text;
  render_row(titles, columns_, widths, style, text);
  for (const auto& row : rows_) render_row(row, columns_, widths, style, text);
  return text;
}

}  // namespace foreshock
