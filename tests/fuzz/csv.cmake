foreshock_fuzzer(csv SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_csv.cpp DEPS common_text)
