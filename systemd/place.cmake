# Runs at `cmake --install`: what names a path, or lies in /etc, follows the prefix given there.
# In: SOURCE, BUILD, SBINDIR, SYSCONFDIR, SYSTEMD_DIR.
if(NOT IS_ABSOLUTE "${SYSCONFDIR}" AND CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(SYSCONFDIR "/${SYSCONFDIR}") # as GNUInstallDirs has it
endif()
foreach(folder SBINDIR SYSCONFDIR SYSTEMD_DIR)
    if(NOT IS_ABSOLUTE "${${folder}}")
        set(${folder} "${CMAKE_INSTALL_PREFIX}/${${folder}}")
    endif()
endforeach()

foreach(name footprintd.service tmpfiles.d/footprint.conf)
    file(READ "${SOURCE}/systemd/${name}" text)
    string(REPLACE "/usr/sbin/footprintd" "${SBINDIR}/footprintd" text "${text}")
    string(REPLACE "/etc/footprint" "${SYSCONFDIR}/footprint" text "${text}")
    file(WRITE "${BUILD}/generated/${name}" "${text}")
endforeach()

file(INSTALL "${BUILD}/generated/footprintd.service" DESTINATION "${SYSTEMD_DIR}")
file(INSTALL "${BUILD}/generated/tmpfiles.d/footprint.conf" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/tmpfiles.d")
# Settings and rules that are there already are somebody's own.
if(EXISTS "$ENV{DESTDIR}${SYSCONFDIR}/footprint/footprint.yaml")
    message(STATUS "Kept as it is: $ENV{DESTDIR}${SYSCONFDIR}/footprint")
else()
    file(INSTALL "${SOURCE}/config/footprint.yaml" DESTINATION "${SYSCONFDIR}/footprint")
    file(INSTALL "${SOURCE}/config/segments.d" DESTINATION "${SYSCONFDIR}/footprint" FILES_MATCHING PATTERN "*.yaml")
endif()
