/** A process that is started again whenever it ends, as an init system does, until it is stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { until } from '../host/temporary.js';

export type ServiceOptions = {
  readonly name: string;
  readonly program: string;
  /** Arguments of the next start. */
  readonly args: () => readonly string[];
  /** Whether it is at work, by what it has printed so far. */
  readonly ready: (out: string) => boolean | Promise<boolean>;
};

export class Service {
  /** At work now. */
  up = false;
  starts = 0;
  kills = 0;
  /** What the newest process printed. */
  out = '';
  /** What the process before it printed. */
  private lastWords = '';
  private child: ChildProcess | null = null;
  private stopped = false;

  constructor(private readonly options: ServiceOptions) {
    this.start();
  }

  get name(): string {
    return this.options.name;
  }

  async untilUp(): Promise<void> {
    try {
      await until(`${this.name} to be up`, () => this.up, 30_000);
    } catch (error) {
      throw new Error(`${this.name} does not come up and says: ${this.out || this.lastWords}`, {
        cause: error,
      });
    }
  }

  /** SIGKILL, if there is a process. */
  kill(): boolean {
    if (this.child?.exitCode !== null || this.child.signalCode !== null) return false;
    this.kills++;
    this.up = false;
    return this.child.kill('SIGKILL');
  }

  /** Kills it for good; resolves when the process is gone. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.kill();
    await until(`${this.name} to end`, () => this.child === null);
  }

  private start(): void {
    const { program, args } = this.options;
    const child = spawn(program, args(), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.starts++;
    this.child = child;
    this.lastWords = this.out;
    this.out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.out += text;
      });
    }
    child.once('close', () => {
      this.up = false;
      this.child = null;
      // A host ends by itself where its broker is away at that moment: again, a little later.
      if (!this.stopped) setTimeout(() => this.stopped || this.start(), 50);
    });
    void this.watch(child);
  }

  private async watch(child: ChildProcess): Promise<void> {
    const gone = () => child.exitCode !== null || child.signalCode !== null;
    while (!gone() && !(await this.options.ready(this.out))) await new Promise((wake) => setTimeout(wake, 5));
    if (!gone() && this.child === child) this.up = true;
  }
}
