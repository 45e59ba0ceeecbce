/**
 * The firmware's receiving side: MQTT bytes in any pieces, frames on `down`, while connecting and
 * online. Nothing may be released but by an acknowledgement that verifies, for the frame in flight;
 * which those are, the host's codec says, from the same bytes. And the terminal goes on working: every
 * so often the line is given back to an honest broker, and then every press made is there, once.
 */
import { decode, encode } from '../../protocol/codec.js';
import { DOWN_BYTES_MAX, U32_MAX } from '../../protocol/constants.js';
import type { Ack, LogId, Seq, TerminalId } from '../../protocol/messages.js';
import { open, seal } from '../../protocol/seal.js';
import { drawMessage, Random } from '../protocol/random.js';
import { Framer, packet, publish, published } from './line.js';
import { Corpus, Mutator } from './mutation.js';
import { Found, Tally, type Target } from './target.js';
import { CONNACK, DOWN, KEY, PINGRESP, SUBACK, TERMINAL, UP, Victim } from './victim.js';

/** Longest packet the firmware's receiver keeps. */
const KEPT_BYTES_MAX = 192;
/** Inputs between two returns to an honest broker. */
const EPOCH_INPUTS = 500;
/** One input in so many is the acknowledgement the terminal waits for. */
const WHOLE_EVERY = 60;
const WHOLE = 'whole ack';
/** An unfinished packet swallows what follows; the line is dropped after so many inputs of that. */
const MIDWAY_MAX = 3;
const OLD_ACKS_MAX = 64;
const SILENCE_MS = 11_000;

export class ReceiverTarget implements Target {
  readonly name = 'receiver';
  private readonly random: Random;
  private readonly mutator: Mutator;
  readonly victim: Victim;
  private readonly packets: Corpus;
  private readonly frames: Corpus;
  private readonly contents: Corpus;
  private readonly oldAcks: Uint8Array[] = [];
  private readonly tally = new Tally();
  private reference = new Framer(KEPT_BYTES_MAX);
  private midway = 0;
  private input = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(private readonly seed: number) {
    this.random = new Random(seed);
    this.mutator = new Mutator(this.random);
    this.victim = new Victim(this.random);
    this.contents = new Corpus(
      Array.from({ length: 60 }, () => encode(drawMessage(this.random)).slice(0, 120)),
    );
    this.frames = new Corpus(
      Array.from({ length: 20 }, () => seal(KEY, 'down', this.contents.pick(this.random))),
    );
    const acks = Array.from({ length: 10 }, () => publish(DOWN, this.frames.pick(this.random)));
    const others = [publish(UP, this.frames.pick(this.random)), publish('a/b', Uint8Array.of(1, 2, 3))];
    this.packets = new Corpus([CONNACK, SUBACK, PINGRESP, ...acks, ...others, publish(DOWN, KEY, 0x32)]);
    this.victim.greeter = () => this.greet();
    this.victim.line.onSend = (bytes) => this.foresee(bytes);
    this.victim.line.onDial = () => {
      this.reference = new Framer(KEPT_BYTES_MAX);
    };
  }

  get counts() {
    return this.tally.counts;
  }

  async run(inputs: number): Promise<void> {
    for (const end = this.input + inputs; this.input < end; ) {
      this.input++;
      try {
        this.connect();
        this.step();
        if (this.input % EPOCH_INPUTS === 0) this.returnToOrder();
      } catch (error) {
        const { name, seed, input, bytes } = this;
        throw new Found(String(error), { target: name, seed, input, bytes });
      }
    }
  }

  async finish(): Promise<void> {
    this.returnToOrder();
    const { books, nowMs, line } = this.victim;
    this.tally.add('frames checked', books.frames);
    this.tally.add('dials', line.dials);
    this.tally.add('virtual days', Math.round(nowMs / 86_400_000));
  }

  // --- One input ---

