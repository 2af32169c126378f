foreshock_fuzzer(report_codec SOURCES fuzz_report_codec.cpp DEPS common_wire)
