# What `eventsd version` tells of the build. The commit is read when CMake configures; outside a git
# checkout it is "unknown", or whatever -DEVENTSD_COMMIT=… says (packages built from a tarball).
set(EVENTSD_COMMIT "" CACHE STRING "Commit to report; empty: ask git")
set(eventsd_commit "${EVENTSD_COMMIT}")
find_package(Git QUIET)
if(NOT eventsd_commit AND GIT_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --abbrev=12
                  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE eventsd_commit
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  # A new commit configures anew.
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --path-format=absolute --git-path logs/HEAD
                  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE eventsd_head
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(eventsd_head AND EXISTS ${eventsd_head})
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                 ${eventsd_head})
  endif()
endif()
if(NOT eventsd_commit)
  set(eventsd_commit unknown)
endif()
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/app/version.cpp PROPERTIES
  COMPILE_DEFINITIONS
  "EVENTSD_VERSION=\"${PROJECT_VERSION}\";EVENTSD_COMMIT=\"${eventsd_commit}\";EVENTSD_BUILD_TYPE=\"${CMAKE_BUILD_TYPE}\";EVENTSD_YAML_CPP_VERSION=\"${yaml-cpp_VERSION}\"")
