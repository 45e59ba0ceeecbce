/**
 * Between the bus and ingest: whatever arrives while one group commits becomes the next group, so the
 * cost of an fsync is shared by as many batches as there is load. The queue is bounded; when it is
 * full the newest message is dropped and counted, because its terminal keeps it and sends it again.
 */
import type { Receipt, Received, Reply } from './ingest.js';

export const GROUP_MESSAGES_MAX = 2_000;
export const QUEUE_MESSAGES_MAX = 20_000;

export type IntakeOptions = {
  receive(messages: readonly Received[]): Promise<Receipt>;
  publish(reply: Reply): void;
  onReceipt(receipt: Receipt): void;
  /** A group could not be committed; nothing of it is acknowledged. */
  onFailure(error: unknown): void;
};

export class Intake {
  private queue: Received[] = [];
  private running: Promise<void> | null = null;
  private stopped = false;
  private inHand = 0;
  /** Messages dropped because the queue was full. */
  dropped = 0;
  /** Whether the last group could be committed. */
  healthy = true;

  constructor(private readonly options: IntakeOptions) {}

  /** Messages received and not yet committed. */
  get pending(): number {
    return this.queue.length + this.inHand;
  }

  push(received: Received): void {
    if (this.stopped) return;
    if (this.queue.length >= QUEUE_MESSAGES_MAX) {
      this.dropped++;
      return;
    }
    this.queue.push(received);
    this.running ??= this.run();
  }

  /** Takes no more, finishes the group that is being committed, forgets what still waits. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.queue = [];
    await this.running;
  }

  private async run(): Promise<void> {
    // One turn of the event loop, so that the first group too holds all that has arrived together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const group = this.queue.slice(0, GROUP_MESSAGES_MAX);
      this.queue = this.queue.slice(GROUP_MESSAGES_MAX);
      this.inHand = group.length;
      await this.commit(group);
      this.inHand = 0;
    }
    this.running = null;
  }

  private async commit(group: Received[]): Promise<void> {
    try {
      const receipt = await this.options.receive(group);
      this.healthy = true;
      for (const reply of receipt.replies) this.options.publish(reply);
      this.options.onReceipt(receipt);
    } catch (error) {
      this.healthy = false;
      this.options.onFailure(error);
    }
  }
}
