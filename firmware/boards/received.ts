/** Bytes that have come in and wait to be taken, in the order they came. */
export class Received {
  private chunks: Uint8Array[] = [];
  private total = 0;

  get bytes(): number {
    return this.total;
  }

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.total += chunk.length;
  }

  /** Moves what fits; returns how much that was. */
  take(into: Uint8Array): number {
    let taken = 0;
    while (taken < into.length && this.chunks.length > 0) {
      const head = this.chunks[0]!;
      const part = head.subarray(0, into.length - taken);
      into.set(part, taken);
      taken += part.length;
      if (part.length === head.length) this.chunks.shift();
      else this.chunks[0] = head.subarray(part.length);
    }
    this.total -= taken;
    return taken;
  }

  clear(): void {
    this.chunks = [];
    this.total = 0;
  }
}
