/*
 * Why the board last started. The reason is written to RAM that no start-up clears before the reset it
 * explains; at power-on that RAM is noise, which the mark and its complement tell apart. Where a
 * debugger is at hand, `reset_record` also says what happened and where.
 */
#include "board.h"
#include "registers.h"

#define MARK 0x48524331u

struct reset_record {
  uint32_t mark, cause, detail, at, mark_inverted;
};

__attribute__((section(".noinit"))) struct reset_record reset_record;
static uint32_t cause;

void reset_start(void) {
  const bool recorded = reset_record.mark == MARK && reset_record.mark_inverted == ~MARK;
  if (recorded && reset_record.cause <= CAUSE_REQUESTED) cause = reset_record.cause;
  else cause = RESC & RESC_WDT ? CAUSE_WATCHDOG : CAUSE_POWER;
  RESC = 0;
  reset_record.mark = 0;
}

uint32_t reset_cause(void) { return cause; }

void reset_because(uint32_t why, uint32_t detail, uint32_t at) {
  __asm volatile("cpsid i");
  reset_record = (struct reset_record){MARK, why, detail, at, ~MARK};
  __asm volatile("dsb" ::: "memory");
  APINT = APINT_VECTKEY | APINT_SYSRESREQ;
  for (;;) {
  }
}
