#include "firmware/vmmc/session.h"
#include "firmware/vmmc/dma.h"

#include "firmware/link/session.c"
