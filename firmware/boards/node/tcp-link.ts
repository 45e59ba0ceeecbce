/** The network port as a TCP connection to the broker. */
import { connect, type Socket } from 'node:net';
import { E_LINK, type Link } from '../board.js';

/** Bytes received and not yet taken, beyond which the socket is paused. */
const RECEIVED_BYTES_MAX = 16_384;

export class TcpLink implements Link {
  private socket: Socket | undefined;
  private open = false;
  private received: Buffer[] = [];
  private receivedBytes = 0;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  reset(): void {
    this.close();
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    this.socket = socket;
    socket.on('connect', () => {
      this.open = true;
    });
    socket.on('data', (bytes) => {
      this.received.push(bytes);
      this.receivedBytes += bytes.length;
      if (this.receivedBytes > RECEIVED_BYTES_MAX) socket.pause();
    });
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => {
      if (this.socket === socket) this.close();
    });
  }

  read(into: Uint8Array): number {
    if (!this.open) return E_LINK;
    let taken = 0;
    while (taken < into.length && this.received.length > 0) {
      const head = this.received[0]!;
      const part = head.subarray(0, into.length - taken);
      into.set(part, taken);
      taken += part.length;
      if (part.length === head.length) this.received.shift();
      else this.received[0] = head.subarray(part.length);
    }
    this.receivedBytes -= taken;
    if (this.receivedBytes === 0) this.socket?.resume();
    return taken;
  }

  write(from: Uint8Array): number {
    if (!this.open || this.socket === undefined) return E_LINK;
    if (this.socket.writableNeedDrain) return 0;
    this.socket.write(from.slice());
    return from.length;
  }

  close(): void {
    this.open = false;
    this.received = [];
    this.receivedBytes = 0;
    this.socket?.destroy();
    this.socket = undefined;
  }
}
