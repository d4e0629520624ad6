# The host: process memory, processor time, processes; and the machine that joins hosts, NICs and fabric.
add_library(nicsim_host STATIC umem.c cpu.c process.c)
target_link_libraries(nicsim_host PUBLIC nicsim_engine PkgConfig::GLIB)
if(TARGET nicsim_device)
  target_sources(nicsim_host PRIVATE machine.c)
  target_link_libraries(nicsim_host PUBLIC nicsim_device)
endif()
