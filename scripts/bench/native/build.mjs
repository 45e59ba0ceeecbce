/**
 * The yardstick of the bench table: loop.c with the board's own peripheral files, by the same compiler
 * with the same options as the image it is compared with. Prints where it is.
 */
import { mkdirSync } from 'node:fs';
import { BOARDS, COMPILE, LINK, ownFiles, run } from '../../build-board.mjs';

const NAME = 'lm3s6965evb';
/** What knows of WebAssembly; loop.c stands in for it. */
const LEFT_OUT = ['firmware.c'];

const { tools, cpu } = BOARDS[NAME];
const source = `firmware/boards/${NAME}`;
const out = `build/${NAME}/native`;
mkdirSync(new URL(`../../../${out}`, import.meta.url), { recursive: true });
const files = ownFiles(source).filter((file) => !LEFT_OUT.includes(file));
run(`${tools}gcc`, [
  ...[...cpu, ...COMPILE, ...LINK, `-I${source}`, '-T', `${source}/image.ld`],
  ...[...files.map((file) => `${source}/${file}`), 'scripts/bench/native/loop.c', '-o', `${out}/loop.elf`],
]);
console.log(`${out}/loop.elf`);
