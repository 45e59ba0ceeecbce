/** The network port as MQTT over a WebSocket: a byte stream cut into binary messages as it comes. */
import { E_LINK, type Link } from '../board.js';
import { Received } from '../received.js';

/** Bytes handed over and not yet sent, beyond which nothing more is taken. */
const BUFFERED_BYTES_MAX = 16_384;

export class WebSocketLink implements Link {
  private socket: WebSocket | undefined;
  private readonly received = new Received();

  constructor(private readonly url: string) {}

  reset(): void {
    this.socket?.close();
    this.received.clear();
    const socket = new WebSocket(this.url, 'mqtt');
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (this.socket === socket) this.received.push(new Uint8Array(data as ArrayBuffer));
    };
    this.socket = socket;
  }

  read(into: Uint8Array): number {
    return this.open ? this.received.take(into) : E_LINK;
  }

  write(from: Uint8Array): number {
    if (this.socket === undefined || !this.open) return E_LINK;
    if (this.socket.bufferedAmount > BUFFERED_BYTES_MAX) return 0;
    this.socket.send(from.slice());
    return from.length;
  }

  private get open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }
}
