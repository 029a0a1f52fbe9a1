# C++20 with Clang 19 (GCC 13 and newer also work). GCC 12 miscompiles coroutines.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++20 coroutines. "
    "Use Clang 19: cmake -DCMAKE_CXX_COMPILER=clang++-19 (apt-get install clang-19).")
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

add_library(eventsd_options INTERFACE)
target_include_directories(eventsd_options INTERFACE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(eventsd_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror=return-type)
if(EVENTSD_SANITIZE)
  target_compile_options(eventsd_options INTERFACE
    -fsanitize=${EVENTSD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(eventsd_options INTERFACE -fsanitize=${EVENTSD_SANITIZE})
endif()
if(EVENTSD_FUZZ)
  target_compile_options(eventsd_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(EVENTSD_LLD NAMES ld.lld-19 ld.lld)
if(EVENTSD_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(eventsd_options INTERFACE -fuse-ld=lld)
endif()
find_program(EVENTSD_CCACHE ccache)
if(EVENTSD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${EVENTSD_CCACHE})
endif()
