/**
 * A network port with an MQTT broker's front at its other end, in memory: for terminals that run
 * under a virtual clock. Speaks as much of the broker's side as a terminal asks for. `plugged` false
 * is a pulled cable: what was under way is lost.
 */
import mqttPacket, { type Packet, type Parser } from 'mqtt-packet';
import { E_LINK, type Link } from '../../firmware/boards/board.js';
import { Received } from '../../firmware/boards/received.js';

export type Published = { topic: string; payload: Uint8Array; retain: boolean };

export class VirtualLink implements Link {
  plugged = true;
  /** What the terminal presented at CONNECT, once it has. */
  connect: Packet | undefined;
  /** CONNACK return code; 0 lets the terminal in. */
  refuses = 0;
  /** A line that has gone dead without a word. */
  deaf = false;
  connects = 0;
  pings = 0;
  private readonly toTerminal = new Received();
  private parser: Parser = mqttPacket.parser();
  private open = false;

  constructor(private readonly onPublish: (message: Published) => void) {}

  reset(): void {
    this.hangUp();
    this.open = this.plugged;
    this.parser = mqttPacket.parser();
    this.parser.on('packet', (packet) => this.take(packet));
    this.parser.on('error', () => this.hangUp());
  }

  read(into: Uint8Array): number {
    if (!this.usable()) return E_LINK;
    return this.toTerminal.take(into);
  }

  write(from: Uint8Array): number {
    if (!this.usable()) return E_LINK;
    if (!this.deaf) this.parser.parse(Buffer.from(from));
    return from.length;
  }

  /** Publishes to the terminal, if it is connected. */
  deliver(topic: string, payload: Uint8Array): void {
    this.send({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: 0, dup: false, retain: false });
  }

  /** Sends raw bytes to the terminal: what a broken or hostile broker might. */
  deliverBytes(bytes: Uint8Array): void {
    if (this.usable()) this.toTerminal.push(Buffer.from(bytes));
  }

  hangUp(): void {
    this.open = false;
    this.connect = undefined;
    this.toTerminal.clear();
  }

  private usable(): boolean {
    if (!this.plugged) this.hangUp();
    return this.open;
  }

  private take(packet: Packet): void {
    if (packet.cmd === 'connect') {
      this.send({ cmd: 'connack', returnCode: this.refuses, sessionPresent: false });
      if (this.refuses !== 0) return;
      this.connect = packet;
      this.connects++;
    } else if (packet.cmd === 'subscribe') {
      this.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [0] });
    } else if (packet.cmd === 'pingreq') {
      this.pings++;
      this.send({ cmd: 'pingresp' });
    } else if (packet.cmd === 'publish') {
      this.onPublish({ topic: packet.topic, payload: packet.payload as Buffer, retain: packet.retain });
    }
  }

  private send(packet: Packet): void {
    if (this.usable()) this.toTerminal.push(mqttPacket.generate(packet));
  }
}
