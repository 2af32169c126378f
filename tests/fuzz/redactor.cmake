foreshock_fuzzer(redactor SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_redactor.cpp DEPS agent_redact)
