/* Transfer redirection (docs/redirection.md): firmware, host DMA, driver and library over one short stream.
 *
 * The stream is CELLS cells, cell c for place c of the default buffer, in packets of one or two.  The library posts the
 * range of cells FIRST .. FIRST + RANGE - 1, POSTS times, each with a user buffer of its own, and may cancel; the driver
 * may unpin one of them, and may end the process, at any moment.  Then what they gave up is freed when the contract
 * allows it.  With IMPATIENT the library may use the slot again before its status is there, which it must not.
 *
 * Steps are as fine as the real ones: the firmware works turn by turn, but the host writes SRAM between any two of its
 * accesses that matter (an entry of the incoming page table); a walk reads one table a step; host DMA reads what it
 * moves, and writes it, when it ends, in the order of its queue.  A part of a packet may go to the default buffer for
 * lack of host DMAs (ARRIVAL_PARTS).
 *
 * Proved: no cell is written twice or, once let through, not at all; what the library reads by its two status words is
 * what arrived; status is written once for each post that the firmware took; no freed page is written, and no user buffer
 * that the library has back; everybody gets to his end. */
#define FIRST 1
#define NONE  255

/* A packet is taken only while some buffer is free (VMMC_ARRIVALS); the queue never gets longer: asserted. */
#define ARRIVALS 3
#define QUEUE    (ARRIVALS + 4)

/* What is in the queue of host DMA: a cell and where it goes, or the status words. */
#define TO_DEFAULT 0
#define TO_USER    1 /* + post */
#define STATUS     3

mtype = { POST, CANCEL, FREE, WALKING, OPEN, ENDED, FULL, CANCELLED, REVOKED, REFUSED };

chan wire = [1] of { byte, byte };        /* a packet: first cell, cells */
chan queue = [QUEUE] of { byte, byte };   /* where, cell */
chan descriptors = [4] of { mtype, byte }; /* serial number of a post */

/* The host's memory, and what it believes of it. */
byte in_default[CELLS], in_user[2 * CELLS]; /* times that a cell was written there */
bit default_freed, user_freed[2], user_back[2], tables_freed; /* translation tables, status words */
bit pinned[2] = 1;  /* entry of the user buffer in the translation table */
bit killed;         /* the process */

/* SRAM that the host writes. */
bit exported = 1, redirected; /* entry of the incoming page table: two bytes of it */
bit open = 1, signal, forget[2];
bit polled = 1, synced = 1;

/* The firmware: one slot. */
mtype state = FREE, ending;
byte serial, first, next; /* places; `first` is NONE until it is set */
bit walked, reporting, closed;
byte words_serial, words_first, words_taken; /* what status is made of */
byte sync_left;  /* transfers that must end before the signal counts; 0: none */
bit syncing;
byte through;    /* transfers up to the last deposit in the queue */

/* Bookkeeping of the proof. */
bit accepted[CELLS];
bit posted[2];
byte reported[2], status_first[2] = NONE, status_taken[2];
bit sent, library_done, driver_done;

inline put(where, cell)
{
	assert(nfull(queue));
	queue!where, cell;
	if
	:: where != STATUS -> through = len(queue)
	:: else
	fi
}

inline say(number, from, cells)
{
	words_serial = number;
	words_first = from;
	words_taken = cells;
	reporting = 1;
	put(STATUS, 0)
}

/* report: the end of the post goes out, unless status words of this slot are on their way. */
inline report()
{
	if
	:: reporting -> skip
	:: else ->
		say(serial, first, (first == NONE -> 0 : next - first));
		state = FREE
	fi
}

inline end_post(how)
{
	if
	:: state == WALKING && ending == 0 -> ending = how
	:: state == OPEN ->
		redirected = 0; /* its own byte: `exported` stays as the host wants it */
		ending = how;
		state = ENDED;
		report()
	:: else
	fi
}

inline refuse(how)
{
	ending = how;
	state = ENDED;
	report()
}

/* take_packet: cells at .. at + n - 1, let through. */
inline take_packet(at, n)
{
	cell = at;
	use = 0;
	ends = 0;
	do
	:: cell < at + n ->
		accepted[cell] = 1;
		if
		:: redirected && state == OPEN && cell >= FIRST && cell < FIRST + RANGE ->
			if /* the part begins: at the packet's first cell, or at the range's */
			:: (cell == at || cell == FIRST) && (first == NONE || cell == next) ->
				if
				:: use = 1
				:: use = 0 /* too many pieces */
				fi
			:: (cell == at || cell == FIRST) && !(first == NONE || cell == next) -> use = 0
			:: else
			fi;
			if
			:: use ->
				if
				:: first == NONE -> first = cell
				:: else
				fi;
				next = cell + 1;
				put(TO_USER + serial, cell)
			:: else -> put(TO_DEFAULT, cell)
			fi;
			ends = ends || cell == FIRST + RANGE - 1
		:: else -> put(TO_DEFAULT, cell)
		fi;
		cell++
	:: else -> break
	od;
	if
	:: ends -> end_post(FULL)
	:: else
	fi;
	cell = 0; use = 0; ends = 0
}

inline begin(number)
{
	serial = number;
	first = NONE;
	next = 0;
	ending = 0;
	walked = 0;
	state = WALKING
}

/* settle: is nothing of the closed process under way any more? */
inline settle()
{
	if
	:: closed && state == FREE && !reporting -> polled = 0
	:: else
	fi
}

