/* A bulk-synchronous computation: heat in a rod, by Jacobi's method.  Each program has a part of the rod; in each step
 * it sends the cells at its edges to its neighbours, computes its cells anew, and learns of a barrier by how much any
 * cell of the rod has changed.  Program 0 then collects the rod and compares it with what one program alone computes,
 * bit by bit. */
#ifndef EXPERIMENTS_APP_JACOBI_H
#define EXPERIMENTS_APP_JACOBI_H

#include "experiments/app.h"

#define APP_JACOBI_HOSTS_MOST 16u
#define APP_JACOBI_CELLS_MOST 65536u /* of a program */

struct app_jacobi {
	uint32_t cells; /* of each program */
	uint32_t steps;
	double compute_us; /* of a program in a step */
	double imbalance;  /* a program computes longer by up to this share, another one in each step */
};

void app_jacobi(struct app *app);

#endif
