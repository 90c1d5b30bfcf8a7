# SPDX-License-Identifier: Apache-2.0
# Flags of our own code; vendors are SYSTEM and see none of the warnings.
add_library(oort_warnings INTERFACE)
target_compile_options(
  oort_warnings
  INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Wnon-virtual-dtor;-Wold-style-cast;-Wimplicit-fallthrough;-Werror>
            # GCC 12 sees overflows where short strings are joined or set (GCC bugs 105329, 105651).
            $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<CONFIG:Release>>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict>
)

add_compile_definitions(_GLIBCXX_ASSERTIONS)
# Everywhere, so that a vendor that asks for it does not part a room from the precompiled headers.
add_compile_options(-pthread)
# __FILE__ and debug information name paths inside the repository, wherever it was cloned.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")

if(OORT_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(OORT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT OORT_SANITIZE STREQUAL "")
  message(FATAL_ERROR "OORT_SANITIZE is '${OORT_SANITIZE}'; it may be empty, address or thread")
endif()
if(OORT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(OORT_MOLD mold)
if(OORT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# One link and two compilations at a time are what a machine with two cores carries.
set_property(GLOBAL PROPERTY JOB_POOLS link=1)
set(CMAKE_JOB_POOL_LINK link)
