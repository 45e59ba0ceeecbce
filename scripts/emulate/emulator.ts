/**
 * One emulated terminal: the image in QEMU's lm3s6965evb, its card a file, its network port a TCP
 * connection to a broker, its console a pseudo-terminal. Buttons, display and memory are reached through
 * the control channel; nothing in the image knows that it is emulated.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Picture, pictureOf } from './picture.js';
import { Qmp } from './qmp.js';

export const QEMU = 'qemu-system-arm';
export const BUTTONS = 5;
/** Keys that QEMU's gamepad wires to PE0 to PE3 and PF1: buttons 0 to 4. */
const KEYS = ['up', 'down', 'left', 'right', 'ctrl'] as const;

export type EmulatorOptions = {
  /** The .elf. */
  readonly image: string;
  /** File of a power of two bytes, provisioned. */
  readonly card: string;
  readonly mqttHost: string;
  readonly mqttPort: number;
  /** More of QEMU's own options, for measurements. */
  readonly more?: readonly string[];
};

export class Emulator {
  readonly exited: Promise<void>;
  private readonly qmp: Qmp;
  private readonly folder = mkdtempSync(join(tmpdir(), 'hailong-emulator-'));
  private complaints = '';
  /** Times the board was reset from inside. */
  resets = 0;

  private constructor(readonly child: ChildProcess) {
    this.qmp = new Qmp(child.stdout!, child.stdin!, (event) => this.handle(event));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.complaints = (this.complaints + text).slice(-2000);
    });
    this.exited = new Promise((resolve) => {
      const end = () => {
        rmSync(this.folder, { recursive: true, force: true });
        resolve();
      };
      child.once('close', end);
      child.once('error', end);
    });
  }

  /** Powers the board on. Throws with QEMU's own words when it does not start. */
  static async start(options: EmulatorOptions): Promise<Emulator> {
    const { image, card, mqttHost, mqttPort, more = [] } = options;
    const child = spawn(
      QEMU,
      [
        ...['-M', 'lm3s6965evb', '-kernel', image, '-display', 'none', '-monitor', 'none', '-qmp', 'stdio'],
        ...['-drive', `if=sd,format=raw,file=${card.replaceAll(',', ',,')}`],
        ...['-chardev', 'pty,id=console', '-serial', 'chardev:console'],
        ...['-chardev', `socket,id=network,host=${mqttHost},port=${mqttPort},reconnect=1`],
        ...['-serial', 'chardev:network', ...more],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const emulator = new Emulator(child);
    try {
      await emulator.qmp.execute('qmp_capabilities');
      await emulator.letGo();
    } catch (error) {
      child.kill('SIGKILL');
      await emulator.exited;
      throw new Error(`${QEMU} did not start: ${emulator.complaints}`, { cause: error });
    }
    return emulator;
  }

  async hold(button: number): Promise<void> {
    await this.key(button, true);
  }

  async release(button: number): Promise<void> {
    await this.key(button, false);
  }

  /** What the display shows. */
  async picture(): Promise<Picture> {
    const file = join(this.folder, 'screen.ppm');
    await this.qmp.execute('screendump', { filename: file });
    return pictureOf(readFileSync(file));
  }

  /** Writes every instruction's address to the file given with QEMU's `-D`, or no longer. */
  async trace(on: boolean): Promise<void> {
    if (on) await this.monitor('singlestep on');
    await this.monitor(on ? 'log exec,nochain' : 'log none');
    if (!on) await this.monitor('singlestep off');
  }

  /** Words of the chip's memory, read from outside while it runs. */
  async words(address: number, count: number): Promise<number[]> {
    const text = await this.monitor(`xp /${count}xw 0x${address.toString(16)}`);
    return [...text.matchAll(/0x([0-9a-f]{8})\b/g)].map((match) => Number.parseInt(match[1]!, 16));
  }

  /** The pseudo-terminal behind the console port. */
  async consolePath(): Promise<string> {
    const devices = (await this.qmp.execute('query-chardev')) as { label: string; filename: string }[];
    return devices.find(({ label }) => label === 'console')!.filename.replace(/^pty:/, '');
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  private async monitor(command: string): Promise<string> {
    return (await this.qmp.execute('human-monitor-command', { 'command-line': command })) as string;
  }

  private handle(event: string): void {
    if (event !== 'RESET') return;
    this.resets++;
    this.letGo().catch(() => {}); // ended meanwhile
  }

  /**
   * QEMU's button lines read as pressed from a reset until each has been pressed and let go once: a real
   * board's pull-ups need no such thing.
   */
  private async letGo(): Promise<void> {
    for (let button = 0; button < BUTTONS; button++) {
      await this.hold(button);
      await this.release(button);
    }
  }

  private async key(button: number, down: boolean): Promise<void> {
    const data = { down, key: { type: 'qcode', data: KEYS[button] } };
    await this.qmp.execute('input-send-event', { events: [{ type: 'key', data }] });
  }
}
