/* The firmware program behind a mock NIC: vmmc, or, with MOCK_AM defined for all sources of a test, am.  Two programs
 * cannot be linked together, since both contain the link (firmware/link). */
#ifndef TESTS_FIRMWARE_MOCK_PROGRAM_H
#define TESTS_FIRMWARE_MOCK_PROGRAM_H

#ifdef MOCK_AM
#include "firmware/am/state.h"
#define MOCK_STATE      struct am
#define mock_ctrl       am_ctrl
#define MOCK_CTRL       AM_CTRL
#define MOCK_CODE_LIMIT AM_CODE_LIMIT
#define MOCK_SRAM_BYTES AM_SRAM_BYTES
#define MOCK_ARRIVALS   AM_ARRIVALS
#define mock_init       am_init
#else
#include "firmware/vmmc/state.h"
#define MOCK_STATE      struct vmmc
#define mock_ctrl       vmmc_ctrl
#define MOCK_CTRL       VMMC_CTRL
#define MOCK_CODE_LIMIT VMMC_CODE_LIMIT
#define MOCK_SRAM_BYTES VMMC_SRAM_BYTES
#define MOCK_ARRIVALS   VMMC_ARRIVALS
#define mock_init       vmmc_init
#endif

#define MOCK_PAGE 4096u

#endif
