# The page assets: fetched once with npm, gathered by assets/build.mjs, embedded with their gzip twins; and every
# src/*/templates/*.html. Included from the top CMakeLists.txt after the modules.
find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)
set(assets ${CMAKE_SOURCE_DIR}/assets)
set(npm_stamp ${CMAKE_BINARY_DIR}/gen/npm.stamp)
add_custom_command(
  OUTPUT ${npm_stamp}
  COMMAND ${NPM} ci --ignore-scripts --silent --no-progress
  COMMAND ${CMAKE_COMMAND} -E touch ${npm_stamp}
  DEPENDS ${assets}/package.json ${assets}/package-lock.json ${assets}/.npmrc
  WORKING_DIRECTORY ${assets}
  COMMENT "Fetching page assets (npm ci)")

set(asset_dir ${CMAKE_BINARY_DIR}/gen/assets)
set(asset_files ${asset_dir}/tabler.css ${asset_dir}/app.css ${asset_dir}/app.js ${asset_dir}/icons.svg)
add_custom_command(
  OUTPUT ${asset_files}
  COMMAND ${NODE} ${assets}/build.mjs ${asset_dir}
  DEPENDS ${npm_stamp} ${assets}/build.mjs ${assets}/app.css ${assets}/app.js ${assets}/icons.txt
  COMMENT "Gathering page assets")
ta_embed_files(ta_web assets ${asset_dir} GZIP ${asset_files})

file(GLOB template_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*/templates/*.html)
ta_embed_files(ta_web templates ${CMAKE_SOURCE_DIR}/src ${template_files})
