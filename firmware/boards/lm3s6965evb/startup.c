/*
 * From reset to main: vector table, memory, and the handler for what should not happen. RAM that
 * nobody has written since power-on is noise, so it is stirred into the entropy before it is cleared;
 * the stack is painted, so that a debugger or a test can see how deep it has been.
 */
#include "board.h"
#include "registers.h"

#define STACK_PAINT 0xC5C5C5C5u

extern uint32_t data_image[], data_start[], data_end[], bss_start[], bss_end[];
extern uint32_t stack_end[], stack_start[];

int main(void);
void systick_handler(void);
void uart0_handler(void);
void uart1_handler(void);
void watchdog_handler(void);

void reset_handler(void) {
  uint32_t noise = 0;
  for (const uint32_t *at = bss_start; at < stack_start; at++) noise = (noise ^ *at) * 16777619u;
  for (uint32_t *to = data_start, *from = data_image; to < data_end;) *to++ = *from++;
  for (uint32_t *at = bss_start; at < bss_end;) *at++ = 0;
  /* Up to this frame: what lies above is in use. */
  for (uint32_t *at = stack_end; at < (uint32_t *)__builtin_frame_address(0) - 16;) *at++ = STACK_PAINT;
  entropy_stir(noise);
  main();
  reset_because(CAUSE_TRAP, 0, 0); /* main does not return */
}

/* Hard fault, bus fault, an interrupt nobody asked for: recorded with its number and place. */
static void fault_handler(void) {
  const uint32_t *stacked;
  uint32_t number;
  __asm volatile("mrs %0, msp" : "=r"(stacked));
  __asm volatile("mrs %0, ipsr" : "=r"(number));
  reset_because(CAUSE_TRAP, 0x100 | number, (uint32_t)stacked);
}

#define VECTORS (16 + 44)
typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const handler vectors[VECTORS] = {
    (handler)stack_start,
    reset_handler,
    [2 ... 14] = fault_handler,
    [15] = systick_handler,
    [16 ... 16 + IRQ_UART0 - 1] = fault_handler,
    [16 + IRQ_UART0] = uart0_handler,
    [16 + IRQ_UART1] = uart1_handler,
    [16 + IRQ_UART1 + 1 ... 16 + IRQ_WATCHDOG - 1] = fault_handler,
    [16 + IRQ_WATCHDOG] = watchdog_handler,
    [16 + IRQ_WATCHDOG + 1 ... VECTORS - 1] = fault_handler,
};
