/* Which firmware an experiment loads: the reference image in firmware/images, or what --firmware names. */
#ifndef EXPERIMENTS_FIRMWARE_CHOICE_H
#define EXPERIMENTS_FIRMWARE_CHOICE_H

#include "nic-sim/image.h"

#include <stdbool.h>

/* firmware_choose: for --firmware FILE: FILE.c, a whole program in one file, is compiled by firmware/lanai-cc; FILE.o
 * is taken as it is; of a folder, all .c files are compiled.  *folder: a temporary one with the objects, for
 * firmware_load(); firmware_forget() removes it, also after a failure.  False and *error (one line, g_free it). */
bool firmware_choose(const char *file, char **folder, char **error);
void firmware_forget(char *folder);
/* firmware_name_it: puts the names of the user's files into a text that names objects of the temporary folder. */
void firmware_name_it(const char *file, const char *folder, char **text);
/* firmware_reference: the folder of the reference image, from the tree's root: of am or of vmmc. */
const char *firmware_reference(bool active_messages);
/* firmware_load: the objects in `folder`, or those of vmmc's reference image if NULL, with the run-time.  In the tree's
 * root.  NULL and *error (one line, g_free it); lanai_image_free(). */
struct lanai_image *firmware_load(const char *folder, char **error);

#endif
