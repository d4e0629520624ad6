# The devices: NIC, fabric with its faults, and the host's I/O bus.  The blocking calls of the bus need the engine's threads
# and stand in a library of their own, so that everything else can be tested with the calendar alone.
add_library(nicsim_device STATIC nic.c nic_regs.c nic_engines.c nic_port.c fabric.c fabric_motion.c fabric_worm.c
                                 fabric_topology.c fabric_faults.c faults.c faults_timed.c crc8.c
                                 host_bus.c host_bus_turns.c)
target_link_libraries(nicsim_device PUBLIC nicsim_lanai nicsim_calendar PkgConfig::GLIB PRIVATE m)
if(TARGET nicsim_engine)
  add_library(nicsim_device_wait STATIC host_bus_wait.c host_bus_snoop.c)
  target_link_libraries(nicsim_device_wait PUBLIC nicsim_device nicsim_engine)
endif()
# gcc knows that a piece of a frame is at most 4 KB and would copy it by rep movsq; the C library is three times as fast.
set_source_files_properties(host_bus.c PROPERTIES COMPILE_OPTIONS "-fno-builtin-memcpy")
