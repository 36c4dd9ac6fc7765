# cmake --install: the unit, its user, settings, rules and manuals. The programs install themselves.
set(FOOTPRINT_SYSTEMD_DIR lib/systemd/system CACHE STRING "Where units go, below the prefix or absolute")

# What names a path is adapted to the prefix.
foreach(name footprintd.service tmpfiles.d/footprint.conf)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/systemd/${name})
    file(READ ${CMAKE_SOURCE_DIR}/systemd/${name} text)
    string(REPLACE "/usr/sbin/footprintd" "${CMAKE_INSTALL_FULL_SBINDIR}/footprintd" text "${text}")
    string(REPLACE "/etc/footprint" "${CMAKE_INSTALL_FULL_SYSCONFDIR}/footprint" text "${text}")
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${name} CONTENT "${text}" @ONLY)
endforeach()

install(FILES ${CMAKE_BINARY_DIR}/generated/footprintd.service DESTINATION ${FOOTPRINT_SYSTEMD_DIR})
install(FILES systemd/sysusers.d/footprint.conf DESTINATION lib/sysusers.d)
install(FILES ${CMAKE_BINARY_DIR}/generated/tmpfiles.d/footprint.conf DESTINATION lib/tmpfiles.d)
install(FILES config/footprint.yaml DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/footprint)
install(DIRECTORY config/segments.d DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/footprint FILES_MATCHING PATTERN "*.yaml")
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Manual pages stand beside what they describe: name.section.
file(GLOB_RECURSE manuals CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/daemon/*.[1578] ${CMAKE_SOURCE_DIR}/config/*.[1578] ${CMAKE_SOURCE_DIR}/pipeline/*.[1578])
foreach(manual ${manuals})
    string(REGEX MATCH "[0-9]$" section ${manual})
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
