# `cmake --install BUILD --prefix /usr`: the unit files name /usr/bin/eventsd. The image's build
# context has no documents.
include(GNUInstallDirs)
install(TARGETS eventsd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES config/eventsd.service config/eventsd.socket DESTINATION lib/systemd/system)
install(FILES config/eventsd.yaml docs/OPERATIONS.md docs/METRICS.md LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY config/grafana config/prometheus config/kubernetes
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples OPTIONAL)
