# Time.  nicsim_calendar knows no SimGrid, so that register tests need none; nicsim_engine is the only user of SimGrid.
add_library(nicsim_calendar STATIC calendar.c trace.c)
add_library(nicsim_engine_calendar ALIAS nicsim_calendar)

add_library(nicsim_engine STATIC engine.c platform.c platform_file.c platform_zones.c params.c faults_script.c)
target_link_libraries(nicsim_engine PUBLIC nicsim_calendar PRIVATE PkgConfig::SIMGRID PkgConfig::LIBXML2 PkgConfig::GLIB m)
