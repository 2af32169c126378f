#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foreshock {

/// How text is shown on a descriptor.
struct TextStyle {
  std::optional<std::size_t> width;  ///< of the terminal; absent: no terminal, nothing is cut
  bool colour = false;
};
/// What suits `fd`: colours only on a terminal and without NO_COLOR in the environment.
TextStyle read_text_style(int fd);

enum class Tint { none, strong, good, warning, bad, faint };
/// The text in the tint's colour, where the style has colours.
std::string tinted(std::string_view text, Tint tint, const TextStyle& style);

struct TextCell {
  TextCell(std::string cell_text,
           Tint cell_tint = Tint::none)  // NOLINT(google-explicit-constructor): rows read as lists
      : text(std::move(cell_text)), tint(cell_tint) {}
  TextCell(const char* cell_text)
      : text(cell_text) {}  // NOLINT(google-explicit-constructor): rows read as lists

  std::string text;
  Tint tint = Tint::none;
};

struct TextColumn {
  std::string title;
  enum class Align { left, right } align = Align::left;
};

/// A table for people: columns aligned, numbers to the right, cut to the terminal's width (the
/// widest column of words gives way). Cells are made printable.
class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns);

  /// As many cells as there are columns.
  void add_row(std::vector<TextCell> cells);
  bool empty() const { return rows_.empty(); }
  /// Lines, each ended by a newline, the titles first.
  std::string render(const TextStyle& style) const;

 private:
  std::vector<std::size_t> choose_widths(const TextStyle& style) const;

  std::vector<TextColumn> columns_;
  std::vector<std::vector<TextCell>> rows_;
};

}  // namespace foreshock
