# The LANai processor: instruction set, engines, idle-loop skipping, and the firmware image it runs.
add_library(nicsim_lanai STATIC lanai_isa.c lanai_core.c lanai_time.c lanai_execute.c lanai_decode.c lanai_interp.c lanai_ref.c lanai_idle.c lanai_park.c lanai_ahead.c
            lanai_bench.c image.c image_object.c)
target_link_libraries(nicsim_lanai PUBLIC PkgConfig::GLIB nicsim_engine_calendar PRIVATE PkgConfig::LIBELF)
# Computed jumps must stay separate (merged, the branch predictor sees only one), and the simulated flags in registers:
# gcc packs them into a vector otherwise, which costs a third of the speed.
set_source_files_properties(lanai_interp.c PROPERTIES COMPILE_OPTIONS "-fno-tree-vectorize;-fno-tree-slp-vectorize")
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  set_property(SOURCE lanai_interp.c APPEND PROPERTY COMPILE_OPTIONS "-fno-gcse;-fno-crossjumping")
endif()
