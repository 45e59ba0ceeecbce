/**
 * The host: the real ingest on the real SQLite store, killed at any moment. A kill is what it is to a
 * process: the files as they are at that instant are copied away, and the next host opens the copy; the
 * old one's connection, cache and rollback touch nothing that counts.
 */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Ingest, type Receipt } from '../../host/ingest/ingest.js';
import type { UnixMs } from '../../host/instant.js';
import { STORE_FILE } from '../../host/store/sqlite/open.js';
import { openStore, type SqliteStore } from '../../host/store/sqlite/store.js';
import type { Store } from '../../host/store/store.js';
import type { Counts } from './counts.js';
import { watchDatabase } from './database-probe.js';
import type { Events } from './events.js';
import type { Message, Network } from './network.js';
import { type Oracle, Violation } from './oracle.js';
import type { Crash } from './schedule.js';

/** Wall time of virtual 0. */
export const START_MS = Date.UTC(2026, 0, 5, 1, 0, 0);
const STORE_FILES = [STORE_FILE, `${STORE_FILE}-wal`];

/** A planted bug on the host's side. */
export type HostBug = {
  /** Acknowledgements leave before the commit is durable. */
  readonly earlyReplies?: boolean;
  readonly wrap?: (store: Store) => Store;
};

export type HostOptions = {
  readonly events: Events;
  readonly network: Network;
  readonly oracle: Oracle;
  readonly counts: Counts;
  readonly folder: string;
  /** Another host has the same files open: a crash leaves them where they are. */
  readonly shared: boolean;
  readonly bug: HostBug;
  readonly trace: (line: () => string) => void;
};

type Messages = Parameters<Ingest['receive']>[0];

class HostKilled extends Error {}

export class SimHost {
  listening = false;
  store: SqliteStore;
  private ingest: Ingest;
  private folder: string;
  private copies = 0;
  private queue: Message[] = [];
  private due = false;
  private armed: Crash | null = null;
  private downMs = 0;
  /** Counts starts, so that what was meant for a dead host does not reach the next. */
  private life = 0;

  constructor(private readonly options: HostOptions) {
    this.folder = options.folder;
    [this.store, this.ingest] = this.open();
    this.listening = true;
  }

  /** Dies at the next chance of that kind and is started again `downMs` later. */
  arm(crash: Crash, downMs: number): void {
    if (!this.listening) return;
    this.downMs = downMs;
    if (crash.when === 'idle') this.die(this.snapshot());
    else this.armed = crash;
  }

  disarm(): void {
    this.armed = null;
  }

  receive(message: Message): void {
    this.queue.push(message);
    if (this.due) return;
    this.due = true;
    const { life } = this;
    this.options.events.after(3, () => (life === this.life ? this.process() : undefined));
  }

  start(): void {
    if (this.listening) return;
    [this.store, this.ingest] = this.open();
    this.listening = true;
    this.options.network.subscribe();
  }

  close(): Promise<void> {
    this.listening = false;
    return this.store.close();
  }

  /** Takes its files away. */
  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private open(): [SqliteStore, Ingest] {
    const store = openStore(this.folder);
    store.pragma('synchronous = OFF'); // the machine stays up; what a process wrote, the next one reads
    return [store, new Ingest({ store: this.options.bug.wrap?.(store) ?? store })];
  }

  /** Takes what has arrived as one group, and answers it. */
  private async process(): Promise<void> {
    this.due = false;
    const { options } = this;
    const armed = this.queue.some(({ topic }) => topic.endsWith('/up')) ? this.armed : null;
    if (armed !== null) this.armed = null;
    const receivedAt = (START_MS + options.events.now) as UnixMs;
    const messages = this.queue.splice(0).map((message) => ({ ...message, receivedAt }));
    if (armed?.when === 'before') return this.die(this.snapshot());
    const undone = options.bug.earlyReplies === true && armed?.when === 'replied' ? this.snapshot() : null;
    const receipt = await this.take(armed, messages);
    if (receipt === null) return;
    this.note(receipt);
    if (armed?.when === 'after') return this.die(this.snapshot());
    for (const reply of receipt.replies) {
      if (armed?.when === 'partly' && options.network.random.below(2) === 0) continue;
      options.oracle.acknowledged(reply);
      options.network.answer(reply);
    }
    if (armed !== null && armed.when !== 'inside') this.die(undone ?? this.snapshot());
  }

  /** Null when the host has died inside. */
  private async take(armed: Crash | null, messages: Messages): Promise<Receipt | null> {
    if (armed?.when !== 'inside') return this.ingest.receive(messages);
    let left = armed.calls;
    let copy: string | null = null;
    watchDatabase((_, done) => {
      if (copy === null && (done || --left > 0)) return;
      copy ??= this.snapshot();
      throw new HostKilled();
    });
    let receipt: Receipt | null = null;
    try {
      receipt = await this.ingest.receive(messages);
    } catch (error) {
      if (!(error instanceof HostKilled)) throw error;
    } finally {
      watchDatabase(null);
    }
    if (copy === null && --left > 0) {
      this.armed = { when: 'inside', calls: left };
      return receipt;
    }
    this.options.counts.hostCrashesInside++;
    this.die(copy ?? this.snapshot());
    return null;
  }

  private note({ outcomes }: Receipt): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'duplicate') this.options.counts.duplicates++;
      if (outcome.kind === 'gap') this.options.counts.gapOutcomes++;
      if (outcome.kind === 'rejected' && outcome.reason === 'internal_error') {
        throw new Violation('host_failed', 'accounting failed on a frame that verifies');
      }
    }
  }

  private snapshot(): string {
    if (this.options.shared) return this.folder;
    const copy = `${this.options.folder}-${++this.copies}`;
    mkdirSync(copy, { recursive: true });
    for (const name of STORE_FILES) {
      if (existsSync(join(this.folder, name))) copyFileSync(join(this.folder, name), join(copy, name));
    }
    return copy;
  }

  private die(copy: string): void {
    const { options, store, folder } = this;
    options.counts.hostCrashes++;
    options.trace(() => 'host killed');
    this.listening = false;
    this.queue = [];
    this.due = false;
    this.armed = null;
    this.life++;
    void store.close();
    if (copy !== folder) rmSync(folder, { recursive: true });
    this.folder = copy;
    const { life } = this;
    options.events.after(this.downMs, () => {
      if (life === this.life) this.start();
    });
  }
}
