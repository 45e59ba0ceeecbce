/*
 * The system clock, 50 MHz from the PLL, and SysTick counting milliseconds from it. SysTick's rate
 * means something only once RCC is set, so this comes first of all.
 */
#include "board.h"
#include "registers.h"

static volatile uint32_t millis;

void clock_start(void) {
  /* The data sheet's order: off the PLL, set crystal and source, set the divider, wait, on the PLL. */
  RCC = (RCC | RCC_BYPASS) & ~RCC_USESYSDIV;
  RCC = (RCC & ~(RCC_XTAL_MASK | RCC_OSCSRC_MASK | RCC_MOSCDIS | RCC_PWRDN)) | RCC_XTAL_8MHZ;
  RCC = (RCC & ~RCC_SYSDIV_MASK) | RCC_SYSDIV_4 | RCC_USESYSDIV;
  while (!(RIS & RIS_PLLLRIS)) {
  }
  RCC &= ~RCC_BYPASS;

  STRELOAD = SYSTEM_CLOCK_HZ / 1000 - 1;
  STCURRENT = 0;
  STCTRL = STCTRL_ENABLE | STCTRL_INTEN | STCTRL_CLK_SRC;
}

uint32_t clock_millis(void) { return millis; }

void systick_handler(void) { millis++; }
