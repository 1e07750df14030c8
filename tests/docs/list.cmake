# The commands of the documentation, run.
add_executable(commands_test ${CMAKE_CURRENT_LIST_DIR}/commands_test.cpp)
target_link_libraries(commands_test PRIVATE test_support Boost::unit_test_framework)
target_compile_options(commands_test PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
add_test(NAME commands_test COMMAND commands_test)
describe_test(commands_test docs 300)
