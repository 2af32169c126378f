# Run by foreshock_embed(): writes ${HEADER} and ${SOURCE} with the bytes of ${FILES} (separated by commas).
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(rows "")
set(index 0)
foreach(file ${FILES})
  file(READ ${file} hex HEX)
  get_filename_component(name ${file} NAME)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  # The byte after the end keeps the array of an empty file legal.
  string(APPEND arrays "const unsigned char kBytes${index}[] = {\n${hex}0x00};\n")
  string(APPEND rows "      {\"${name}\", {reinterpret_cast<const char*>(kBytes${index}), ${size}}},\n")
  math(EXPR index "${index} + 1")
endforeach()

file(WRITE ${HEADER} "#pragma once

#include <span>

#include \"common/base/embedded_file.h\"

namespace foreshock::embedded {
std::span<const EmbeddedFile> ${SYMBOL}();
}
")
file(WRITE ${SOURCE} "#include \"embedded/${SYMBOL}.h\"

namespace foreshock::embedded {
namespace {
${arrays}}

std::span<const EmbeddedFile> ${SYMBOL}() {
  static const EmbeddedFile kFiles[] = {
${rows}  };
  return kFiles;
}
}
")
