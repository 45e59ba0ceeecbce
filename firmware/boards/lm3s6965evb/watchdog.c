/*
 * The watchdog. Its first time-out, 8 s after the last feeding, is an interrupt, which records where
 * the program hung and resets; if even that does not run, the second time-out, 8 s later, resets the
 * chip by itself.
 */
#include "board.h"
#include "registers.h"

#define TIMEOUT_S 8u

void watchdog_start(void) {
  RCGC0 |= RCGC0_WDT;
  (void)RCGC0;
  WDTLOCK = WDTLOCK_UNLOCK;
  WDTLOAD = TIMEOUT_S * SYSTEM_CLOCK_HZ;
  WDTTEST = WDTTEST_STALL; /* not while a debugger has stopped the core */
  WDTCTL = WDTCTL_INTEN | WDTCTL_RESEN;
  EN0 = 1u << IRQ_WATCHDOG;
}

/* Clearing its interrupt reloads the counter. */
void watchdog_feed(void) { WDTICR = 1; }

void watchdog_handler(void) {
  const uint32_t *stacked;
  __asm volatile("mrs %0, msp" : "=r"(stacked));
  reset_because(CAUSE_WATCHDOG, 0, (uint32_t)stacked);
}
