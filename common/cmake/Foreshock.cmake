# The build's own vocabulary: a folder is a module, a module has tests, a schema becomes a header,
# BPF programs become one skeleton.
include_guard(GLOBAL)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(LIBZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET libbpf)
pkg_check_modules(CAPSTONE REQUIRED capstone)  # its header; the agent loads the library itself
pkg_check_modules(LIBELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(LIBSECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(LIBZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LIBSYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Flags of every target of ours, linked privately so that they stay off generated and foreign code.
add_library(foreshock_flags INTERFACE)
target_compile_options(foreshock_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -fstack-protector-strong
  # All of it ends up in programs: for a library that may be loaded, fewer calls could be inlined.
  -fPIE
  $<$<BOOL:${FORESHOCK_WERROR}>:-Werror>
  # g++ 12 reports false positives of these two inside the standard library when it inlines.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-maybe-uninitialized>)
target_compile_definitions(foreshock_flags INTERFACE
  FORESHOCK_VERSION="${PROJECT_VERSION}"
  $<$<CONFIG:RelWithDebInfo,Release>:_FORTIFY_SOURCE=2>)
target_link_options(foreshock_flags INTERFACE -pie -Wl,-z,relro,-z,now -Wl,--as-needed)
target_link_libraries(foreshock_flags INTERFACE Threads::Threads)
if(FORESHOCK_SANITIZE)
  add_compile_options(-fsanitize=${FORESHOCK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FORESHOCK_SANITIZE})
endif()

# foreshock_module(agent_spool SOURCES a.cpp HEADERS a.h [DEPS other_module] [PRIVATE third::party])
# One static library for the current folder. DEPS are modules whose headers ours include; third
# parties are PRIVATE, so that their types stay in our .cpp files.
function(foreshock_module name)
  cmake_parse_arguments(M "" "" "SOURCES;HEADERS;DEPS;PRIVATE" ${ARGN})
  if(M_SOURCES)
    add_library(${name} STATIC ${M_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE foreshock_flags ${M_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${M_HEADERS})
  target_link_libraries(${name} ${scope} ${M_DEPS})
endfunction()

# foreshock_test(agent_spool SOURCES file_spool_test.cpp [DEPS agent_spool] [LABELS kernel])
# One GoogleTest program; every TEST is a CTest test of its own.
function(foreshock_test name)
  cmake_parse_arguments(T "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name}_test ${T_SOURCES})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}_test PRIVATE foreshock_flags ${T_DEPS} GTest::gtest_main)
  # An empty value would vanish from the list, and the next name would become the label.
  set(properties)
  if(T_LABELS)
    list(APPEND properties LABELS "${T_LABELS}")
  endif()
  if(T_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  if(T_TIMEOUT)
    list(APPEND properties TIMEOUT ${T_TIMEOUT})
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}." PROPERTIES ${properties})
endfunction()

# foreshock_schema(target a.fbs b.fbs): generated headers as one INTERFACE library of SYSTEM includes,
# and a test that the schema still reads what the last release wrote (schemas/released/).
function(foreshock_schema target)
  find_program(FLATC flatc REQUIRED)
  set(out ${PROJECT_BINARY_DIR}/generated/schemas)
  foreach(fbs ${ARGN})
    get_filename_component(stem ${fbs} NAME_WE)
    add_custom_command(OUTPUT ${out}/${stem}_generated.h
      COMMAND ${FLATC} --cpp --cpp-std c++17 --scoped-enums -I ${CMAKE_CURRENT_SOURCE_DIR} -o ${out}
              ${CMAKE_CURRENT_SOURCE_DIR}/${fbs}
      DEPENDS ${ARGN} COMMENT "flatc ${fbs}" VERBATIM)
    list(APPEND headers ${out}/${stem}_generated.h)
    if(FORESHOCK_TESTS AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/released/${fbs})
      add_test(NAME schema_conforms.${stem}
        COMMAND ${FLATC} -I ${CMAKE_CURRENT_SOURCE_DIR} --conform-includes ${CMAKE_CURRENT_SOURCE_DIR}/released
                --conform ${CMAKE_CURRENT_SOURCE_DIR}/released/${fbs} ${CMAKE_CURRENT_SOURCE_DIR}/${fbs})
    endif()
  endforeach()
  add_custom_target(${target}_generate DEPENDS ${headers})
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_generate)
  target_include_directories(${target} SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/generated)
endfunction()

# foreshock_bpf(target skeleton_name a.bpf.c b.bpf.c): each file compiled for the BPF target, linked
# into one object (which also strips it), turned into build/generated/bpf/<skeleton_name>.skel.h.
function(foreshock_bpf target skeleton)
  find_program(BPF_CLANG clang REQUIRED)
  find_program(BPFTOOL bpftool REQUIRED PATHS /usr/sbin /sbin)
  set(out ${PROJECT_BINARY_DIR}/generated/bpf)
  file(MAKE_DIRECTORY ${out})
  string(REGEX REPLACE "^(x86_64|amd64)$" "x86" arch "${CMAKE_SYSTEM_PROCESSOR}")
  string(REGEX REPLACE "^aarch64$" "arm64" arch "${arch}")
  file(GLOB contract CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  foreach(source ${ARGN})
    get_filename_component(stem ${source} NAME_WE)
    add_custom_command(OUTPUT ${out}/${stem}.bpf.o
      COMMAND ${BPF_CLANG} -g -O2 -Wall -Werror -target bpf -mcpu=v3 -D__TARGET_ARCH_${arch} -I ${PROJECT_SOURCE_DIR}
              -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${out}/${stem}.bpf.o
      DEPENDS ${source} ${contract} COMMENT "clang -target bpf ${source}" VERBATIM)
    list(APPEND objects ${out}/${stem}.bpf.o)
  endforeach()
  add_custom_command(OUTPUT ${out}/${skeleton}.skel.h
    COMMAND ${BPFTOOL} gen object ${out}/${skeleton}.o ${objects}
    COMMAND echo "// NOLINTBEGIN" > ${out}/${skeleton}.skel.h  # not ours to tidy
    COMMAND ${BPFTOOL} gen skeleton ${out}/${skeleton}.o name ${skeleton} >> ${out}/${skeleton}.skel.h
    COMMAND echo "// NOLINTEND" >> ${out}/${skeleton}.skel.h
    DEPENDS ${objects} COMMENT "bpftool gen skeleton ${skeleton}" VERBATIM)
  add_custom_target(${target}_generate DEPENDS ${out}/${skeleton}.skel.h)
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_generate)
  target_include_directories(${target} SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/generated)
  # The generated code is C++ only when libbpf's header is: that include stays with the one .cpp that uses it.
  target_link_libraries(${target} INTERFACE PkgConfig::LIBBPF)
endfunction()

# foreshock_embed(coordinator_history history_migrations FILES migrations/0001_history.sql): builds files of the
# current folder into the module, in the order given; its .cpp files include "embedded/history_migrations.h" and
# call foreshock::embedded::history_migrations().
function(foreshock_embed target symbol)
  cmake_parse_arguments(E "" "" "FILES" ${ARGN})
  set(out ${PROJECT_BINARY_DIR}/generated/embedded)
  list(TRANSFORM E_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(JOIN E_FILES "," files)
  set(script ${PROJECT_SOURCE_DIR}/common/cmake/embed_files.cmake)
  add_custom_command(OUTPUT ${out}/${symbol}.h ${out}/${symbol}.cpp
    COMMAND ${CMAKE_COMMAND} -D SYMBOL=${symbol} -D HEADER=${out}/${symbol}.h -D SOURCE=${out}/${symbol}.cpp
            -D FILES=${files} -P ${script}
    DEPENDS ${E_FILES} ${script} COMMENT "embed ${symbol}" VERBATIM)
  target_sources(${target} PRIVATE ${out}/${symbol}.h ${out}/${symbol}.cpp)
  target_include_directories(${target} SYSTEM PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()

# foreshock_fuzzer(report_codec SOURCES fuzz_report.cpp DEPS common_wire): a libFuzzer program; its corpus is
# tests/fuzz/corpus/<name>, which the unit run replays as well.
function(foreshock_fuzzer name)
  cmake_parse_arguments(F "" "" "SOURCES;DEPS" ${ARGN})
  if(FORESHOCK_FUZZERS)
    add_executable(fuzz_${name} ${F_SOURCES})
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(fuzz_${name} ${F_SOURCES} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_corpus.cpp)
    add_test(NAME fuzz_corpus.${name} COMMAND fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  endif()
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(fuzz_${name} PRIVATE foreshock_flags ${F_DEPS})
endfunction()
