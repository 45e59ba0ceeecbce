/**
 * The emulator's debug port: GDB's remote protocol, as much of it as measuring and fault injection need.
 * While attached the board stands still, except between `continue` and the next breakpoint.
 */
import { connect, type Socket } from 'node:net';

const PC = 15;
const LR = 14;
const SP = 13;
export const REGISTER = { PC, LR, SP } as const;

export class Gdb {
  private buffer = '';
  private readonly packets: string[] = [];
  private wake: (() => void) | null = null;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1').on('data', (text) => this.take(String(text)));
    socket.on('error', () => {});
    socket.on('close', () => this.wake?.());
  }

  /** QEMU's options for a debug port at a socket file. */
  static options(path: string): string[] {
    return ['-gdb', `unix:${path},server=on,wait=off`];
  }

  /** Attaches; the board stands still from here on. */
  static async attach(path: string): Promise<Gdb> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const gdb = new Gdb(socket);
    await gdb.ask('?');
    // QEMU gives single registers only to those who have asked what there are.
    await gdb.ask('qXfer:features:read:target.xml:0,fff');
    return gdb;
  }

  /** Lets the board run on by itself. */
  async detach(): Promise<void> {
    await this.ask('D');
    this.socket.destroy();
  }

  async breakAt(address: number): Promise<void> {
    this.expectOk(await this.ask(`Z0,${address.toString(16)},2`));
  }

  async unbreak(address: number): Promise<void> {
    this.expectOk(await this.ask(`z0,${address.toString(16)},2`));
  }

  /** Runs to the next breakpoint; returns where that is. */
  async continue(): Promise<number> {
    await this.ask('c');
    return this.register(PC);
  }

  async step(): Promise<void> {
    await this.ask('s');
  }

  /** Instructions from here until execution reaches `address`. */
  async stepsTo(address: number): Promise<number> {
    let steps = 0;
    do {
      await this.ask('s');
      steps++;
    } while ((await this.register(PC)) !== address);
    return steps;
  }

  async register(number: number): Promise<number> {
    return Buffer.from(await this.ask(`p${number.toString(16)}`), 'hex').readUInt32LE();
  }

  async setRegister(number: number, value: number): Promise<void> {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value >>> 0);
    this.expectOk(await this.ask(`P${number.toString(16)}=${word.toString('hex')}`));
  }

  async word(address: number): Promise<number> {
    return Buffer.from(await this.ask(`m${address.toString(16)},4`), 'hex').readUInt32LE();
  }

  async setWord(address: number, value: number): Promise<void> {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value >>> 0);
    this.expectOk(await this.ask(`M${address.toString(16)},4:${word.toString('hex')}`));
  }

  private expectOk(answer: string): void {
    if (answer !== 'OK') throw new Error(`the debug port answered ${answer || 'nothing'}`);
  }

  private async ask(command: string): Promise<string> {
    let sum = 0;
    for (const byte of Buffer.from(command, 'latin1')) sum = (sum + byte) & 255;
    this.socket.write(`$${command}#${sum.toString(16).padStart(2, '0')}`);
    // The board's coming to a stop is told on its own account too: that answers nothing but these.
    const mayStop = command === '?' || command === 'c' || command === 's';
    for (;;) {
      const packet = await this.packet();
      if (mayStop || !packet.startsWith('T')) return packet;
    }
  }

  private async packet(): Promise<string> {
    while (this.packets.length === 0) {
      if (this.socket.destroyed) throw new Error('the debug port is closed');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.packets.shift()!;
  }

  private take(text: string): void {
    this.buffer += text;
    for (;;) {
      const packet = /^[^$]*\$([^#]*)#../.exec(this.buffer);
      if (packet === null) break;
      this.buffer = this.buffer.slice(packet[0].length);
      this.socket.write('+');
      this.packets.push(packet[1]!);
      this.wake?.();
    }
  }
}
