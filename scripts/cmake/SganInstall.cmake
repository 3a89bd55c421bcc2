# What `make install` and the Debian package hold.
include(CMakePackageConfigHelpers)

set(SGAN_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR}/sgan)
set(SGAN_LIBRARIES sgan sgan-metrics sgan_options)
if(TARGET sgan-image)
  list(APPEND SGAN_LIBRARIES sgan-image)
endif()
if(TARGET sgan-mpi)  # nobody links it; a package of its own, so that who trains alone needs no MPI
  install(TARGETS sgan-mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP COMPONENT mpi)
endif()
# Outside, the headers lie elsewhere, and our warnings are nobody's business.
get_target_property(warnings sgan_options INTERFACE_COMPILE_OPTIONS)
set_target_properties(sgan_options PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES
    "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>;$<INSTALL_INTERFACE:${SGAN_INCLUDE}>"
  INTERFACE_COMPILE_OPTIONS "$<BUILD_INTERFACE:${warnings}>"
  INTERFACE_COMPILE_FEATURES cxx_std_20)
install(TARGETS ${SGAN_LIBRARIES} EXPORT sganTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY kernels lib DESTINATION ${SGAN_INCLUDE} FILES_MATCHING PATTERN "*.hpp"
        PATTERN "image" EXCLUDE PATTERN "lib/dist/mpi" EXCLUDE)

# The default model, where programs find it: ../share/sgan from their own directory, installed or not.
set(SGAN_DEFAULT_MODEL ${CMAKE_SOURCE_DIR}/share/default.sgan)
if(EXISTS ${SGAN_DEFAULT_MODEL})
  configure_file(${SGAN_DEFAULT_MODEL} ${CMAKE_BINARY_DIR}/share/sgan/default.sgan COPYONLY)
  install(FILES ${SGAN_DEFAULT_MODEL} DESTINATION ${CMAKE_INSTALL_DATADIR}/sgan)
endif()

# And what programs measure it with.
set(SGAN_DEFAULT_FEATURES ${CMAKE_SOURCE_DIR}/share/emoji-features.sgan)
if(EXISTS ${SGAN_DEFAULT_FEATURES})
  configure_file(${SGAN_DEFAULT_FEATURES} ${CMAKE_BINARY_DIR}/share/sgan/emoji-features.sgan COPYONLY)
  install(FILES ${SGAN_DEFAULT_FEATURES} DESTINATION ${CMAKE_INSTALL_DATADIR}/sgan)
endif()

# LPIPS's public weights, which sgan-import joins to a VGG16 without.
foreach(file lpips-vgg-heads.safetensors LICENSE-lpips-BSD-2-Clause.txt)
  configure_file(share/${file} ${CMAKE_BINARY_DIR}/share/sgan/${file} COPYONLY)
  install(FILES share/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/sgan)
endforeach()

# Gets the other networks; no program of its own, but a script beside the data.
configure_file(scripts/fetch-features ${CMAKE_BINARY_DIR}/share/sgan/fetch-features COPYONLY)
install(PROGRAMS scripts/fetch-features DESTINATION ${CMAKE_INSTALL_DATADIR}/sgan)

# ---- for those who build on the library ----------------------------------------------------------
install(EXPORT sganTargets NAMESPACE sgan:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sgan)
configure_package_config_file(scripts/cmake/sganConfig.cmake.in ${CMAKE_BINARY_DIR}/sganConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sgan)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sganConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sganConfig.cmake ${CMAKE_BINARY_DIR}/sganConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sgan)
configure_file(scripts/cmake/sgan.pc.in ${CMAKE_BINARY_DIR}/sgan.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/sgan.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# ---- manual pages, completion --------------------------------------------------------------------
foreach(section 1 5 7)
  file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
foreach(source ${SGAN_PROGRAMS})
  get_filename_component(program ${source} NAME_WE)
  install(FILES scripts/completion/sgan.bash RENAME ${program}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES scripts/completion/sgan.fish RENAME ${program}.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()
install(FILES scripts/completion/_sgan DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# ---- Debian package ------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sgan)
set(CPACK_PACKAGE_CONTACT "sgan maintainers <sgan@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME sgan)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_SUGGESTS "zstd, ffmpeg, sgan-mpi")
set(CPACK_DEBIAN_MPI_PACKAGE_NAME sgan-mpi)
set(CPACK_DEBIAN_MPI_PACKAGE_DEPENDS "sgan (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_MPI_DESCRIPTION "Training of sgan with several processes, by MPI")
include(CPack)
