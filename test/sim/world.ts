/**
 * One world: terminals, network, broker and hosts under one virtual clock, one schedule of faults and
 * fingers. When the schedule is over, everything is made to work, everyone says what is left to say,
 * and the oracle looks at the books. The same schedule gives the same course, event by event.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../host/store/store.js';
import type { TerminalId } from '../../protocol/messages.js';
import { terminalHex } from '../../protocol/topic.js';
import { Random } from '../protocol/random.js';
import { audit } from './audit.js';
import { type Counts, noCounts } from './counts.js';
import { Events } from './events.js';
import { type HostBug, SimHost } from './host.js';
import { Network } from './network.js';
import { Oracle, Violation } from './oracle.js';
import type { Schedule } from './schedule.js';
import { type Struck, strike } from './strike.js';
import { SimTerminal } from './terminal.js';

export type WorldOptions = {
  readonly firmware: WebAssembly.Module;
  /** A store with the registry in it, to start from; and where the world may write. */
  readonly template: string;
  readonly folder: string;
  readonly hostBug?: HostBug;
  /** Called with each line of the trace. */
  readonly trace?: (line: string) => void;
};

export type Outcome = {
  readonly counts: Counts;
  readonly violation: Violation | null;
};

const HOUR_MS = 3_600_000;
/** Everything is said within this after everything works, or never. */
const REST_HOURS_MAX = 72;
/** Running totals are logged once an hour. */
const TOTALS_MS = 2 * HOUR_MS;

export const terminalId = (index: number) => (0x2a1c0b07 + index * 0x1d) as TerminalId;
export const keyOf = (terminal: TerminalId) =>
  Uint8Array.from({ length: 32 }, (_, i) => (terminal >>> (8 * (i & 3))) ^ (i * 29));

export async function runWorld(schedule: Schedule, options: WorldOptions): Promise<Outcome> {
  const world = new World(schedule, options);
  try {
    await world.run();
    return { counts: world.counts, violation: null };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { counts: world.counts, violation: error };
  } finally {
    await world.close();
  }
}

class World implements Struck {
  readonly counts = noCounts();
  readonly events = new Events();
  readonly network: Network;
  private readonly oracle: Oracle;
  readonly terminals: SimTerminal[];
  readonly hosts: SimHost[];
  readonly trace: (line: () => string) => void;
  private readonly random: Random;
  private readonly folder: string;

  constructor(
    readonly schedule: Schedule,
    options: WorldOptions,
  ) {
    const { events, counts } = this;
    const { seed } = schedule;
    this.trace = tellTo(options.trace, events);
    const { trace } = this;
    this.random = new Random(seed ^ 0x5eed);
    this.oracle = new Oracle(keyOf, schedule.decay);
    const { oracle } = this;
    this.network = new Network(events, new Random(seed ^ 0x2e70), counts, schedule.weather, trace);
    const { network } = this;
    this.folder = join(options.folder, `world-${seed}`);
    cpSync(options.template, this.folder, { recursive: true });
    const shared = schedule.hosts > 1;
    const bug = options.hostBug ?? {};
    this.hosts = Array.from(
      { length: schedule.hosts },
      () => new SimHost({ events, network, oracle, counts, folder: this.folder, shared, bug, trace }),
    );
    network.subscribers.push(...this.hosts);
    this.terminals = schedule.terminals.map((plan, index) => {
      const id = terminalId(index);
      const { firmware } = options;
      const key = keyOf(id);
      const own = seed * 31 + index;
      return new SimTerminal({ id, key, plan, seed: own, firmware, events, network, oracle, counts, trace });
    });
  }

  async run(): Promise<void> {
    const { events, schedule, terminals, counts } = this;
    for (const terminal of terminals) events.at(this.random.below(2000), () => terminal.powerUp());
    for (const press of schedule.presses) {
      events.at(press.at, () => {
        const terminal = terminals[press.terminal]!;
        if (terminal.powered) terminal.press(press);
      });
    }
    for (const fault of schedule.faults) events.at(fault.at, () => strike(fault, this));
    await events.runUntil(schedule.endMs / 2);
    await this.checkRunning();
    await events.runUntil(schedule.endMs);
    await this.checkRunning();
    await this.rest();
    const { logs } = await this.audit();
    for (const { counted, overflows, missing, committed } of logs.values()) {
      counts.ratings += counted.reduce((total, count) => total + count, 0);
      counts.overflows += overflows;
      counts.declaredMissing += missing;
      counts.events += committed;
    }
    counts.thanked = this.oracle.thanked();
    counts.inDoubt = this.oracle.doubted();
  }

  async close(): Promise<void> {
    for (const host of this.hosts) if (host.listening) await host.close();
    for (const host of this.hosts) host.clear();
  }

  /** Makes everything work and waits until everything is said, or it is clear that it never will be. */
  private async rest(): Promise<void> {
    const { events, terminals, hosts, network } = this;
    network.heal();
    for (const host of hosts) {
      host.disarm();
      host.start();
    }
    for (const terminal of terminals) terminal.heal();
    await events.runUntil(events.now + TOTALS_MS);
    // A refused write may lie in storage unknown to its terminal: what is left counts after a restart.
    this.oracle.checkSaid(await this.audit());
    for (const terminal of terminals) terminal.restartAtRest();
    await events.runUntil(events.now + TOTALS_MS);
    for (let hours = 0; hours < REST_HOURS_MAX && !(await this.drained()); hours++) {
      await events.runUntil(events.now + HOUR_MS);
    }
    // What was said last may have been said to an overfull log: the hourly totals come after it.
    await events.runUntil(events.now + TOTALS_MS);
    for (const terminal of terminals) terminal.checkMemory();
    this.oracle.checkAtRest(await this.audit(), this.lastLogs());
  }

  private async drained(): Promise<boolean> {
    const { logs } = await this.audit();
    return this.lastLogs().every(
      ({ terminal, log, next }) => logs.get(`${terminal} ${log}`)?.committed === next - 1,
    );
  }

  private lastLogs() {
    return this.terminals.map((terminal) => {
      const last = terminal.last();
      if (last === null) throw new Violation('no_log', `${terminalHex(terminal.id)} has no log at the end`);
      return last;
    });
  }

  private async checkRunning(): Promise<void> {
    if (this.hosts[0]!.listening) this.oracle.checkRunning(await this.audit());
  }

  private audit() {
    return audit(this.hosts[0]!.store as Store, keyOf);
  }
}

function tellTo(tell: WorldOptions['trace'], events: Events): (line: () => string) => void {
  return tell === undefined ? () => {} : (line) => tell(`${stamp(events.now)} ${line()}`);
}

function stamp(ms: number): string {
  const pad = (value: number, width: number) => String(Math.floor(value)).padStart(width, '0');
  const day = Math.floor(ms / 86_400_000);
  return `${day}d ${pad((ms / HOUR_MS) % 24, 2)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
}
