foreach(kind icalendar csv_events feed)
  foreshock_fuzzer(${kind} SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_${kind}.cpp DEPS coordinator_calendar)
endforeach()
