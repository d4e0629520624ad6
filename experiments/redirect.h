/* Redirections of a pair's end: what comes for its buffer goes to another one, the user buffer.
 *
 * The buffer is posted before anything comes, in at most REDIRECT_POSTS pieces of REDIRECT_BYTES; what lies behind
 * them, or comes before the NIC has taken the post, stays in the default buffer.  So who waits looks at both places
 * (pair_end.elsewhere); redirect_again() is called when everything posted has come. */
#ifndef EXPERIMENTS_REDIRECT_H
#define EXPERIMENTS_REDIRECT_H

#include "experiments/pair.h"

#define REDIRECT_POSTS 4u
#define REDIRECT_BYTES 65536u /* of one post, at most */

struct redirect {
	struct pair_end *end;
	uint64_t user;
	struct vmmc_post *posts[REDIRECT_POSTS];
	struct vmmc_post_end ends[REDIRECT_POSTS]; /* of the posts before those */
	unsigned n, n_ended;
	uint64_t bytes; /* that went to the user buffer */
};

/* redirect_begin: for the running end's program.  False, as the following, once anything has failed. */
bool redirect_begin(struct redirect *r, struct pair_end *end);
/* redirect_end: of what was posted.  redirect_again: that, and posts for the next message. */
bool redirect_end(struct redirect *r);
bool redirect_again(struct redirect *r);
/* redirect_collect: what redirect_end() found in the user buffer is copied to where it would be without redirection, at
 * no simulated cost: to be checked. */
void redirect_collect(struct redirect *r);

#endif
