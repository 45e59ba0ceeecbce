/* Brings the peripherals up in the order they need each other, then runs the firmware for ever. */
#include "board.h"

int main(void) {
  clock_start();
  reset_start();
  watchdog_start();
  pins_start();
  uart_start();
  ssi_start();
  oled_start();
  runtime_boot();
  for (;;) {
    runtime_tick();
    /* Nothing to do before the next interrupt, which the millisecond brings at the latest. */
    __asm volatile("wfi");
  }
}
