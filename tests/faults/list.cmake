# Processes killed at random moments: the program, PostgreSQL's, and those of a migration. Runs only if its label is named.
add_executable(kill_test ${CMAKE_CURRENT_LIST_DIR}/kill_test.cpp)
target_link_libraries(kill_test PRIVATE test_support Boost::unit_test_framework)
target_compile_options(kill_test PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
add_test(NAME kill_test COMMAND kill_test --log_level=message)
describe_test(kill_test faults 3600)
set_tests_properties(kill_test PROPERTIES RUN_SERIAL TRUE)
