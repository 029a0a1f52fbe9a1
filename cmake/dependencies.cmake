# Every dependency is a Debian package; scripts/setup installs them.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)

# QuickJS has neither a CMake nor a pkg-config file. Its static library suffices, without the
# quickjs-libc part of it, which would give handlers files and processes.
find_path(QUICKJS_INCLUDE_DIR quickjs/quickjs.h REQUIRED)
find_library(QUICKJS_LIBRARY quickjs PATH_SUFFIXES quickjs REQUIRED)
add_library(eventsd_quickjs INTERFACE)
target_include_directories(eventsd_quickjs SYSTEM INTERFACE ${QUICKJS_INCLUDE_DIR})
target_link_libraries(eventsd_quickjs INTERFACE ${QUICKJS_LIBRARY} m ${CMAKE_DL_LIBS} Threads::Threads)

find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)

if(EVENTSD_RDS)
  # Debian's headers are in a folder of their own, which FindPostgreSQL knows; the server is not needed.
  find_package(PostgreSQL REQUIRED)
endif()
