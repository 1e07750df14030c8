# Migrations under load on a catalog of 100,000 backups. Runs only if its label is named.
add_executable(migrate_test ${CMAKE_CURRENT_LIST_DIR}/migrate_test.cpp)
target_link_libraries(migrate_test PRIVATE test_support catalog_model Boost::unit_test_framework)
target_compile_options(migrate_test PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
add_test(NAME migrate_test COMMAND migrate_test --log_level=message)
describe_test(migrate_test live 3600)
set_tests_properties(migrate_test PROPERTIES RUN_SERIAL TRUE)
