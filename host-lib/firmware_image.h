/* A program as an image for driver_start(), am_start() or raw_start(): linked from the objects of two folders. */
#ifndef HOST_LIB_FIRMWARE_IMAGE_H
#define HOST_LIB_FIRMWARE_IMAGE_H

#include "nic-sim/image.h"

/* The reference objects, from the root of the repository. */
#define FIRMWARE_IMAGE_LIB  "firmware/images/lib"
#define FIRMWARE_IMAGE_VMMC "firmware/images/vmmc"
#define FIRMWARE_IMAGE_AM   "firmware/images/am"
#define FIRMWARE_IMAGE_RAW  "firmware/images/raw"

/* firmware_image: start-up and run-time from `lib`, the program from `program`, both in the order of the names of their
 * .o files, below the address where vmmc's tables begin.  NULL and *error (one line, g_free it); lanai_image_free(). */
struct lanai_image *firmware_image(const char *lib, const char *program, char **error);

#endif
