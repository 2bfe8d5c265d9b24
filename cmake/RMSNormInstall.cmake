# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The install: components rmsnorm-headers, rmsnorm-libs, rmsnorm-tools. It may be
# moved as a whole; libMLIR and libLLVM are found where they were at build time.

include(CMakePackageConfigHelpers)

install(DIRECTORY "${RMSNORM_SOURCE_DIR}/include/" "${RMSNORM_BINARY_DIR}/include/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT rmsnorm-headers
  FILES_MATCHING PATTERN "*.h" PATTERN "*.h.inc" PATTERN "*.td"
  PATTERN CMakeFiles EXCLUDE)

set(RMSNORM_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/rmsnorm")
set(RMSNORM_MLIR_VERSION 22.1)
get_property(RMSNORM_LIBRARIES GLOBAL PROPERTY RMSNORM_LIBRARIES)
configure_package_config_file(
  "${RMSNORM_SOURCE_DIR}/cmake/RMSNormConfig.cmake.in"
  "${RMSNORM_BINARY_DIR}/cmake/RMSNormConfig.cmake"
  INSTALL_DESTINATION "${RMSNORM_PACKAGE_DIR}")
write_basic_package_version_file(
  "${RMSNORM_BINARY_DIR}/cmake/RMSNormConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${RMSNORM_BINARY_DIR}/cmake/RMSNormConfig.cmake"
  "${RMSNORM_BINARY_DIR}/cmake/RMSNormConfigVersion.cmake"
  DESTINATION "${RMSNORM_PACKAGE_DIR}" COMPONENT rmsnorm-libs)
install(EXPORT RMSNormTargets NAMESPACE RMSNorm::
  DESTINATION "${RMSNORM_PACKAGE_DIR}" COMPONENT rmsnorm-libs)
