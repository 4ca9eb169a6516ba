# Turning source text into constants at build time, with tools/embed.

# ta_embed_sql(target module dir): dir/X.sql becomes the header "module/X.sql.h" (named queries, see tools/embed).
function(ta_embed_sql target module dir)
  file(GLOB files CONFIGURE_DEPENDS ${dir}/*.sql)
  foreach(file ${files})
    get_filename_component(stem ${file} NAME_WE)
    set(out ${CMAKE_BINARY_DIR}/gen/${module}/${stem}.sql.h)
    add_custom_command(OUTPUT ${out} COMMAND ta_embed sql ${module} ${file} ${out} DEPENDS ${file} ta_embed
                       COMMENT "Embedding ${module}/${stem}.sql")
    target_sources(${target} PRIVATE ${out})
  endforeach()
endfunction()

# ta_embed_files(target symbol root [GZIP] FILES…): `ta::embedded::symbol()` lists the files by path below root.
function(ta_embed_files target symbol root)
  cmake_parse_arguments(arg "GZIP" "" "" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/gen/embedded/${symbol}.cpp)
  set(mode files)
  if(arg_GZIP)
    set(mode files-gzip)
  endif()
  set(list ${CMAKE_BINARY_DIR}/gen/embedded/${symbol}.list)
  list(JOIN arg_UNPARSED_ARGUMENTS "\n" lines)
  file(WRITE ${list}.new "${lines}\n")
  file(COPY_FILE ${list}.new ${list} ONLY_IF_DIFFERENT)
  add_custom_command(OUTPUT ${out} COMMAND ta_embed ${mode} ${symbol} ${root} ${list} ${out}
                     DEPENDS ${arg_UNPARSED_ARGUMENTS} ${list} ta_embed COMMENT "Embedding ${symbol}")
  target_sources(${target} PRIVATE ${out})
  set_source_files_properties(${out} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
