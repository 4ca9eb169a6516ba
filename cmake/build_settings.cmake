# Compiler, linker, cache and warnings: the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -Werror=return-type -fcolor-diagnostics)
add_link_options(-fuse-ld=lld-19)
# Boost is used header-only but for JSON; its deprecated corners stay out.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED SPDLOG_FMT_EXTERNAL TA_VERSION="${PROJECT_VERSION}")

find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header needs the sloppiness; base_dir lets worktrees share the cache.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-instantiate-templates> -Xclang -fno-pch-timestamp)
