/**
 * The store and ingest as seen from the host's main thread: the same promises, kept by the store
 * thread. If the thread dies, every open and later call fails and `failed` tells; terminals keep their
 * events until another host takes them.
 */
import { Worker } from 'node:worker_threads';
import type { TerminalId } from '../../../protocol/messages.js';
import { HostError, InputError, StoreError } from '../../errors.js';
import type { Receipt, Received } from '../../ingest/ingest.js';
import type { HourRange } from '../../zone.js';
import type { RegistryChange, Store } from '../store.js';
import type { StoreMethod } from './messages.js';
import { type Answer, type Failure, OPENED, type PackedReceipt, type Request } from './messages.js';
import { pack, unpack } from './packing.js';

type Waiting = { resolve(value: unknown): void; reject(error: unknown): void };
type RequestBody = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

/** Store methods that the worker answers. `commit` stays inside it: only ingest calls that. */
export type RemoteStore = Omit<Store, 'commit'>;

export class StoreThread implements RemoteStore {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = OPENED + 1;
  private dead: Error | null = null;
  private closing = false;
  /** Resolves if the thread ends without having been told to. */
  readonly failed: Promise<Error>;
  private fail: (error: Error) => void = () => {};

  private constructor(private readonly worker: Worker) {
    this.failed = new Promise((resolve) => {
      this.fail = resolve;
    });
    worker.on('message', (answer: Answer) => this.settle(answer));
    worker.on('error', (error) => this.die(error));
    worker.on('exit', () => this.die(new Error('the store thread has ended')));
  }

  /** `thread` is the address of the compiled thread.js. */
  static async open(thread: URL, folder: string, mode: 'write' | 'read'): Promise<StoreThread> {
    const worker = new Worker(thread, { workerData: { folder, mode } });
    const client = new StoreThread(worker);
    await new Promise((resolve, reject) => client.waiting.set(OPENED, { resolve, reject }));
    return client;
  }

  /** Whether the thread still runs. */
  get alive(): boolean {
    return this.dead === null;
  }

  async receive(messages: readonly Received[]): Promise<Receipt> {
    const packed = pack(messages);
    const receipt = (await this.ask({ kind: 'receive', messages: packed }, [
      packed.bytes.buffer,
    ])) as PackedReceipt;
    return { ...receipt, replies: unpack(receipt.replies) };
  }

  keys = (terminals: readonly TerminalId[]) => this.call('keys', terminals);
  logs = (terminals: readonly TerminalId[]) => this.call('logs', terminals);
  changeRegistry = (change: RegistryChange) => this.call('changeRegistry', change);
  registry = () => this.call('registry');
  tallies = (hours: HourRange) => this.call('tallies', hours);
  hourly = (hours: HourRange, counters: readonly string[]) => this.call('hourly', hours, counters);
  missing = (hours: HourRange) => this.call('missing', hours);
  terminalBooks = () => this.call('terminalBooks');
  refused = () => this.call('refused');
  quarantine = (limit: number) => this.call('quarantine', limit);
  batches = (after: number, limit: number) => this.call('batches', after, limit);

  async close(): Promise<void> {
    this.closing = true;
    if (this.dead !== null) return;
    await this.call('close').catch(() => {});
    await this.worker.terminate();
  }

  private call<M extends StoreMethod>(method: M, ...given: Parameters<Store[M]>): ReturnType<Store[M]> {
    return this.ask({ kind: 'call', method, arguments: given }) as ReturnType<Store[M]>;
  }

  private ask(body: RequestBody, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (this.dead !== null) return Promise.reject(this.dead);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...body } satisfies Request, transfer);
    });
  }

  private settle(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.kind === 'value') waiting?.resolve(answer.value);
    else waiting?.reject(errorOf(answer.failure));
  }

  private die(error: Error): void {
    this.dead ??= error;
    if (!this.closing) this.fail(this.dead);
    for (const { reject } of this.waiting.values()) reject(this.dead);
    this.waiting.clear();
  }
}

function errorOf({ name, message, code, params }: Failure): Error {
  if (code === null) return Object.assign(new Error(message), { name });
  if (name === 'StoreError') return new StoreError(code, params);
  if (name === 'InputError') return new InputError(code, params);
  return new HostError(code, params);
}
