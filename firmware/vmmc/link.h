/* The reliable link of firmware/link, as a part of vmmc. */
#ifndef FIRMWARE_VMMC_LINK_H
#define FIRMWARE_VMMC_LINK_H

#include "firmware/vmmc/state.h"

#include "firmware/link/link.h"

#endif
