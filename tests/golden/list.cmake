# Golden files: the SQL text and parameters of every shape of request, and the tables in docs/. GOLDEN_UPDATE=1 in the environment rewrites them.
add_library(query_shapes STATIC ${CMAKE_CURRENT_LIST_DIR}/query_shapes.cpp)
target_include_directories(query_shapes PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(query_shapes PUBLIC query api)

add_executable(golden_test ${CMAKE_CURRENT_LIST_DIR}/golden_test.cpp ${CMAKE_CURRENT_LIST_DIR}/docs_test.cpp)
target_link_libraries(golden_test PRIVATE query_shapes app Boost::unit_test_framework)
target_compile_definitions(golden_test PRIVATE GOLDEN_FOLDER="${CMAKE_CURRENT_LIST_DIR}"
    DOCS_FOLDER="${PROJECT_SOURCE_DIR}/docs")
add_test(NAME golden_test COMMAND golden_test)
describe_test(golden_test golden 60)
