/**
 * Follows the fixed headers of an MQTT byte stream and says when a packet is longer than any terminal
 * ever sends, before a byte of it is buffered: otherwise a stranger could announce 256 MB and have the
 * broker collect it.
 *
 *   | type, flags | remaining length, 1 to 4 bytes of 7 bits, least first | ... |
 */
export class PacketLimit {
  private skip = 0;
  private length = 0;
  private shift = -7; // -7 before the type byte, then the bits of length already read

  constructor(private readonly bytesMax: number) {}

  /** Whether the stream is still within the limit after `chunk`. */
  accept(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.skip > 0) {
        const step = Math.min(this.skip, chunk.length - at);
        this.skip -= step;
        at += step;
        continue;
      }
      const byte = chunk[at++]!;
      if (this.shift < 0) {
        this.shift = 0;
        this.length = 0;
        continue;
      }
      this.length += (byte & 0x7f) * 2 ** this.shift;
      this.shift += 7;
      if (this.length > this.bytesMax || this.shift > 28) return false;
      if ((byte & 0x80) === 0) {
        this.skip = this.length;
        this.shift = -7;
      }
    }
    return true;
  }
}
