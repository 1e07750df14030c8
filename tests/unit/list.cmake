# Tests of src/ without a database and without sockets.
add_executable(unit_test
    ${CMAKE_CURRENT_LIST_DIR}/main.cpp
    ${CMAKE_CURRENT_LIST_DIR}/access_path_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/error_response_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/fair_queue_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/generate_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/json_tree_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/list_parameters_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/log_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/rate_limiter_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/record_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/request_reader_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/route_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/session_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/settings_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/statement_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/surface_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/static_identity_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/text_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/weeks_test.cpp)
target_include_directories(unit_test PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(unit_test PRIVATE app http api transfer generate query identity db util Boost::unit_test_framework)
target_compile_definitions(unit_test PRIVATE SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
target_compile_options(unit_test PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
add_test(NAME unit_test COMMAND unit_test)
describe_test(unit_test unit 120)
