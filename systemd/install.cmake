# cmake --install: the unit, its user, settings, rules and manuals. The programs install themselves.
set(FOOTPRINT_SYSTEMD_DIR lib/systemd/system CACHE STRING "Where units go, below the prefix or absolute")

install(CODE "
    set(SOURCE [[${CMAKE_SOURCE_DIR}]])
    set(BUILD [[${CMAKE_BINARY_DIR}]])
    set(SBINDIR [[${CMAKE_INSTALL_SBINDIR}]])
    set(SYSCONFDIR [[${CMAKE_INSTALL_SYSCONFDIR}]])
    set(SYSTEMD_DIR [[${FOOTPRINT_SYSTEMD_DIR}]])")
install(SCRIPT systemd/place.cmake)
install(FILES systemd/sysusers.d/footprint.conf DESTINATION lib/sysusers.d)
install(FILES config/footprint.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/footprint)
install(FILES config/access/README.md config/access/redis.acl config/access/kafka.acl DESTINATION ${CMAKE_INSTALL_DATADIR}/footprint/access)
install(FILES config/alerts/footprint.yaml config/alerts/footprint_test.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/footprint/alerts)
install(FILES config/dashboards/footprint.json DESTINATION ${CMAKE_INSTALL_DATADIR}/footprint/dashboards)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Manual pages stand beside what they describe: name.section.
file(GLOB_RECURSE manuals CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/daemon/*.[1578] ${CMAKE_SOURCE_DIR}/config/*.[1578] ${CMAKE_SOURCE_DIR}/pipeline/*.[1578])
foreach(manual ${manuals})
    string(REGEX MATCH "[0-9]$" section ${manual})
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# Completions, where the shells look for them.
set(completions ${CMAKE_SOURCE_DIR}/config/completions)
foreach(place bash:bash-completion/completions zsh:zsh/vendor-completions fish:fish/vendor_completions.d)
    string(REPLACE ":" ";" words ${place})
    list(GET words 0 shell)
    list(GET words 1 folder)
    if(EXISTS ${completions}/${shell})
        install(DIRECTORY ${completions}/${shell}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
    endif()
endforeach()
