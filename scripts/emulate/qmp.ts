/**
 * The emulator's control channel: QEMU machine protocol, a JSON document a line over its standard input
 * and output. One command at a time is answered in order, so answers need no ids.
 */
import type { Readable, Writable } from 'node:stream';

type Answer = { return?: unknown; error?: { class: string; desc: string } };
type Waiting = { resolve(value: unknown): void; reject(error: Error): void };

export class Qmp {
  private readonly waiting: Waiting[] = [];
  private rest = '';
  private ended = false;

  constructor(
    input: Readable,
    private readonly output: Writable,
    private readonly onEvent: (name: string) => void,
  ) {
    input.setEncoding('utf8').on('data', (text: string) => this.take(text));
    input.on('close', () => this.end());
    output.on('error', () => this.end());
  }

  async execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    if (this.ended) throw new Error('the emulator has ended');
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.output.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    // What is not JSON is the emulator talking to people.
    for (const line of lines) if (line.startsWith('{')) this.handle(JSON.parse(line));
  }

  private handle(message: Answer & { QMP?: unknown; event?: string }): void {
    if (message.QMP !== undefined) return;
    if (message.event !== undefined) {
      this.onEvent(message.event);
      return;
    }
    const waiting = this.waiting.shift();
    if (message.error === undefined) waiting?.resolve(message.return);
    else waiting?.reject(new Error(`${message.error.class}: ${message.error.desc}`));
  }

  private end(): void {
    this.ended = true;
    for (const { reject } of this.waiting.splice(0)) reject(new Error('the emulator has ended'));
  }
}
