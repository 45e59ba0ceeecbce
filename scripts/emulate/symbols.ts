/** Where things lie in an image, from its symbol table: for measurements and for tests that look inside. */
import { readFileSync } from 'node:fs';

const SYMTAB = 2;
const SYMBOL_BYTES = 16;

/** Address by name. Functions' addresses lose the bit that says Thumb. */
export function symbolsOf(elf: string): Map<string, number> {
  const bytes = readFileSync(elf);
  const headers = bytes.readUInt32LE(32);
  const headerBytes = bytes.readUInt16LE(46);
  const field = (section: number, offset: number) =>
    bytes.readUInt32LE(headers + section * headerBytes + offset);
  const sections = Array.from({ length: bytes.readUInt16LE(48) }, (_, i) => i);
  const table = sections.find((section) => field(section, 4) === SYMTAB);
  if (table === undefined) throw new Error(`${elf} has no symbols`);
  const strings = field(field(table, 24), 16);
  const symbols = new Map<string, number>();
  for (let at = field(table, 16), end = at + field(table, 20); at < end; at += SYMBOL_BYTES) {
    const name = strings + bytes.readUInt32LE(at);
    const isFunction = (bytes[at + 12]! & 15) === 2;
    const value = bytes.readUInt32LE(at + 4);
    symbols.set(bytes.toString('latin1', name, bytes.indexOf(0, name)), isFunction ? value & ~1 : value);
  }
  return symbols;
}
