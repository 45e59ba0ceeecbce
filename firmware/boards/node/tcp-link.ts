/** The network port as a TCP connection to the broker. */
import { connect, type Socket } from 'node:net';
import { E_LINK, type Link } from '../board.js';
import { Received } from '../received.js';

/** Bytes received and not yet taken, beyond which the socket is paused. */
const RECEIVED_BYTES_MAX = 16_384;

export class TcpLink implements Link {
  private socket: Socket | undefined;
  private open = false;
  private readonly received = new Received();

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
      if (this.received.bytes > RECEIVED_BYTES_MAX) socket.pause();
    });
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => {
      if (this.socket === socket) this.close();
    });
  }

  read(into: Uint8Array): number {
    if (!this.open) return E_LINK;
    const taken = this.received.take(into);
    if (this.received.bytes === 0) this.socket?.resume();
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
    this.received.clear();
    this.socket?.destroy();
    this.socket = undefined;
  }
}
