/* The firmware program behind a mock NIC: vmmc, or, with MOCK_AM or MOCK_RAW defined for all sources of a test, am or
 * raw. Two programs cannot be linked together, since they have functions of the same names.
 *
 * MOCK_DMA_PAGED: does a transfer of host DMA stay in a page? */
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
#define MOCK_DMA_PAGED  true
#elif defined(MOCK_RAW)
#include "firmware/raw/state.h"
#define MOCK_STATE      struct raw
#define mock_ctrl       raw_ctrl
#define MOCK_CTRL       RAW_CTRL
#define MOCK_CODE_LIMIT RAW_CODE_LIMIT
#define MOCK_SRAM_BYTES RAW_SRAM_BYTES
#define MOCK_ARRIVALS   RAW_ARRIVALS
#define mock_init       raw_init
#define MOCK_DMA_PAGED  false
#define PROGRAM_TYPE    RAW_TYPE
#else
#include "firmware/vmmc/state.h"
#define MOCK_STATE      struct vmmc
#define mock_ctrl       vmmc_ctrl
#define MOCK_CTRL       VMMC_CTRL
#define MOCK_CODE_LIMIT VMMC_CODE_LIMIT
#define MOCK_SRAM_BYTES VMMC_SRAM_BYTES
#define MOCK_ARRIVALS   VMMC_ARRIVALS
#define mock_init       vmmc_init
#define MOCK_DMA_PAGED  true
#endif

#define MOCK_PAGE 4096u

#endif
