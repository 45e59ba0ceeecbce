/*
 * The translated firmware, its runtime and its imports as one unit. Only so does the compiler see that
 * there is one instance and one memory, and what a check compares with: an idle tick takes a quarter
 * fewer instructions, a logged press four in ten.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wunused-value"
#include "hailong.c"
#pragma GCC diagnostic pop

#include "runtime.c"

#include "imports.c"
