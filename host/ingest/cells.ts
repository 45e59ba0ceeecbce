/**
 * Tally cells of one group, and where a terminal stood. A cell holds every count of one hour, counter,
 * terminal and clock quality, so each tally row is written once a group, however many ratings it took.
 */
import type { TerminalId } from '../../protocol/messages.js';
import { hourOf, type UnixHour, type UnixMs } from '../instant.js';
import { type Books, type Placement, SLOT_STRIDE, SLOTS, type TallyCell } from './books.js';
import type { Quality } from './clock.js';

/** Copying a short array is far cheaper than making a typed one, and most cells hold one batch. */
const NONE: readonly number[] = new Array<number>(SLOTS).fill(0);

export class Cells {
  readonly all = new Map<string, TallyCell>();
  private readonly places = new Map<TerminalId, readonly Placement[]>();
  /** The cell of the event before: events of a batch nearly always share one. */
  private last: TallyCell | null = null;

  constructor(private readonly books: Books) {}

  add(terminal: TerminalId, at: UnixMs, quality: Quality, scale: number, level: number, count: number): void {
    const hour = hourOf(at);
    const counter = this.counterAt(terminal, at);
    let cell = this.last;
    if (
      cell === null ||
      cell.hour !== hour ||
      cell.counter !== counter ||
      cell.quality !== quality ||
      cell.terminal !== terminal
    ) {
      cell = this.cellOf(hour, counter, terminal, quality);
      this.last = cell;
    }
    cell.counts[scale * SLOT_STRIDE + level]! += count;
  }

  /** '' when the terminal stood nowhere. */
  counterAt(terminal: TerminalId, at: UnixMs): string {
    let placements = this.places.get(terminal);
    if (placements === undefined) {
      placements = this.books.placements(terminal);
      this.places.set(terminal, placements);
    }
    for (const placement of placements) {
      if (at >= placement.from && (placement.to === null || at < placement.to)) return placement.counter;
    }
    return '';
  }

  private cellOf(hour: UnixHour, counter: string, terminal: TerminalId, quality: Quality): TallyCell {
    const key = `${hour} ${terminal} ${quality} ${counter}`;
    const known = this.all.get(key);
    if (known !== undefined) return known;
    const cell = { hour, counter, terminal, quality, counts: NONE.slice() };
    this.all.set(key, cell);
    return cell;
  }
}
