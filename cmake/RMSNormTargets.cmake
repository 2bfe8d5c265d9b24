# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Compile options of the project's own code.
function(rmsnorm_compile_options target)
  # libMLIR and libLLVM are built without RTTI and without exceptions.
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti -fno-exceptions>
    -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter
    $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden>)
  if(RMSNORM_ENABLE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(RMSNORM_SANITIZE)
    list(JOIN RMSNORM_SANITIZE "," sanitizers)
    target_compile_options(${target} PRIVATE
      -fsanitize=${sanitizers} -fno-sanitize=vptr -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${sanitizers})
  endif()
endfunction()

# rmsnorm_add_library(NAME source... [DEPENDS target...] [LINK_LIBS library...])
#
# A library of the project: static or shared as BUILD_SHARED_LIBS says, part of
# the install and of the exported package.
function(rmsnorm_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} ${ARG_UNPARSED_ARGUMENTS})
  rmsnorm_compile_options(${name})
  if(BUILD_SHARED_LIBS)
    # One process holds one copy of each type: C++ symbols must be visible.
    target_compile_options(${name} PRIVATE -fvisibility=default)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_include_directories(${name} INTERFACE
    $<BUILD_INTERFACE:${RMSNORM_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${RMSNORM_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS})
  set_property(GLOBAL APPEND PROPERTY RMSNORM_LIBRARIES ${name})
  # The name that users of the package see works within one tree as well.
  add_library(RMSNorm::${name} ALIAS ${name})
  set_target_properties(${name} PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  install(TARGETS ${name} EXPORT RMSNormTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
      COMPONENT rmsnorm-libs NAMELINK_COMPONENT rmsnorm-libs
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT rmsnorm-libs)
endfunction()

# rmsnorm_add_tool(NAME source... [LINK_LIBS library...])
function(rmsnorm_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  rmsnorm_compile_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS})
  install(TARGETS ${name}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT rmsnorm-tools)
endfunction()
