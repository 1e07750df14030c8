# The contract's model and its own tests; nothing here knows src/.
add_library(catalog_model STATIC ${CMAKE_CURRENT_LIST_DIR}/model.cpp)
target_include_directories(catalog_model PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(catalog_model PUBLIC Boost::json)
target_compile_features(catalog_model PUBLIC cxx_std_20)
target_compile_options(catalog_model PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})

add_executable(model_test ${CMAKE_CURRENT_LIST_DIR}/model_test.cpp)
target_link_libraries(model_test PRIVATE catalog_model Boost::unit_test_framework)
target_compile_options(model_test PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror ${TEST_OPTIMIZATION})
add_test(NAME model_test COMMAND model_test)
describe_test(model_test unit 60)
