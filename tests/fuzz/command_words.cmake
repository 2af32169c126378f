foreshock_fuzzer(command_words SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_command_words.cpp DEPS coordinator_lead)
