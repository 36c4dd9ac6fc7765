# cpack, or `cmake --build build/release --target package`: a package for the Debian that builds it.
find_program(DPKG_DEB dpkg-deb)
if(NOT DPKG_DEB)
    return()
endif()
set(FOOTPRINT_MAINTAINER "footprint maintainers <maintainers@users.noreply.r-seed-e9a5f921.example>"
    CACHE STRING "Who is named as the maintainer of the package")

# The same version built for Debian 13 is newer than that for 12, so that a system may go up with it.
file(STRINGS /etc/os-release release REGEX "^VERSION_ID=")
string(REGEX REPLACE "[^0-9]" "" release "${release}")
set(VERSION "${PROJECT_VERSION}-1~deb${release}")
configure_file(systemd/package/debian/changelog.in generated/debian/changelog @ONLY)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME footprint)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR})
set(CPACK_STRIP_FILES ON)
# Settings have an absolute place, /etc: they are staged below DESTDIR.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~deb${release}")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${FOOTPRINT_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "systemd | systemd-standalone-sysusers | systemd-sysusers, systemd | systemd-standalone-tmpfiles | systemd-tmpfiles, procps, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-server, prometheus")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "real-time segmentation of users by their events")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"footprintd reads what users do from a Kafka topic, keeps an exact
sliding-window profile of each of them, and publishes on another topic who
has entered or left which segment, within milliseconds and exactly once.
Profiles lie in Redis, as a verified copy.
.
footprintctl checks rules, tries them on files of events, and shows
the profile of a user.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/systemd/package/debian/conffiles ${CMAKE_SOURCE_DIR}/systemd/package/debian/postinst
    ${CMAKE_SOURCE_DIR}/systemd/package/debian/prerm ${CMAKE_SOURCE_DIR}/systemd/package/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_BINARY_DIR}/generated/stage.cmake)
configure_file(systemd/package/stage.cmake.in generated/stage.cmake @ONLY)
include(CPack)
