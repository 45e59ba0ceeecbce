/*
 * The firmware's two ports as UARTs at 115,200 baud, 8N1: port 0, the console, is UART0 on PA0 and PA1;
 * port 1, the network, is UART1 on PD2 and PD3, to a modem in transparent mode. Interrupts move bytes
 * between FIFO and ring. Each ring has one writer and one reader, so it needs no lock. A full receive
 * ring stops its interrupt: the FIFO then holds bytes back instead of the handler dropping them.
 */
#include "board.h"
#include "registers.h"

#define BAUD 115200u
#define RX_INTERRUPTS (UARTIM_RXIM | UARTIM_RTIM)

/* Sizes are powers of two. Indices run freely: used = written - taken. */
struct ring {
  uint8_t *bytes;
  uint32_t size;
  volatile uint32_t written, taken;
};

struct uart {
  uint32_t base;
  struct ring rx, tx;
};

/* The longest message for a terminal is some 170 bytes, and only one is ever under way. */
static uint8_t console_rx[64], console_tx[256], network_rx[512], network_tx[512];

static struct uart uarts[] = {
    {UART0_BASE, {console_rx, sizeof console_rx, 0, 0}, {console_tx, sizeof console_tx, 0, 0}},
    {UART1_BASE, {network_rx, sizeof network_rx, 0, 0}, {network_tx, sizeof network_tx, 0, 0}},
};
#define UARTS (sizeof uarts / sizeof uarts[0])

static bool ring_empty(const struct ring *ring) { return ring->written == ring->taken; }
static bool ring_full(const struct ring *ring) { return ring->written - ring->taken == ring->size; }

static void ring_put(struct ring *ring, uint8_t byte) {
  ring->bytes[ring->written & (ring->size - 1)] = byte;
  ring->written++;
}

static uint8_t ring_take(struct ring *ring) {
  const uint8_t byte = ring->bytes[ring->taken & (ring->size - 1)];
  ring->taken++;
  return byte;
}

static void start(const struct uart *uart) {
  /* Divisor in 64ths, rounded: 50 MHz / (16 * 115200) = 27 + 8/64. */
  const uint32_t divisor = (SYSTEM_CLOCK_HZ * 4 + BAUD / 2) / BAUD;
  UARTCTL(uart->base) = 0;
  UARTIBRD(uart->base) = divisor >> 6;
  UARTFBRD(uart->base) = divisor & 63;
  UARTLCRH(uart->base) = UARTLCRH_WLEN_8 | UARTLCRH_FEN;
  UARTIM(uart->base) = RX_INTERRUPTS;
  UARTCTL(uart->base) = UARTCTL_UARTEN | UARTCTL_TXE | UARTCTL_RXE;
}

void uart_start(void) {
  RCGC1 |= RCGC1_UART0 | RCGC1_UART1;
  (void)RCGC1;
  GPIOAFSEL(GPIO_A) |= 0x03;
  GPIODEN(GPIO_A) |= 0x03;
  GPIOAFSEL(GPIO_D) |= 0x0C;
  GPIODEN(GPIO_D) |= 0x0C;
  for (uint32_t i = 0; i < UARTS; i++) start(&uarts[i]);
  EN0 = 1u << IRQ_UART0 | 1u << IRQ_UART1;
}

/* Moves what fits from ring to FIFO; only with the transmit interrupt off, or from its handler. */
static void fill_fifo(struct uart *uart) {
  while (!ring_empty(&uart->tx) && !(UARTFR(uart->base) & UARTFR_TXFF)) {
    UARTDR(uart->base) = ring_take(&uart->tx);
  }
  if (ring_empty(&uart->tx)) UARTIM(uart->base) &= ~UARTIM_TXIM;
  else UARTIM(uart->base) |= UARTIM_TXIM;
}

static void handle(struct uart *uart) {
  UARTICR(uart->base) = UARTIM_TXIM | RX_INTERRUPTS;
  while (!ring_full(&uart->rx) && !(UARTFR(uart->base) & UARTFR_RXFE)) {
    ring_put(&uart->rx, (uint8_t)UARTDR(uart->base));
  }
  if (ring_full(&uart->rx)) UARTIM(uart->base) &= ~RX_INTERRUPTS;
  fill_fifo(uart);
}

void uart0_handler(void) { handle(&uarts[0]); }
void uart1_handler(void) { handle(&uarts[1]); }

static void hold(uint32_t port) {
  DIS0 = 1u << (IRQ_UART0 + port);
  __asm volatile("dsb\n isb" ::: "memory");
}
static void unhold(uint32_t port) { EN0 = 1u << (IRQ_UART0 + port); }

int32_t uart_read(uint32_t port, uint8_t *into, uint32_t bytes_max) {
  if (port >= UARTS) return E_LINK;
  struct uart *uart = &uarts[port];
  if (ring_empty(&uart->rx)) return 0; /* nearly always */
  uint32_t got = 0;
  while (got < bytes_max && !ring_empty(&uart->rx)) into[got++] = ring_take(&uart->rx);
  hold(port);
  UARTIM(uart->base) |= RX_INTERRUPTS;
  unhold(port);
  return (int32_t)got;
}

int32_t uart_write(uint32_t port, const uint8_t *from, uint32_t bytes) {
  if (port >= UARTS) return E_LINK;
  struct uart *uart = &uarts[port];
  uint32_t put = 0;
  while (put < bytes && !ring_full(&uart->tx)) ring_put(&uart->tx, from[put++]);
  hold(port);
  fill_fifo(uart);
  unhold(port);
  return (int32_t)put;
}

void uart_discard(uint32_t port) {
  if (port >= UARTS) return;
  struct uart *uart = &uarts[port];
  hold(port);
  uart->rx.taken = uart->rx.written;
  uart->tx.taken = uart->tx.written;
  UARTIM(uart->base) |= RX_INTERRUPTS;
  unhold(port);
}
