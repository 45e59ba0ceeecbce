/*
 * Registers of the LM3S6965 that this board uses, by the names and offsets of its data sheet; nothing
 * else here. A port to another chip of the family changes this file and image.ld, one to another chip
 * replaces the peripheral files that include it.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* System control */
#define RIS REGISTER(0x400FE050)
#define RIS_PLLLRIS (1u << 6)
#define RESC REGISTER(0x400FE05C)
#define RESC_WDT (1u << 3)
#define RCC REGISTER(0x400FE060)
#define RCC_MOSCDIS (1u << 0)
#define RCC_OSCSRC_MASK (3u << 4)
#define RCC_XTAL_MASK (15u << 6)
#define RCC_XTAL_8MHZ (14u << 6)
#define RCC_BYPASS (1u << 11)
#define RCC_PWRDN (1u << 13)
#define RCC_USESYSDIV (1u << 22)
#define RCC_SYSDIV_MASK (15u << 23)
#define RCC_SYSDIV_4 (3u << 23)
#define RCGC0 REGISTER(0x400FE100)
#define RCGC0_WDT (1u << 3)
#define RCGC0_ADC (1u << 16)
#define RCGC1 REGISTER(0x400FE104)
#define RCGC1_UART0 (1u << 0)
#define RCGC1_UART1 (1u << 1)
#define RCGC1_SSI0 (1u << 4)
#define RCGC2 REGISTER(0x400FE108)
#define RCGC2_GPIO_A_TO_F 0x3Fu

/* GPIO: address bits 9:2 of GPIODATA select the pins that an access touches. */
#define GPIO_A 0x40004000u
#define GPIO_B 0x40005000u
#define GPIO_C 0x40006000u
#define GPIO_D 0x40007000u
#define GPIO_E 0x40024000u
#define GPIO_F 0x40025000u
#define GPIODATA(port, pins) REGISTER((port) + ((uint32_t)(pins) << 2))
#define GPIODIR(port) REGISTER((port) + 0x400)
#define GPIOAFSEL(port) REGISTER((port) + 0x420)
#define GPIOPUR(port) REGISTER((port) + 0x510)
#define GPIODEN(port) REGISTER((port) + 0x51C)

/* UART */
#define UART0_BASE 0x4000C000u
#define UART1_BASE 0x4000D000u
#define UARTDR(base) REGISTER((base) + 0x000)
#define UARTFR(base) REGISTER((base) + 0x018)
#define UARTFR_RXFE (1u << 4)
#define UARTFR_TXFF (1u << 5)
#define UARTIBRD(base) REGISTER((base) + 0x024)
#define UARTFBRD(base) REGISTER((base) + 0x028)
#define UARTLCRH(base) REGISTER((base) + 0x02C)
#define UARTLCRH_FEN (1u << 4)
#define UARTLCRH_WLEN_8 (3u << 5)
#define UARTCTL(base) REGISTER((base) + 0x030)
#define UARTCTL_UARTEN (1u << 0)
#define UARTCTL_TXE (1u << 8)
#define UARTCTL_RXE (1u << 9)
#define UARTIM(base) REGISTER((base) + 0x038)
#define UARTIM_RXIM (1u << 4)
#define UARTIM_TXIM (1u << 5)
#define UARTIM_RTIM (1u << 6)
#define UARTICR(base) REGISTER((base) + 0x044)

/* Synchronous serial interface 0 */
#define SSICR0 REGISTER(0x40008000)
#define SSICR0_DSS_8 7u
#define SSICR1 REGISTER(0x40008004)
#define SSICR1_SSE (1u << 1)
#define SSIDR REGISTER(0x40008008)
#define SSISR REGISTER(0x4000800C)
#define SSISR_RNE (1u << 2)
#define SSISR_BSY (1u << 4)
#define SSICPSR REGISTER(0x40008010)

/* Watchdog timer */
#define WDTLOAD REGISTER(0x40000000)
#define WDTCTL REGISTER(0x40000008)
#define WDTCTL_INTEN (1u << 0)
#define WDTCTL_RESEN (1u << 1)
#define WDTICR REGISTER(0x4000000C)
#define WDTTEST REGISTER(0x40000418)
#define WDTTEST_STALL (1u << 8)
#define WDTLOCK REGISTER(0x40000C00)
#define WDTLOCK_UNLOCK 0x1ACCE551u

/* Analogue-to-digital converter, sample sequencer 3 */
#define ADCACTSS REGISTER(0x40038000)
#define ADCACTSS_ASEN3 (1u << 3)
#define ADCRIS REGISTER(0x40038004)
#define ADCRIS_INR3 (1u << 3)
#define ADCISC REGISTER(0x4003800C)
#define ADCPSSI REGISTER(0x40038028)
#define ADCPSSI_SS3 (1u << 3)
#define ADCSSCTL3 REGISTER(0x400380A4)
#define ADCSSCTL3_END0 (1u << 1)
#define ADCSSCTL3_IE0 (1u << 2)
#define ADCSSCTL3_TS0 (1u << 3)
#define ADCSSFIFO3 REGISTER(0x400380A8)

/* Cortex-M3 */
#define STCTRL REGISTER(0xE000E010)
#define STCTRL_ENABLE (1u << 0)
#define STCTRL_INTEN (1u << 1)
#define STCTRL_CLK_SRC (1u << 2)
#define STRELOAD REGISTER(0xE000E014)
#define STCURRENT REGISTER(0xE000E018)
#define EN0 REGISTER(0xE000E100)
#define DIS0 REGISTER(0xE000E180)
#define APINT REGISTER(0xE000ED0C)
#define APINT_VECTKEY (0x05FAu << 16)
#define APINT_SYSRESREQ (1u << 2)
#define SYSHNDCTRL REGISTER(0xE000ED24)

/* Interrupt numbers, as in the vector table behind the 16 of the core */
#define IRQ_UART0 5
#define IRQ_UART1 6
#define IRQ_WATCHDOG 18

#define SYSTEM_CLOCK_HZ 50000000u

#endif
