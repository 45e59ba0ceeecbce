/**
 * The far end of a terminal's network port, in an enemy's hands: bytes in any pieces, a drop at any
 * moment, the terminal's own packets taken apart.
 */
import { E_LINK, type Link } from '../../firmware/boards/board.js';
import { Received } from '../../firmware/boards/received.js';

export type Packet = { readonly type: number; readonly body: Uint8Array };

/** Takes a byte stream apart into MQTT packets. Bodies longer than `keepMax` are passed over, empty. */
export class Framer {
  private type = -1;
  private length = 0;
  private shift = 0;
  private inBody = false;
  private got = 0;
  private body = new Uint8Array(0);
  /** A remaining length of more than four bytes: the stream means nothing from here on. */
  broken = false;

  constructor(private readonly keepMax: number) {}

  /** Whether a packet has begun and is not whole. */
  get midway(): boolean {
    return this.type >= 0;
  }

  feed(bytes: Uint8Array, whole: (packet: Packet & { readonly length: number }) => void): void {
    let at = 0;
    while (!this.broken && (at < bytes.length || this.complete)) {
      if (this.complete) {
        const { type, body, length } = this;
        this.type = -1;
        this.inBody = false;
        whole({ type, body, length });
      } else if (this.inBody) at += this.take(bytes.subarray(at));
      else this.head(bytes[at++]!);
    }
  }

  private get complete(): boolean {
    return this.inBody && this.got === this.length;
  }

  private take(bytes: Uint8Array): number {
    const part = bytes.subarray(0, this.length - this.got);
    if (this.length <= this.keepMax) this.body.set(part, this.got);
    this.got += part.length;
    return part.length;
  }

  private head(byte: number): void {
    if (this.type < 0) {
      this.type = byte;
      this.length = this.shift = this.got = 0;
      return;
    }
    if (this.shift > 21) {
      this.broken = true;
      return;
    }
    this.length += (byte & 127) * 2 ** this.shift;
    this.shift += 7;
    if (byte >= 128) return;
    this.inBody = true;
    this.body = new Uint8Array(this.length <= this.keepMax ? this.length : 0);
  }
}

/** Longest packet a terminal sends. */
const SENT_BYTES_MAX = 2048;

export class HostileLine implements Link {
  /** Most bytes a read or write moves. */
  readMax = Number.POSITIVE_INFINITY;
  writeMax = Number.POSITIVE_INFINITY;
  dials = 0;
  /** Told of every byte that goes to the terminal, and of every new connection. */
  onSend: (bytes: Uint8Array) => void = () => {};
  onDial: () => void = () => {};
  private open = false;
  private framer = new Framer(SENT_BYTES_MAX);
  private readonly toTerminal = new Received();

  constructor(private readonly onPacket: (packet: Packet) => void) {}

  get waiting(): number {
    return this.toTerminal.bytes;
  }

  send(bytes: Uint8Array): void {
    if (!this.open || bytes.length === 0) return;
    this.onSend(bytes);
    this.toTerminal.push(bytes);
  }

  drop(): void {
    this.open = false;
    this.toTerminal.clear();
  }

  reset(): void {
    this.drop();
    this.open = true;
    this.dials++;
    this.onDial();
    this.framer = new Framer(SENT_BYTES_MAX);
  }

  read(into: Uint8Array): number {
    if (!this.open) return E_LINK;
    return this.toTerminal.take(into.length > this.readMax ? into.subarray(0, this.readMax) : into);
  }

  write(from: Uint8Array): number {
    if (!this.open) return E_LINK;
    const taken = from.slice(0, Math.min(from.length, this.writeMax));
    this.framer.feed(taken, (packet) => this.onPacket(packet));
    if (this.framer.broken) throw new Error('the terminal sent what is not MQTT');
    return taken.length;
  }
}

/** An MQTT packet of any type byte. */
export function packet(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [type];
  let rest = length;
  do {
    head.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function publish(topic: string, payload: Uint8Array, type = 0x30): Uint8Array {
  const name = Buffer.from(topic);
  return packet(type, Uint8Array.of(name.length >> 8, name.length & 255), name, payload);
}

/** Topic and payload of a PUBLISH at QoS 0; null for what is none. */
export function published({ type, body }: Packet): { topic: string; payload: Uint8Array } | null {
  if ((type & 0xf6) !== 0x30 || body.length < 2) return null;
  const length = body[0]! * 256 + body[1]!;
  if (length + 2 > body.length) return null;
  return {
    topic: Buffer.from(body.subarray(2, 2 + length)).toString('latin1'),
    payload: body.subarray(2 + length),
  };
}
