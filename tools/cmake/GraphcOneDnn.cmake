# Finds oneDNN, as the target graphc_dnnl. Not by the package's own configuration: Debian's asks for OpenCL, which
# nothing here uses.
find_path(GRAPHC_DNNL_INCLUDE_DIR dnnl.hpp)
find_library(GRAPHC_DNNL_LIBRARY dnnl)
if(GRAPHC_DNNL_INCLUDE_DIR AND GRAPHC_DNNL_LIBRARY)
  add_library(graphc_dnnl INTERFACE)
  target_include_directories(graphc_dnnl SYSTEM INTERFACE ${GRAPHC_DNNL_INCLUDE_DIR})
  target_link_libraries(graphc_dnnl INTERFACE ${GRAPHC_DNNL_LIBRARY})
else()
  message(STATUS "oneDNN was not found: --matmul=onednn will not be there")
endif()
