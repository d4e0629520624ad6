/* The reliable link of firmware/link, as a part of am. */
#ifndef FIRMWARE_AM_LINK_H
#define FIRMWARE_AM_LINK_H

#include "firmware/am/state.h"

#include "firmware/link/link.h"

#include "firmware/link/dma.h"
#include "firmware/link/session.h"

#endif