active proctype firmware()
{
	byte at, n, cell, number;
	bit use, ends, let, table;
	mtype op;
end:
	do
	:: atomic { len(queue) < ARRIVALS && nempty(wire) -> wire?at, n; let = exported };
		/* the host may take the permission away here; it waits for `synced` then */
		atomic {
			if
			:: let -> take_packet(at, n)
			:: else
			fi;
			at = 0; n = 0; let = 0
		}
	:: atomic { state != WALKING && !closed && descriptors?[POST, _] && !(state != FREE && reporting) ->
			descriptors?op, number;
			posted[number] = 1;
			if
			:: state == FREE -> begin(number)
			:: else -> say(number, NONE, 0)
			fi;
			op = 0; number = 0
		}
	:: atomic { !closed && descriptors?[CANCEL, _] ->
			descriptors?op, number;
			end_post(CANCELLED);
			op = 0; number = 0
		}
	:: d_step { state == WALKING && !walked && ending == 0 -> assert(!tables_freed); walked = 1; table = pinned[serial] };
		/* a descriptor, a packet, a signal may come between the read and its use */
	:: atomic { state == WALKING && ending != 0 -> refuse(ending); walked = 0; table = 0; settle() }
	:: atomic { state == WALKING && walked && ending == 0 && !(table && exported) ->
			refuse(REFUSED); walked = 0; table = 0
		}
	:: atomic { state == WALKING && walked && ending == 0 && table && exported -> let = exported };
		/* `exported` may go here; what is written is another byte */
		atomic { redirected = 1; state = OPEN; walked = 0; table = 0; let = 0 }
	:: atomic { signal ->
			signal = 0;
			if
			:: forget[serial] && (state == OPEN || state == WALKING) -> end_post(REVOKED)
			:: else
			fi;
			forget[0] = 0; forget[1] = 0;
			if
			:: !open && !closed -> closed = 1; end_post(REVOKED); settle()
			:: else
			fi;
			if
			:: state == OPEN && !exported -> end_post(REVOKED)
			:: else
			fi;
			syncing = 1;
			sync_left = through
		}
	:: d_step { syncing && sync_left == 0 -> syncing = 0; synced = 1 }
	od
}

/* ended: the engine's end of a transfer, and the firmware's reaction to it, which nothing can come between that matters. */
active proctype engine()
{
	byte where, cell;
end:
	do
	:: atomic { queue?<where, cell> }; /* started */
		atomic { /* ended */
			if
			:: where == TO_DEFAULT ->
				assert(!default_freed);
				in_default[cell]++
			:: where == TO_USER || where == TO_USER + 1 ->
				assert(!user_freed[where - TO_USER]);
				assert(!user_back[where - TO_USER]);
				in_user[(where - TO_USER) * CELLS + cell]++
			:: where == STATUS ->
				assert(!tables_freed);
				reported[words_serial]++;
				status_first[words_serial] = words_first;
				status_taken[words_serial] = words_taken;
				reporting = 0
			fi;
			queue?_, _;
			if
			:: through -> through--
			:: else
			fi;
			if
			:: sync_left -> sync_left--
			:: else
			fi;
			if
			:: where == STATUS && state == ENDED -> report()
			:: else
			fi;
			settle();
			where = 0; cell = 0
		}
	od
}

active proctype sender()
{
	byte cell;
	do
	:: cell < CELLS -> wire!cell, 1; cell++
	:: cell + 1 < CELLS -> wire!cell, 2; cell = cell + 2
	:: cell == CELLS -> break
	od;
	sent = 1
}

/* The library: post, perhaps cancel, wait for the status; then again. */
active proctype library()
{
	byte number;
	bit cancelled;
	do
	:: number < POSTS && !killed -> descriptors!POST, number;
		do
		:: !cancelled && !killed -> descriptors!CANCEL, 0; cancelled = 1
		:: reported[number] -> user_back[number] = 1; break
		:: IMPATIENT && number == 0 && !killed -> break
		:: killed -> break
		od;
		cancelled = 0;
		number++
	:: else -> break
	od;
	if
	:: IMPATIENT && !killed -> descriptors!CANCEL, 0
	:: else
	fi;
	if
	:: reported[0] && !user_back[0] -> user_back[0] = 1
	:: user_back[0] || killed
	fi;
	library_done = 1
}

inline unpin(which)
{
	pinned[which] = 0;
	atomic { forget[which] = 1; synced = 0; signal = 1 };
	(synced);
	user_freed[which] = 1
}

active proctype driver()
{
	if
	:: unpin(0)
	:: POSTS == 2 -> unpin(1)
	:: skip
	fi;
	if
	:: killed = 1;
		exported = 0;
		open = 0;
		atomic { synced = 0; signal = 1 };
		(synced && !polled);
		d_step { default_freed = 1; user_freed[0] = 1; user_freed[1] = 1; tables_freed = 1 }
	:: skip
	fi;
	driver_done = 1
}

/* by_status: did this cell go to that user buffer, by the status words? */
#define by_status(n, c) (status_first[n] != NONE && (c) >= status_first[n] && (c) < status_first[n] + status_taken[n])

active proctype judge()
{
	byte cell;
	timeout;
	atomic {
		assert(sent && library_done && driver_done && synced && empty(queue) && !reporting);
		assert(killed || (state == FREE && reported[0] == 1 && reported[1] == POSTS - 1));
		assert(!killed || !polled);
		assert(reported[0] == posted[0] && reported[1] == posted[1]);
		do
		:: cell < CELLS ->
			assert(in_default[cell] + in_user[cell] + in_user[CELLS + cell] == accepted[cell]);
			assert(killed || accepted[cell]);
			assert(in_user[cell] == (accepted[cell] && by_status(0, cell)));
			assert(in_user[CELLS + cell] == (accepted[cell] && by_status(1, cell)));
			cell++
		:: else -> break
		od
	}
}
