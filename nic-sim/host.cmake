# The host: process memory, processor time, processes; and the machine that joins hosts, NICs and fabric.
add_library(nicsim_host STATIC umem.c cpu.c cpu_schedule.c cpu_spin.c process.c machine.c)
target_link_libraries(nicsim_host PUBLIC nicsim_device_wait nicsim_device nicsim_lanai nicsim_engine PkgConfig::GLIB)
# What of the bus takes a task's time, or touches a process' memory, needs the host in turn.
target_link_libraries(nicsim_device_wait PUBLIC nicsim_host)
