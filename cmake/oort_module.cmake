# SPDX-License-Identifier: Apache-2.0
#
# oort_module(NAME
#   SOURCES a.cpp …          listed, never globbed; relative to src/NAME
#   PUBLIC_HEADERS a.hpp …   relative to include/oort/NAME
#   DEPS room …              rooms that the public headers may name
#   PRIVATE_DEPS room …      rooms that only the sources may name
#   THIRD_PARTY target …)    vendor libraries, seen by the sources alone
#
# makes the static library oort_NAME (alias oort::NAME) and tells tools/layers.py of it.

# Owns the precompiled standard headers; has no vendor's definitions, so every room can reuse them.
if(OORT_PCH)
  add_library(oort_pch STATIC "${CMAKE_SOURCE_DIR}/cmake/pch.cpp")
  target_link_libraries(oort_pch PRIVATE oort_warnings)
  target_precompile_headers(oort_pch PRIVATE "${CMAKE_SOURCE_DIR}/cmake/pch.hpp")
endif()

function(oort_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC_HEADERS;DEPS;PRIVATE_DEPS;THIRD_PARTY" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "oort_module(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(target oort_${name})
  add_library(${target} STATIC)
  add_library(oort::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)

  list(TRANSFORM ARG_PUBLIC_HEADERS PREPEND "${CMAKE_SOURCE_DIR}/include/oort/${name}/"
                 OUTPUT_VARIABLE headers)
  target_sources(
    ${target}
    PRIVATE ${ARG_SOURCES}
    PUBLIC FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}/include" FILES ${headers})
  # A room's own folder is in nobody's include path but its own.
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/src/${name}")

  list(TRANSFORM ARG_DEPS PREPEND oort_ OUTPUT_VARIABLE public_targets)
  list(TRANSFORM ARG_PRIVATE_DEPS PREPEND oort_ OUTPUT_VARIABLE private_targets)
  target_link_libraries(${target} PUBLIC ${public_targets} PRIVATE ${private_targets}
                                         ${ARG_THIRD_PARTY} oort_warnings)
  if(OORT_PCH)
    target_precompile_headers(${target} REUSE_FROM oort_pch)
  endif()

  list(JOIN ARG_DEPS " " deps)
  list(JOIN ARG_PRIVATE_DEPS " " private_deps)
  set_property(GLOBAL APPEND PROPERTY OORT_LAYERS "${name}: ${deps} / ${private_deps}")
  set_property(GLOBAL APPEND PROPERTY OORT_ROOMS ${name})
endfunction()


# oort_test(NAME SOURCES … DEPS room … [THIRD_PARTY …] [LABELS …] [TIMEOUT s] [ENVIRONMENT k=v …])
# makes the GoogleTest binary test_NAME and registers each of its cases with ctest.
function(oort_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;THIRD_PARTY;LABELS;ENVIRONMENT" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "oort_test(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(target test_${name})
  add_executable(${target} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPS PREPEND oort_ OUTPUT_VARIABLE deps)
  target_link_libraries(${target} PRIVATE ${deps} ${ARG_THIRD_PARTY} oort_test_main oort_warnings)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests/support")
  if(OORT_PCH)
    target_precompile_headers(${target} REUSE_FROM oort_test_main)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  if(ARG_ENVIRONMENT)
    list(APPEND properties ENVIRONMENT "${ARG_ENVIRONMENT}")
  endif()
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES ${properties})
endfunction()

# oort_fuzz(NAME SOURCES … DEPS room …): a libFuzzer target where OORT_FUZZ is on, and everywhere a
# ctest case that runs the committed corpus tests/fuzz/corpus/NAME through the same entry point.
function(oort_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  set(target fuzz_${name})
  add_executable(${target} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPS PREPEND oort_ OUTPUT_VARIABLE deps)
  target_link_libraries(${target} PRIVATE ${deps} oort_warnings)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests/support")
  if(OORT_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(corpus_arguments -runs=0)
  else()
    target_sources(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests/support/fuzz_main.cpp")
    set(corpus_arguments "")
  endif()
  set(corpus "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
  file(MAKE_DIRECTORY "${corpus}")
  add_test(NAME fuzz.${name}.corpus COMMAND ${target} ${corpus_arguments} "${corpus}")
  set_tests_properties(fuzz.${name}.corpus PROPERTIES LABELS fuzz TIMEOUT 120)
  set_property(GLOBAL APPEND PROPERTY OORT_FUZZERS ${target})
endfunction()

# oort_bench(NAME SOURCES … DEPS room … [THIRD_PARTY …]): the program bench_NAME, which
# `./dev bench NAME` builds and runs. NAME may hold hyphens. `--json` makes it print one object
# {"name", "metrics", "ceilings"} on standard output.
function(oort_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;THIRD_PARTY" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "oort_bench(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(target bench_${name})
  add_executable(${target} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPS PREPEND oort_ OUTPUT_VARIABLE deps)
  target_link_libraries(${target} PRIVATE ${deps} ${ARG_THIRD_PARTY} oort_warnings)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests/support")
endfunction()

# Writes layers.txt, checks it in every build, and makes the link checks.
function(oort_finish)
  get_property(layers GLOBAL PROPERTY OORT_LAYERS)
  list(JOIN layers "\n" text)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/layers.txt" CONTENT "${text}\n" @ONLY)
  get_property(fuzzers GLOBAL PROPERTY OORT_FUZZERS)
  list(JOIN fuzzers "\n" text)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/fuzzers.txt" CONTENT "${text}\n" @ONLY)

  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  file(GLOB_RECURSE ours CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/include/*.hpp"
       "${CMAKE_SOURCE_DIR}/src/*.hpp" "${CMAKE_SOURCE_DIR}/src/*.cpp"
       "${CMAKE_SOURCE_DIR}/examples/*.hpp" "${CMAKE_SOURCE_DIR}/examples/*.cpp")
  add_custom_command(
    OUTPUT "${CMAKE_BINARY_DIR}/layers.stamp"
    COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/layers.py" --root
            "${CMAKE_SOURCE_DIR}" --layers "${CMAKE_BINARY_DIR}/layers.txt"
    COMMAND "${CMAKE_COMMAND}" -E touch "${CMAKE_BINARY_DIR}/layers.stamp"
    DEPENDS "${CMAKE_SOURCE_DIR}/tools/layers.py" "${CMAKE_BINARY_DIR}/layers.txt" ${ours}
    COMMENT "Checking who includes whom")
  add_custom_target(layers ALL DEPENDS "${CMAKE_BINARY_DIR}/layers.stamp")

  # Each room as a whole archive with only what it says it needs: an undeclared dependency is an
  # undefined symbol.
  add_custom_target(link_check)
  get_property(rooms GLOBAL PROPERTY OORT_ROOMS)
  foreach(room IN LISTS rooms)
    add_executable(link_check_${room} EXCLUDE_FROM_ALL
                   "${CMAKE_SOURCE_DIR}/cmake/link_main.cpp")
    target_link_libraries(link_check_${room}
                          PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,oort_${room}>")
    set_target_properties(link_check_${room} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                        "${CMAKE_BINARY_DIR}/link_check")
    add_dependencies(link_check link_check_${room})
  endforeach()
endfunction()