  private step(): void {
    const { victim, random } = this;
    victim.line.readMax = random.below(4) === 0 ? 1 + random.below(8) : Number.POSITIVE_INFINITY;
    const [kind, bytes] = random.below(WHOLE_EVERY) === 0 ? this.whole() : this.draw();
    this.bytes = bytes;
    const frames = victim.books.frames;
    this.deliver(bytes);
    // Soon a frame is in flight again: without one the terminal takes nothing anyway.
    if (kind === WHOLE && victim.online) this.press();
    const answer = `${kind} ${victim.online ? 'kept' : 'hung up'}${victim.books.frames > frames ? ' sent' : ''}`;
    this.tally.add(answer);
    this.packets.learn(`${answer} ${bytes[0]} ${bytes.length >> 3}`, bytes);
    if (!this.reference.midway) this.midway = 0;
    else if (++this.midway > MIDWAY_MAX || random.below(2) === 0) this.drop();
  }

  /** The acknowledgement awaited. */
  private whole(): [kind: string, bytes: Uint8Array] {
    return [WHOLE, publish(DOWN, this.ackFrame())];
  }

  /** Hands bytes over in pieces, a tick or more after each. */
  private deliver(bytes: Uint8Array): void {
    const { random, victim } = this;
    const pieces = random.below(3) > 0 ? 1 : 2 + random.below(6);
    let at = 0;
    for (let piece = pieces; piece > 0 && at < bytes.length; piece--) {
      const length = piece === 1 ? bytes.length - at : random.below(bytes.length - at + 1);
      const part = bytes.subarray(at, at + length);
      victim.line.send(part);
      at += length;
      victim.tick(random.below(4));
    }
    while (victim.line.waiting > 0 && victim.online) victim.tick();
  }

  /** What the same bytes say to the host's codec: the acknowledgements in them that hold. */
  private foresee(bytes: Uint8Array): void {
    this.reference.feed(bytes, (one) => {
      const message = one.length <= KEPT_BYTES_MAX ? published(one) : null;
      if (message?.topic !== DOWN || message.payload.length > DOWN_BYTES_MAX) return;
      const ack = this.holds(message.payload);
      if (ack !== null) this.victim.books.acknowledged(ack.committed, false);
    });
  }

  /** The acknowledgement in a frame on `down`, if it verifies and answers the frame in flight. */
  private holds(frame: Uint8Array): Ack | null {
    const { echo, log } = this.victim.books;
    const opened = open(KEY, 'down', frame);
    const decoded = opened.kind === 'ok' ? decode(opened.content) : opened;
    if (decoded.kind !== 'ok' || decoded.message.kind !== 'ack') return null;
    const ack = decoded.message;
    const mine = ack.terminal === TERMINAL && ack.log === log && ack.echo === echo;
    return mine && ack.committed !== U32_MAX ? ack : null;
  }

  // --- Drawing ---

  private draw(): [kind: string, bytes: Uint8Array] {
    const { random, mutator } = this;
    const dice = random.below(20);
    if (dice < 5) return ['damaged ack', publish(DOWN, mutator.damage(this.ackFrame(), this.frames))];
    if (dice < 9) return ['sealed', publish(DOWN, this.sealedFrame(), random.pick([0x30, 0x30, 0x31, 0x38]))];
    if (dice < 12) return ['damaged packet', mutator.damage(this.packets.pick(random), this.packets)];
    if (dice < 13)
      return ['damaged ack packet', mutator.damage(publish(DOWN, this.ackFrame()), this.packets)];
    if (dice < 14) return ['noise', mutator.noise(random.below(20) === 0 ? 2000 : 60)];
    if (dice < 16) return ['old ack', publish(DOWN, random.pick(this.oldAcks) ?? KEY)];
    if (dice < 17) return ['other topic', this.otherTopic()];
    if (dice < 18) return ['reflected', publish(DOWN, seal(KEY, random.pick(['up', 'state']), this.ack()))];
    if (dice < 19) return ['long', publish(DOWN, new Uint8Array(100 + random.below(2000)))];
    return ['several', Buffer.concat([PINGRESP, publish(UP, KEY), publish(DOWN, KEY), PINGRESP])];
  }

  /** What an honest host would answer to the frame in flight, or one restored from a backup. */
  private ack(changed: Partial<Ack> = {}): Uint8Array {
    const { log, watermark, echo } = this.victim.books;
    const back = this.random.below(10) === 0 ? this.random.below(watermark + 1) : 0;
    const committed = (watermark - back) as Seq;
    return encode({ kind: 'ack', terminal: TERMINAL, log, committed, echo: echo ?? 0, ...changed });
  }

