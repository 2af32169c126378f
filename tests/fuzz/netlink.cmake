foreshock_fuzzer(netlink SOURCES fuzz_netlink.cpp DEPS agent_capture)
