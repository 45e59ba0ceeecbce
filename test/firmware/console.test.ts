/** The technician's console as someone at the other end of the line sees it. */
import { describe, expect, it } from 'vitest';
import type { Link } from '../../firmware/boards/board.js';
import { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { NodeBoard } from '../../firmware/boards/node/board.js';
import { provision, type Settings } from '../../firmware/boards/settings.js';
import { VirtualLink } from '../../scripts/virtual/virtual-link.js';
import { firmware, SETTINGS } from './rig.js';

/** A serial line: what was typed waits to be read, what comes out is kept. */
class Line implements Link {
  out = '';
  /** Bytes that go out in one write, as a nearly full transmit buffer takes them. */
  room = 256;
  private typed: number[] = [];

  type(text: string | Uint8Array): void {
    this.typed.push(...Buffer.from(text as string));
  }

  read(into: Uint8Array): number {
    const taken = this.typed.splice(0, into.length);
    into.set(taken);
    return taken.length;
  }

  write(from: Uint8Array): number {
    const taken = from.subarray(0, this.room);
    this.out += Buffer.from(taken).toString('latin1');
    return taken.length;
  }

  reset(): void {}
}

class Bench {
  readonly line = new Line();
  readonly board: NodeBoard;
  private nowMs = 0;

  constructor(settings: Partial<Settings> | null = {}) {
    const storage = new MemoryStorage(64);
    if (settings !== null) provision(storage, { ...SETTINGS, ...settings });
    this.board = new NodeBoard(firmware, {
      storage,
      link: new VirtualLink(() => {}),
      console: this.line,
      millis: () => this.nowMs,
      entropy: (into) => into.fill(0x5a),
    });
    if (settings !== null) this.board.boot();
    else expect(() => this.board.boot()).toThrow();
  }

  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += 5) this.board.tick();
  }

  /** Types a line and gives back the lines that came for it. */
  ask(command: string | Uint8Array): string[] {
    this.line.out = '';
    this.line.type(command);
    this.line.type('\r\n');
    this.run(200);
    return this.line.out.split('\r\n').slice(0, -1);
  }
}

const pairs = (line: string) => Object.fromEntries(line.split(' ').map((pair) => pair.split('=')));

describe('the console', () => {
  it('says which terminal it is', () => {
    const [info, end] = new Bench({ language: 'en', levels: 4 }).ask('info');
    expect(pairs(info!)).toMatchObject({ terminal: '0000a001', boot: '1', levels: '4', lang: 'en' });
    expect(pairs(info!).log).toMatch(/^[0-9a-f]{8}$/);
    expect(end).toBe('ok');
  });

  it('says how it is: time, link, what waits, what was counted', () => {
    const bench = new Bench({ lockoutMs: 0 });
    bench.run(5000);
    for (let i = 0; i < 3; i++) {
      bench.board.held = 1 << 4;
      bench.run(60);
      bench.board.held = 0;
      bench.run(60);
    }
    const [status, totals, end] = bench.ask('status');
    expect(pairs(status!)).toMatchObject({ uptime_s: '5', online: '1', acked: '0', fault: '0' });
    expect(Number(pairs(status!).waiting)).toBe(Number(pairs(status!).next) - 1);
    expect(pairs(totals!)).toMatchObject({ level1: '0', level5: '3', suppressed: '0' });
    expect(end).toBe('ok');
  });

  it('lists its commands, and each of them is one', () => {
    const bench = new Bench();
    const [commands] = bench.ask('help');
    for (const command of commands!.split(' ')) expect(bench.ask(command).at(-1)).toBe('ok');
  });

  it('answers before there are settings, so that a technician can see that it lives', () => {
    expect(pairs(new Bench(null).ask('status')[0]!)).toMatchObject({ online: '0' });
  });

  const nonsense: [string, string | Uint8Array][] = [
    ['another word', 'reboot'],
    ['the beginning of a command', 'inf'],
    ['a command and more', 'info '],
    ['a line much too long', 'status'.repeat(50)],
    ['a zero byte', 'info\0'],
    ['bytes of a wrong baud rate', Uint8Array.from({ length: 300 }, (_, i) => (i * 151 + 128) | 0x80)],
  ];
  it.each(nonsense)('%s is no command, and the next line is understood', (_name, typed) => {
    const bench = new Bench();
    expect(bench.ask(typed)).toEqual(['?']);
    expect(bench.ask('info').at(-1)).toBe('ok');
  });

  it('says nothing that was not asked for', () => {
    const bench = new Bench();
    bench.line.type('\r\n\r\r\n');
    bench.run(10_000);
    expect(bench.line.out).toBe('');
  });

  it('a slow line gets every byte, in order', () => {
    const quick = new Bench();
    const slow = new Bench();
    slow.line.room = 1;
    slow.line.type('info\nhelp\n');
    slow.run(2000);
    expect(slow.line.out).toBe([...quick.ask('info'), ...quick.ask('help'), ''].join('\r\n'));
  });

  it('a flood of commands does not keep a press from being logged', () => {
    const bench = new Bench({ lockoutMs: 0 });
    bench.line.room = 3;
    bench.line.type('status\n'.repeat(5000));
    bench.run(1000);
    bench.board.held = 1 << 2;
    bench.run(40);
    expect(bench.board.screen.lights & (1 << 2)).toBeTruthy();
  });
});
