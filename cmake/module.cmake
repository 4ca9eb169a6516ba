# ta_module(NAME [ROOT dir] [TEST_SHARDS n] [DEPS modules…] [LIBS libraries…])
# A static library ta_NAME of src/NAME/*.cpp (or ROOT/NAME/*.cpp), and a test program ta_NAME_test of its *_test.cpp,
# which CTest runs as "NAME"; in n parts side by side ("NAME_1" …) where one would take too long. Its *.sql become
# headers (see embed.cmake).
add_library(ta_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(ta_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
target_link_libraries(ta_pch PUBLIC fmt::fmt Boost::json)

# Tests are compiled more often than they run: without optimisation, which halves the time. What they test has it.
add_library(ta_test_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(ta_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h <gtest/gtest.h>)
target_link_libraries(ta_test_pch PUBLIC fmt::fmt Boost::json GTest::gtest)
target_compile_options(ta_test_pch PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)

function(ta_compile_as_test target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
  target_precompile_headers(${target} REUSE_FROM ta_test_pch)
endfunction()

# GoogleTest names its report after the program as it was called, so every part has a name of its own.
function(ta_module_tests name shards)
  if(NOT shards)
    add_test(NAME ${name} COMMAND ta_${name}_test --gtest_brief=1 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    return()
  endif()
  math(EXPR last "${shards} - 1")
  foreach(index RANGE ${last})
    math(EXPR number "${index} + 1")
    set(part ta_${name}_test_${number})
    add_custom_command(TARGET ta_${name}_test POST_BUILD
                       COMMAND ${CMAKE_COMMAND} -E create_symlink ta_${name}_test
                               $<TARGET_FILE_DIR:ta_${name}_test>/${part})
    add_test(NAME ${name}_${number} COMMAND $<TARGET_FILE_DIR:ta_${name}_test>/${part} --gtest_brief=1
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name}_${number} PROPERTIES ENVIRONMENT
                         "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

function(ta_module name)
  cmake_parse_arguments(arg "" "ROOT;TEST_SHARDS" "DEPS;LIBS" ${ARGN})
  if(NOT arg_ROOT)
    set(arg_ROOT ${CMAKE_SOURCE_DIR}/src)
  endif()
  set(dir ${arg_ROOT}/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(NOT sources)
    set(sources ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
  endif()
  add_library(ta_${name} STATIC ${sources})
  target_include_directories(ta_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/gen)
  list(TRANSFORM arg_DEPS PREPEND ta_)
  target_link_libraries(ta_${name} PUBLIC ${arg_DEPS} ${arg_LIBS})
  target_precompile_headers(ta_${name} REUSE_FROM ta_pch)
  ta_embed_sql(ta_${name} ${name} ${dir})
  if(tests)
    add_executable(ta_${name}_test ${tests})
    ta_compile_as_test(ta_${name}_test)
    target_link_libraries(ta_${name}_test PRIVATE ta_${name} ta_testing GTest::gtest GTest::gtest_main)
    ta_module_tests(${name} "${arg_TEST_SHARDS}")
  endif()
endfunction()
