# `cpack -G DEB --config build/release/CPackConfig.cmake`; scripts/package does it and all around it.
# What is in the package beside what cmake/install.cmake installs has the component "package".
set(package ${PROJECT_SOURCE_DIR}/config/package)
install(FILES ${package}/eventsd.yaml DESTINATION /etc/eventsd COMPONENT package
        EXCLUDE_FROM_ALL)
install(FILES ${package}/eventsd.default DESTINATION /etc/default RENAME eventsd COMPONENT package
        EXCLUDE_FROM_ALL)
install(FILES ${package}/10-package.conf DESTINATION lib/systemd/system/eventsd.service.d
        COMPONENT package EXCLUDE_FROM_ALL)
install(FILES ${package}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT package
        EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME eventsd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The eventsd authors <eventsd@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${CMAKE_BINARY_DIR};eventsd;Unspecified;/;${CMAKE_BINARY_DIR};eventsd;package;/")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, passwd, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"One daemon for real-time events: publish over HTTP or WebSocket, subscribe over WebSocket, read and
replay the past. Clients written for AWS AppSync Events connect to it unmodified.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${package}/postinst;${package}/prerm;${package}/postrm;${package}/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
include(CPack)
