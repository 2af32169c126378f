foreshock_fuzzer(config SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/fuzz_config.cpp DEPS common_config)
