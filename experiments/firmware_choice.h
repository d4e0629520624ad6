/* Which firmware a point loads: a reference image in firmware/images, or what --firmware names. */
#ifndef EXPERIMENTS_FIRMWARE_CHOICE_H
#define EXPERIMENTS_FIRMWARE_CHOICE_H

#include "nic-sim/image.h"

#include <stdbool.h>

struct experiment;
struct point;

/* What the NICs run, and so what processes talk over. */
enum firmware {
	FIRMWARE_VMMC, /* host-lib/vmmc.h */
	FIRMWARE_AM,   /* host-lib/am.h */
	FIRMWARE_RAW,  /* host-lib/raw.h: the kernels' TCP/IP */
	FIRMWARE_NONE, /* nothing is started: what talks, talks over the Ethernet */
	N_FIRMWARES
};
const char *firmware_text(enum firmware firmware);
/* firmware_of: what the point's workload asks for.  firmware_used: has any point of the experiment that one? */
enum firmware firmware_of(const struct point *point);
bool firmware_used(const struct experiment *e, enum firmware firmware);
/* firmware_names: of all that the experiment uses, with commas; g_free it. */
char *firmware_names(const struct experiment *e);

/* firmware_choose: for --firmware FILE: FILE.c, a whole program in one file, is compiled by firmware/lanai-cc; FILE.o
 * is taken as it is; of a folder, all .c files are compiled.  *folder: a temporary one with the objects, for
 * firmware_load(); firmware_forget() removes it, also after a failure.  False and *error (one line, g_free it). */
bool firmware_choose(const char *file, char **folder, char **error);
void firmware_forget(char *folder);
/* firmware_name_it: puts the names of the user's files into a text that names objects of the temporary folder. */
void firmware_name_it(const char *file, const char *folder, char **text);
/* firmware_reference: the folder of the reference image, from the tree's root; NULL: there is none. */
const char *firmware_reference(enum firmware firmware);
/* firmware_load: the objects in `folder`, or those of vmmc's reference image if NULL, with the run-time.  In the tree's
 * root.  NULL and *error (one line, g_free it); lanai_image_free(). */
struct lanai_image *firmware_load(const char *folder, char **error);
/* firmware_load_for: what a point loads; FIRMWARE_NONE: *image is NULL.  False and *error. */
bool firmware_load_for(const struct point *point, struct lanai_image **image, char **error);

#endif
