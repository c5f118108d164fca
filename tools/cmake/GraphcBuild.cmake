# Settings and helpers that every target of graphc shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

find_program(GRAPHC_CCACHE ccache)
if(GRAPHC_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${GRAPHC_CCACHE})
endif()

find_program(GRAPHC_LLD NAMES ld.lld-22 ld.lld)
if(GRAPHC_LLD)
  add_link_options(--ld-path=${GRAPHC_LLD})
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(GRAPHC_WERROR)
  add_compile_options(-Werror)
endif()
if(GRAPHC_ASSERTS)
  add_compile_definitions(GRAPHC_ASSERTS=1)
endif()
if(GRAPHC_SANITIZE)
  add_compile_options(-fsanitize=${GRAPHC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined
                      -fno-sanitize=vptr,function)
  add_link_options(-fsanitize=${GRAPHC_SANITIZE})
endif()

# Includes read from the root of the tree: #include "runtime/base/Status.h".
include_directories(${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})

# graphc_library(NAME sources... DEPS targets...): one static library per folder. Its link list is the proof of what
# the folder may depend on.
function(graphc_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
endfunction()
