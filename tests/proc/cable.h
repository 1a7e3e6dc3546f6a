/* SPDX-License-Identifier: BSD-3-Clause */
/* cable.h - two network namespaces with a cable between them: two nodes, and a network that can be cut or made bad
 *
 * Needs root.  Namespaces and cable are of this process alone and gone after cable_remove. */
#ifndef TESTS_PROC_CABLE_H
#define TESTS_PROC_CABLE_H

enum { CABLE_A, CABLE_B };

/* NULL when both ends are up, else why there can be no cable here. */
const char *cable_lay(void);
void cable_remove(void);

/* The name of the namespace at that end; the interface is called "cable" in both. */
const char *cable_end(int end);

/* What comes to that end is dropped on the way with this probability (1: a cut). */
void cable_drop_to_a(const char *probability);
void cable_drop_to_b(const char *probability);

/* The kernel at B drops what is to leave, and tells the sender so, as a firewall there does. */
void cable_forbid_leaving_b(void);

/* Only what goes to this TCP port of A still comes there. */
void cable_drop_to_a_but_for_port(unsigned port);

/* All is well again. */
void cable_mend(void);

#endif
