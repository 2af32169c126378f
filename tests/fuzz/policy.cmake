foreshock_fuzzer(policy SOURCES fuzz_policy.cpp DEPS coordinator_policy common_config)
