# Joins files into a C++ byte array:
#   cmake -DOUTPUT=library.cpp "-DINPUTS=a.js;b.js" -P embed_library.cmake
set(hex "")
foreach(input IN LISTS INPUTS)
  file(READ "${input}" part HEX)
  string(APPEND hex "${part}0a")
endforeach()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}" "// Made of src/handler/modules by cmake/embed_library.cmake.
#include \"handler/library.hpp\"

namespace eventsd::handler {

std::string_view library_source() {
  static constexpr unsigned char kBytes[] = {
${bytes}0x00};
  return {reinterpret_cast<const char*>(kBytes), sizeof kBytes - 1};
}

}  // namespace eventsd::handler
")