  private ackFrame(): Uint8Array {
    const frame = seal(KEY, 'down', this.ack());
    this.oldAcks.push(frame);
    if (this.oldAcks.length > OLD_ACKS_MAX) this.oldAcks.shift();
    return frame;
  }

  /** Content that no honest host would send, under a seal that is right. */
  private sealedFrame(): Uint8Array {
    const { random } = this;
    const echo = this.victim.books.echo ?? 0;
    const wrong: Partial<Ack>[] = [
      { terminal: random.uint(0, U32_MAX) as TerminalId },
      { log: random.uint(1, U32_MAX) as LogId },
      { echo: (echo ^ (1 << random.below(32))) >>> 0 },
      { committed: U32_MAX as Seq },
    ];
    let content = random.below(2) === 0 ? this.ack(random.pick(wrong)) : this.contents.pick(random);
    if (random.below(2) === 0) content = this.mutator.damage(this.ack(), this.contents);
    const frame = seal(KEY, 'down', content.slice(0, 640));
    // A host that claims to have what it has not is believed: that is its power, and not tried here.
    const ack = this.holds(frame);
    return ack !== null && ack.committed > this.victim.books.watermark ? KEY : frame;
  }

  private otherTopic(): Uint8Array {
    const topic = Buffer.from(this.mutator.damage(Buffer.from(DOWN), this.packets)).toString('latin1');
    const frame = this.ackFrame();
    const type = this.random.pick([0x30, 0x31, 0x32, 0x34, 0x3f]);
    const name = Buffer.from(topic, 'latin1').subarray(0, 300);
    // The length of the topic lies now and then.
    const claimed = this.random.below(4) === 0 ? this.random.below(65_536) : name.length;
    return packet(type, Uint8Array.of(claimed >> 8, claimed & 255), name, frame);
  }

  // --- The line ---

  /** While connecting: mostly a broker, now and then the enemy. */
  private greet(): Uint8Array | null {
    if (this.random.below(6) > 0) return null;
    this.tally.add('while connecting');
    return this.random.below(2) === 0
      ? this.mutator.damage(this.random.pick([CONNACK, SUBACK]), this.packets)
      : this.mutator.noise(40);
  }

  private drop(): void {
    this.midway = 0;
    this.victim.line.drop();
    this.victim.books.disconnected();
    this.victim.tick();
  }

  private connect(): void {
    for (let tries = 0; !this.victim.online; tries++) {
      if (tries > 2000) throw new Error('the terminal does not come back');
      this.victim.tick(tries < 4 ? 1000 : SILENCE_MS);
      for (let i = 0; i < 4 && !this.victim.online; i++) this.victim.tick();
    }
  }

  private press(): 'thanked' | 'refused' {
    const answer = this.victim.press();
    this.tally.add(`presses ${answer}`);
    return answer;
  }

  /** An honest broker and host again: nothing is missing, nothing is twice, and a press arrives. */
  private returnToOrder(): void {
    const { victim } = this;
    const { books } = victim;
    victim.greeter = null;
    victim.line.readMax = Number.POSITIVE_INFINITY;
    if (this.random.below(3) === 0) {
      this.tally.add('power cuts');
      victim.powerCut();
    } else this.drop();
    this.press();
    this.settle();
    if (this.press() === 'refused') throw new Error('a press was refused with nothing left to send');
    this.settle();
    victim.check();
    if (books.ratings.join() !== victim.pressed.join()) {
      throw new Error(`${victim.pressed} pressed, ${books.ratings} arrived`);
    }
    victim.greeter = () => this.greet();
  }

  /** Acknowledges until nothing comes any more. */
  private settle(): void {
    const { victim } = this;
    const { books } = victim;
    this.connect();
    for (let quiet = 0; quiet < 20; quiet++) {
      if (books.echo === null) victim.tick(SILENCE_MS);
      else this.acknowledge();
      if (books.echo !== null) quiet = 0;
    }
  }

  private acknowledge(): void {
    const { books, line } = this.victim;
    const { watermark, log, echo } = books;
    const content = encode({
      kind: 'ack',
      terminal: TERMINAL,
      log,
      committed: watermark as Seq,
      echo: echo!,
    });
    books.acknowledged(watermark, true);
    line.send(publish(DOWN, seal(KEY, 'down', content)));
    this.victim.tick();
  }
}
