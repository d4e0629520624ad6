/* A pipeline: program 0 makes items, each of the others changes them and hands them on, the last one compares what
 * comes with what one program alone would have made. */
#ifndef EXPERIMENTS_APP_PIPELINE_H
#define EXPERIMENTS_APP_PIPELINE_H

#include "experiments/app.h"

#define APP_ITEM_LEAST 16u /* B: when it was made, and contents */
#define APP_ITEM_MOST  (1u << 16)

struct app_pipeline {
	uint32_t items, item_bytes; /* a multiple of 4 */
	double compute_us;          /* of each program, for each item */
};

void app_pipeline(struct app *app);

#endif
