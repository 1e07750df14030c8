# The tests of the real program, black box: its command line and HTTP only, nothing from src/.
function(add_e2e_test name)
    add_executable(${name} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE test_support catalog_model Boost::unit_test_framework)
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
    add_test(NAME ${name} COMMAND ${name})
    # A test starts its own cluster and stops it, whatever happens, so they may run side by side; on few cores the ones
    # that measure nothing but load the machine would only slow each other down.
    describe_test(${name} e2e 600)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
endfunction()

add_e2e_test(random_requests_test)
# A hundred thousand requests; runs only if its label is named.
add_test(NAME random_callers_long COMMAND random_requests_test --run_test=random_callers_see_what_is_theirs
    --log_level=message -- long)
describe_test(random_callers_long callers 3600)
set_tests_properties(random_callers_long PROPERTIES RUN_SERIAL TRUE)
add_e2e_test(walk_test)
add_e2e_test(count_under_writers_test)
add_e2e_test(http_test)
add_e2e_test(edge_test)
add_e2e_test(surface_test)
add_e2e_test(injection_test)
add_e2e_test(identity_faults_test)
target_include_directories(identity_faults_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/identity) # scripted_peer.hpp
add_e2e_test(dba_test)
add_e2e_test(verify_test)
add_e2e_test(fill_test)

# The same programs with PgBouncer in transaction mode between service and database. Left out: what the database is seen
# to do by way of prepared statements, and what does not touch it but takes long.
function(add_pooler_test name connections)
    add_test(NAME ${name}_through_pooler COMMAND ${name} ${ARGN})
    describe_test(${name}_through_pooler e2e 600)
    set_tests_properties(${name}_through_pooler PROPERTIES RUN_SERIAL TRUE
        ENVIRONMENT "TEST_POOLER=${connections};TEST_SEED=3")
endfunction()

add_pooler_test(random_requests_test 2)
add_pooler_test(walk_test 2)
add_pooler_test(count_under_writers_test 4)
add_pooler_test(http_test 4)
add_pooler_test(edge_test 4 --run_test=!ten_thousand_idle_connections_and_a_thousand_slow_ones)
add_pooler_test(surface_test 8 --run_test=!requests_are_counted)
