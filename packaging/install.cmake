# This file says what is installed where, and makes the Debian package (scripts/package; cpack -G DEB).
include(GNUInstallDirs)

# Manual page and completion are written by the program itself.
set(GENERATED_TEXTS ${CMAKE_BINARY_DIR}/installed)
add_custom_command(
    OUTPUT ${GENERATED_TEXTS}/backup-catalog.1.gz ${GENERATED_TEXTS}/backup-catalog.bash ${GENERATED_TEXTS}/changelog.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${GENERATED_TEXTS}
    COMMAND backup-catalog manual > ${GENERATED_TEXTS}/backup-catalog.1
    COMMAND gzip -9nf ${GENERATED_TEXTS}/backup-catalog.1
    COMMAND backup-catalog completion > ${GENERATED_TEXTS}/backup-catalog.bash
    COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/CHANGELOG.md > ${GENERATED_TEXTS}/changelog.gz
    DEPENDS backup-catalog ${CMAKE_SOURCE_DIR}/CHANGELOG.md
    VERBATIM)
add_custom_target(installed_texts DEPENDS ${GENERATED_TEXTS}/backup-catalog.1.gz)

install(TARGETS backup-catalog RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${GENERATED_TEXTS}/backup-catalog.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${GENERATED_TEXTS}/backup-catalog.bash RENAME backup-catalog
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/backup-catalog.service
    ${CMAKE_SOURCE_DIR}/packaging/backup-catalog.socket DESTINATION lib/systemd/system)
# Passwords, tokens and keys lie there.
install(DIRECTORY DESTINATION /etc/backup-catalog DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/backup-catalog.ini DESTINATION /etc/backup-catalog
    PERMISSIONS OWNER_READ OWNER_WRITE)
# The layout of the checkout, which scripts/migrate relies on.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/migrations DESTINATION ${CMAKE_INSTALL_DATADIR}/backup-catalog)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sql/dba DESTINATION ${CMAKE_INSTALL_DATADIR}/backup-catalog/sql)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/scripts/migrate DESTINATION ${CMAKE_INSTALL_DATADIR}/backup-catalog/scripts)
install(FILES ${CMAKE_SOURCE_DIR}/scripts/lib/common.sh ${CMAKE_SOURCE_DIR}/scripts/lib/packages.sh
    ${CMAKE_SOURCE_DIR}/scripts/lib/libpq.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/backup-catalog/scripts/lib)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/scripts/lib/psql_in_turn.sh
    DESTINATION ${CMAKE_INSTALL_DATADIR}/backup-catalog/scripts/lib)
install(FILES ${GENERATED_TEXTS}/changelog.gz ${CMAKE_SOURCE_DIR}/packaging/copyright
    ${CMAKE_SOURCE_DIR}/docs/operations.md ${CMAKE_SOURCE_DIR}/docs/dba.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/backup-catalog)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/lintian-overrides RENAME backup-catalog
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME backup-catalog)
set(CPACK_PACKAGE_CONTACT "Backup catalog maintainers <maintainers@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Backup catalog: the list call of the backup API over PostgreSQL")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Lists the backups that a project of a cloud has:
GET /v3/{project_id}/backups of the cloud backup and recovery API, with exact
totals, every filter in every order, and pages by marker. Service, import and
export, schema migrations, and scripts for the database's administrators.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, procps") # the unit reloads with kill
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "postgresql-client, sqitch, libdbd-pg-perl") # /usr/share/backup-catalog/scripts/migrate
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/conffiles ${CMAKE_SOURCE_DIR}/packaging/postinst
    ${CMAKE_SOURCE_DIR}/packaging/prerm ${CMAKE_SOURCE_DIR}/packaging/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
