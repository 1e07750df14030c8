# Tests of identity=keystone: its faults against a scripted peer, and the program against a real Keystone.
add_executable(identity_test ${CMAKE_CURRENT_LIST_DIR}/identity_test.cpp)
target_link_libraries(identity_test PRIVATE identity Boost::unit_test_framework)
target_compile_options(identity_test PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
add_test(NAME identity_test COMMAND identity_test)
set_tests_properties(identity_test PROPERTIES LABELS unit TIMEOUT 120)

add_executable(keystone_test ${CMAKE_CURRENT_LIST_DIR}/keystone_test.cpp)
target_link_libraries(keystone_test PRIVATE test_support Boost::unit_test_framework)
target_compile_options(keystone_test PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
add_test(NAME keystone_test COMMAND keystone_test)
set_tests_properties(keystone_test PROPERTIES LABELS keystone TIMEOUT 300 RUN_SERIAL TRUE)
