foreshock_fuzzer(signature SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_signature.cpp DEPS common_signature common_model)
