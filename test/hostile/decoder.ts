/**
 * The host's decoder under damage: contents, frames, and damaged contents under a good seal. Promised:
 * never a throw; a frame opens only if it is byte for byte one that was sealed; a content is accepted
 * only if it is the one encoding of what was read, and every number in it is in its range.
 */
import { decode, encode } from '../../protocol/codec.js';
import * as k from '../../protocol/constants.js';
import type { Event, Message } from '../../protocol/messages.js';
import { type Direction, open, seal } from '../../protocol/seal.js';
import { drawMessage, Random } from '../protocol/random.js';
import { Corpus, Mutator } from './mutation.js';
import { Found, Tally, type Target } from './target.js';

const DIRECTIONS: readonly Direction[] = ['up', 'down', 'state'];
const SEEDS = 120;

export class DecoderTarget implements Target {
  readonly name = 'decoder';
  private readonly random: Random;
  private readonly mutator: Mutator;
  private readonly contents: Corpus;
  private readonly key: Uint8Array;
  private readonly frames: { direction: Direction; frame: Uint8Array }[] = [];
  private readonly frameCorpus: Corpus;
  private readonly tally = new Tally();
  private input = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(private readonly seed: number) {
    this.random = new Random(seed);
    this.mutator = new Mutator(this.random);
    this.key = Uint8Array.from({ length: k.KEY_BYTES }, () => this.random.below(256));
    const contents = Array.from({ length: SEEDS }, () => encode(drawMessage(this.random)));
    this.contents = new Corpus(contents);
    for (const content of contents.filter(({ length }) => length <= k.CONTENT_BYTES_MAX)) {
      const direction = this.random.pick(DIRECTIONS);
      this.frames.push({ direction, frame: seal(this.key, direction, content) });
    }
    this.frameCorpus = new Corpus(this.frames.map(({ frame }) => frame));
  }

  get counts() {
    return this.tally.counts;
  }

  async run(inputs: number): Promise<void> {
    for (const end = this.input + inputs; this.input < end; ) {
      this.input++;
      try {
        this.step();
      } catch (error) {
        const { name, seed, input, bytes } = this;
        throw new Found(String(error), { target: name, seed, input, bytes });
      }
    }
  }

  async finish(): Promise<void> {}

  private step(): void {
    const dice = this.random.below(16);
    if (dice < 7) this.content(this.mutator.damage(this.contents.pick(this.random), this.contents));
    else if (dice < 11) this.frame();
    else if (dice < 15) this.sealed();
    else this.noise();
  }

  private content(bytes: Uint8Array): void {
    this.bytes = bytes;
    const decoded = decode(bytes);
    if (decoded.kind === 'rejected') {
      this.tally.add(`content ${decoded.code}`);
      this.contents.learn(
        `${decoded.code} ${bytes[0]} ${bytes[1]} ${Math.log2(bytes.length + 1) | 0}`,
        bytes,
      );
      return;
    }
    this.tally.add(`content ${decoded.message.kind}`);
    if (Buffer.compare(encode(decoded.message), bytes) !== 0) throw new Error('not the one encoding');
    if (!inRange(decoded.message)) throw new Error('a number out of its range');
  }

  /** A damaged or diverted frame. */
  private frame(): void {
    const { direction, frame } = this.random.pick(this.frames);
    const diverted = this.random.below(8) === 0;
    const bytes = diverted ? frame : this.mutator.damage(frame, this.frameCorpus);
    const towards = diverted ? this.random.pick(DIRECTIONS) : direction;
    this.bytes = bytes;
    const opened = open(this.key, towards, bytes);
    this.tally.add(`frame ${opened.kind === 'ok' ? 'whole' : opened.code}`);
    if (opened.kind !== 'ok') return;
    const made = this.frames.some(
      (one) => one.direction === towards && Buffer.compare(one.frame, bytes) === 0,
    );
    if (!made) throw new Error('a frame that nobody sealed was opened');
  }

  /** Any content at all, under a good seal: comes out as it went in, and goes on to the decoder. */
  private sealed(): void {
    const content = this.mutator.damage(this.contents.pick(this.random), this.contents);
    const direction = this.random.pick(DIRECTIONS);
    this.bytes = content;
    const opened = open(this.key, direction, seal(this.key, direction, content));
    if (opened.kind === 'ok') {
      if (Buffer.compare(opened.content, content) !== 0) throw new Error('content changed under the seal');
      this.content(opened.content);
      return;
    }
    this.tally.add(`frame ${opened.code}`);
    if (content.length <= k.CONTENT_BYTES_MAX) throw new Error(`a good frame was refused: ${opened.code}`);
  }

  private noise(): void {
    const noise = this.mutator.noise(this.random.below(4) === 0 ? 700 : 60);
    this.bytes = noise;
    if (open(this.key, this.random.pick(DIRECTIONS), noise).kind === 'ok') {
      throw new Error('noise was opened as a frame');
    }
    decode(noise);
    this.tally.add('noise');
  }
}

const within = (value: number, min: number, max: number) =>
  Number.isSafeInteger(value) && value >= min && value <= max;
const u32 = (...values: number[]) => values.every((value) => within(value, 0, k.U32_MAX));
const positive = (...values: number[]) => values.every((value) => within(value, 1, k.U32_MAX));
const uptime = (...values: number[]) => values.every((value) => within(value, 0, k.UPTIME_CS_MAX));

/** SPEC.md section 5, read once more and not from the decoder. */
function inRange(message: Message): boolean {
  if (!u32(message.terminal) || !positive(message.log)) return false;
  switch (message.kind) {
    case 'ack':
      return u32(message.committed, message.echo);
    case 'gap':
      return positive(message.from, message.to) && message.from <= message.to;
    case 'state':
      return positive(message.boot, message.session);
    case 'batch': {
      const { boot, first, base, sent, events } = message;
      const told =
        typeof sent === 'number'
          ? uptime(sent)
          : within(sent.boot, boot + 1, k.U32_MAX) && uptime(sent.uptime);
      const last = first + events.length - 1;
      const filled = within(events.length, 1, k.BATCH_EVENTS_MAX);
      return positive(boot, first, last) && uptime(base) && told && filled && events.every(eventInRange);
    }
  }
}

function eventInRange(event: Event): boolean {
  if (!uptime(event.delta)) return false;
  switch (event.kind) {
    case 'boot':
      return u32(event.firmware) && within(event.cause, 0, 3) && within(event.levels, 2, 5);
    case 'rating':
      return within(event.scale, 2, 5) && within(event.level, 1, event.scale);
    case 'suppressed':
      return within(event.reason, 1, 2) && positive(event.count);
    case 'totals':
      return u32(...event.totals);
    case 'overflow':
      return uptime(event.span) && positive(event.lost) && within(event.scale, 2, 5) && u32(...event.totals);
  }
}
