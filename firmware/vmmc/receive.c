#include "firmware/vmmc/receive.h"
#include "firmware/vmmc/session.h"

#include "firmware/link/receive.c"
