# The real program among faults: databases killed, networks cut, clients that leave. Runs only if its label is named.
function(add_faults_test name)
    add_executable(${name} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE test_support catalog_model Boost::unit_test_framework)
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
    if(SANITIZE)
        target_compile_definitions(${name} PRIVATE SANITIZED) # how much memory is used says nothing then
    endif()
    add_test(NAME ${name} COMMAND ${name} --log_level=message)
    describe_test(${name} faults 1200)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
endfunction()

add_faults_test(faults_test)
add_faults_test(kill_test)
add_faults_test(restart_test)
# Ten minutes (TEST_COUNT seconds), and so with a label of its own.
add_faults_test(soak_test)
set_tests_properties(soak_test PROPERTIES LABELS soak TIMEOUT 7200)
