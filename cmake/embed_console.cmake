# The console's files as C++ byte arrays:
#   cmake -DOUTPUT=console_assets.cpp "-DINPUTS=a.js;b.css" -P embed_console.cmake
set(arrays "")
set(table "")
set(number 0)
foreach(input IN LISTS INPUTS)
  get_filename_component(name "${input}" NAME)
  get_filename_component(extension "${input}" LAST_EXT)
  file(READ "${input}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  if(extension STREQUAL ".html")
    set(type "text/html; charset=utf-8")
  elseif(extension STREQUAL ".css")
    set(type "text/css; charset=utf-8")
  elseif(extension STREQUAL ".js")
    set(type "text/javascript; charset=utf-8")
  elseif(extension STREQUAL ".svg")
    set(type "image/svg+xml")
  else()
    message(FATAL_ERROR "embed_console.cmake: what is ${name}?")
  endif()
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {\n${bytes}0x00};\n")
  string(APPEND table "    {\"${name}\", \"${type}\", text(kFile${number}, sizeof kFile${number} - 1)},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made of src/admin/console by cmake/embed_console.cmake.
#include \"admin/console_assets.hpp\"

namespace eventsd::admin {
namespace {

${arrays}
std::string_view text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::span<const ConsoleAsset> console_assets() {
  static const ConsoleAsset kAssets[] = {
${table}  };
  return kAssets;
}

}  // namespace eventsd::admin
")
