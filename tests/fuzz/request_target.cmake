foreshock_fuzzer(request_target SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_request_target.cpp DEPS common_http)
