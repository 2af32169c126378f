foreshock_fuzzer(schedule SOURCES fuzz_schedule.cpp DEPS agent_schedule)
