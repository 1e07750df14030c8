# Tests of src/ against a real, throw-away PostgreSQL.
add_executable(integration_test
    ${CMAKE_CURRENT_LIST_DIR}/main.cpp
    ${CMAKE_CURRENT_LIST_DIR}/executor_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/facet_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/isolation_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/plan_test.cpp
    ${CMAKE_CURRENT_LIST_DIR}/schema_test.cpp)
target_link_libraries(integration_test PRIVATE query_shapes query db test_support Boost::unit_test_framework)
target_compile_definitions(integration_test PRIVATE SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
add_test(NAME integration_test COMMAND integration_test)
describe_test(integration_test integration 900)
set_tests_properties(integration_test PROPERTIES RUN_SERIAL TRUE)
