# Finds MLIR, LLVM and lld 22 and sets up libraries that include their headers.

set(MLIR_LINK_MLIR_DYLIB ON)
find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "graphc needs LLVM 22 but found ${LLVM_PACKAGE_VERSION}; run tools/setup.sh")
endif()
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# Compile options of every file that includes MLIR. NDEBUG always: the distribution's libraries are built with it, and
# the layout of some MLIR classes depends on it. graphc's own assertions are GRAPHC_ASSERT.
add_library(graphc_mlir INTERFACE)
target_include_directories(graphc_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
separate_arguments(GRAPHC_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(graphc_mlir INTERFACE NDEBUG ${GRAPHC_LLVM_DEFINITIONS})
target_link_libraries(graphc_mlir INTERFACE MLIR LLVM)

# The precompiled header: the MLIR headers that most files need.
add_library(graphc_mlir_pch OBJECT ${CMAKE_SOURCE_DIR}/tools/cmake/MlirPch.cpp)
target_link_libraries(graphc_mlir_pch PUBLIC graphc_mlir)
target_precompile_headers(graphc_mlir_pch PRIVATE ${CMAKE_SOURCE_DIR}/tools/cmake/MlirPch.h)
target_compile_options(graphc_mlir_pch PRIVATE -fpch-instantiate-templates)

# graphc_mlir_library(NAME sources... DEPS targets...): graphc_library for code that includes MLIR.
function(graphc_mlir_library name)
  graphc_library(${name} ${ARGN})
  graphc_use_mlir(${name})
endfunction()

# Executables are compiled with -fPIC as well: a precompiled header serves one code model only.
function(graphc_use_mlir name)
  get_target_property(type ${name} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIC)
  endif()
  target_link_libraries(${name} PUBLIC graphc_mlir)
  target_compile_options(${name} PRIVATE -fpch-instantiate-templates)
  target_precompile_headers(${name} REUSE_FROM graphc_mlir_pch)
endfunction()
