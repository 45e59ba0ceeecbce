/** What each fault of a schedule does to the world when its time has come, and how it ends. */
import type { Counts } from './counts.js';
import type { Events } from './events.js';
import type { SimHost } from './host.js';
import { readLogBlock, readTail, SETTINGS_BLOCKS, siblingOf } from './log-image.js';
import type { Network } from './network.js';
import type { Decay, Fault, Schedule } from './schedule.js';
import { NO_REFUSALS } from './storage.js';
import type { SimTerminal } from './terminal.js';

/** The parts of a world that faults strike. */
export type Struck = {
  readonly events: Events;
  readonly counts: Counts;
  readonly network: Network;
  readonly terminals: readonly SimTerminal[];
  readonly hosts: readonly SimHost[];
  readonly schedule: Schedule;
  readonly trace: (line: () => string) => void;
};

export function strike(fault: Fault, world: Struck): void {
  const { events, counts, network, terminals } = world;
  world.trace(() => `fault: ${JSON.stringify(fault)}`);
  switch (fault.kind) {
    case 'power':
      terminals[fault.terminal]!.arm(fault.cut, fault.offMs);
      return;
    case 'line':
      counts.lineFaults++;
      strikeLine(fault, world);
      return;
    case 'broker':
      if (!network.brokerUp) return;
      counts.brokerRestarts++;
      network.stopBroker();
      events.after(fault.forMs, () => network.startBroker());
      return;
    case 'partition':
      if (network.partitioned) return;
      counts.partitions++;
      network.partitioned = true;
      events.after(fault.forMs, () => {
        network.partitioned = false;
        network.subscribe();
      });
      return;
    case 'host':
      world.hosts[fault.host]!.arm(fault.crash, fault.downMs);
      return;
    case 'decay':
      if (strikeBlock(terminals[fault.terminal]!, fault.pick, world.schedule.decay)) counts.decays++;
      return;
    case 'refusals': {
      counts.refusalWindows++;
      const { storage } = terminals[fault.terminal]!;
      storage.refusals = fault.rate;
      events.after(fault.forMs, () => {
        storage.refusals = NO_REFUSALS;
      });
      return;
    }
    case 'replace':
      counts.replacements++;
      terminals[fault.terminal]!.replaceStorage();
      return;
  }
}

function strikeLine({ terminal, halfOpen, forMs }: Extract<Fault, { kind: 'line' }>, world: Struck): void {
  const { line } = world.terminals[terminal]!;
  line.cut = true;
  if (halfOpen) line.deaden();
  else line.break();
  world.events.after(forMs, () => {
    line.cut = false;
  });
}

/** False when no block may decay under the schedule's rule. */
function strikeBlock({ storage }: SimTerminal, pick: number, decay: Decay): boolean {
  const blocks = storage.blocks();
  const candidates =
    decay === 'single'
      ? sparesOf(storage.medium, blocks)
      : Array.from({ length: blocks }, (_, block) => block);
  if (candidates.length === 0) return false;
  storage.decay(candidates[pick % candidates.length]!);
  return true;
}

/** Blocks whose sibling holds all that they hold, and is whole. */
function sparesOf(medium: Uint8Array, blocks: number): number[] {
  const tail = readTail(medium, blocks);
  const spares: number[] = [];
  for (let block = SETTINGS_BLOCKS; block < blocks; block++) {
    const own = readLogBlock(medium, block);
    const sibling = readLogBlock(medium, siblingOf(block));
    if (own === null || sibling === null || own.number !== sibling.number) continue;
    if (own.number === tail?.number ? own.version <= sibling.version : own.count === sibling.count) {
      spares.push(block);
    }
  }
  return spares;
}
