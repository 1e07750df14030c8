# What the tests of the running program share: a cluster, child processes, an HTTP client, random catalogs.
add_library(test_support STATIC
    ${CMAKE_CURRENT_LIST_DIR}/child_process.cpp
    ${CMAKE_CURRENT_LIST_DIR}/comparison.cpp
    ${CMAKE_CURRENT_LIST_DIR}/http_client.cpp
    ${CMAKE_CURRENT_LIST_DIR}/injections.cpp
    ${CMAKE_CURRENT_LIST_DIR}/janitor.cpp
    ${CMAKE_CURRENT_LIST_DIR}/keystone_server.cpp
    ${CMAKE_CURRENT_LIST_DIR}/markdown.cpp
    ${CMAKE_CURRENT_LIST_DIR}/network.cpp
    ${CMAKE_CURRENT_LIST_DIR}/pooler.cpp
    ${CMAKE_CURRENT_LIST_DIR}/postgres_cluster.cpp
    ${CMAKE_CURRENT_LIST_DIR}/random_catalog.cpp
    ${CMAKE_CURRENT_LIST_DIR}/random_requests.cpp
    ${CMAKE_CURRENT_LIST_DIR}/service.cpp
    ${CMAKE_CURRENT_LIST_DIR}/sql_session.cpp
    ${CMAKE_CURRENT_LIST_DIR}/text.cpp
    ${CMAKE_CURRENT_LIST_DIR}/tls_files.cpp)
target_include_directories(test_support PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_compile_features(test_support PUBLIC cxx_std_20)
target_compile_options(test_support PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
target_link_libraries(test_support
    PUBLIC catalog_model Boost::json Threads::Threads
    PRIVATE PostgreSQL::PostgreSQL OpenSSL::SSL)
target_compile_definitions(test_support PRIVATE
    BACKUP_CATALOG_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}"
    BACKUP_CATALOG_BINARY="$<TARGET_FILE:backup-catalog>")
add_dependencies(test_support backup-catalog)
