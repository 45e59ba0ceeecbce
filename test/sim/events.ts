/**
 * The virtual clock and what is to happen on it: a binary heap by time, then by order of entry, so
 * that one seed gives one course of events. Knows nothing of what happens.
 */

type Entry = { readonly at: number; readonly order: number; readonly what: () => void | Promise<void> };

export class Events {
  /** Virtual milliseconds since the world began. */
  now = 0;
  private readonly heap: Entry[] = [];
  private order = 0;

  after(ms: number, what: Entry['what']): void {
    this.at(this.now + ms, what);
  }

  at(at: number, what: Entry['what']): void {
    this.push({ at: Math.max(at, this.now), order: this.order++, what });
  }

  /** Lets everything happen that is due up to `until`, and sets the clock there. */
  async runUntil(until: number): Promise<void> {
    while (this.heap.length > 0 && this.heap[0]!.at <= until) {
      const { at, what } = this.pop();
      this.now = at;
      const done = what();
      if (done !== undefined) await done;
    }
    this.now = until;
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  private pop(): Entry {
    const { heap } = this;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
