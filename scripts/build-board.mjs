/**
 * `npm run build:board -- lm3s6965evb`: the image for a microcontroller, from the same firmware module as
 * every other board. WebAssembly becomes C (wasm2c), is compiled together with the board's own files, and
 * lands as .elf and .bin in build/<board>/, with a table of sizes. Two builds of one commit are
 * byte-identical: nothing in the image knows where, when or by whom it was built.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateFont } from './board/font.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
/** Its output's names change between versions; Debian 12 and 13 have this line. */
const WASM2C_VERSION = '1.0.32';

export const BOARDS = {
  lm3s6965evb: {
    tools: 'arm-none-eabi-',
    cpu: ['-mcpu=cortex-m3', '-mthumb'],
    flashBytes: 256 * 1024,
    ramBytes: 64 * 1024,
  },
};

export const COMPILE = [
  ...['-std=gnu11', '-O2', '-g', '-ffunction-sections', '-fdata-sections', '-fno-common'],
  ...['-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror'],
  ...['-DNDEBUG', '-DWASM_RT_USE_STACK_DEPTH_COUNT=0'],
];
/** wasm2c's output is not ours to keep free of unused functions. */
const GENERATED = ['-Wno-unused'];
/** Parts of firmware.c, not units of their own. */
const INCLUDED = ['imports.c', 'runtime.c'];
export const LINK = ['--specs=nano.specs', '-nostartfiles', '-Wl,--gc-sections', '-Wl,--fatal-warnings'];

function fail(sentence) {
  process.stderr.write(`hailong: ${sentence}\n`);
  process.exit(1);
}

export function run(program, args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (error !== undefined) fail(`${program} is not installed; on Debian: apt install wabt gcc-arm-none-eabi`);
  if (status !== 0) fail(`${program} failed:\n${(stdout + stderr).split('\n').slice(0, 40).join('\n')}`);
  return stdout;
}

/** Bytes of memory that a module's static data needs: asked of the compiler, not guessed from traces. */
function memoryBytes(name, config, out) {
  const asking = join(out, 'heap-base.ts');
  writeFileSync(asking, 'export function heapBase(): usize {\n  return __heap_base;\n}\n');
  const wasm = join(out, `${name}-heap-base.wasm`);
  run(process.execPath, [asc, ...config, relative(root, asking), '-o', relative(root, wasm)]);
  const module = new WebAssembly.Module(readFileSync(wasm));
  const imports = {};
  for (const { module: from, name: what } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [what]: () => 0 };
  }
  return (new WebAssembly.Instance(module, imports).exports.heapBase() + 7) & ~7;
}

/** Where wasm2c's header lies, next to wherever the program was installed. */
function runtimeHeader() {
  const found = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'].find((folder) =>
    existsSync(join(folder, 'wasm-rt.h')),
  );
  if (found === undefined) fail('wasm-rt.h is not installed; on Debian: apt install wabt');
  return join(found, 'wasm-rt.h');
}

/** Both modules as C, and the header they need, copied: the folder it lies in has the host's own too. */
function translate(out) {
  if (run('wasm2c', ['--version']).trim() !== WASM2C_VERSION) fail(`wasm2c ${WASM2C_VERSION} is needed`);
  const lcd = join(out, 'lcd.wasm');
  const lcdConfig = ['--config', 'firmware/lcd/asconfig.json'];
  const config = ['--config', 'asconfig.json', '--target', 'release'];
  run(process.execPath, [asc, ...lcdConfig, '-o', relative(root, lcd)]);
  for (const [name, wasm] of [
    ['hailong', join(root, 'build/hailong.wasm')],
    ['lcd', lcd],
  ]) {
    run('wasm2c', [
      '--no-debug-names',
      '-n',
      name,
      relative(root, wasm),
      '-o',
      relative(root, join(out, `${name}.c`)),
    ]);
  }
  writeFileSync(join(out, 'wasm-rt.h'), readFileSync(runtimeHeader()));
  return [
    `-DHAILONG_MEMORY_BYTES=${memoryBytes('hailong', [...config, '--textFile', relative(root, join(out, 'heap-base.wat'))], out)}`,
    `-DLCD_MEMORY_BYTES=${memoryBytes('lcd', lcdConfig, out)}`,
  ];
}

/** Hash of all that an image is made from: one that is up to date is not built again. */
function stampOf(source) {
  const hash = createHash('sha256');
  const folders = [source, 'firmware/lcd', 'scripts/board'];
  const inside = folders.flatMap((folder) =>
    readdirSync(join(root, folder)).map((file) => `${folder}/${file}`),
  );
  const made = [
    'build/hailong.wasm',
    'protocol/catalogue/terminal.json',
    'package-lock.json',
    'asconfig.json',
  ];
  for (const file of [...inside, ...made, 'scripts/build-board.mjs'].sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Builds the image, if it is not up to date; returns paths and sizes. Needs build/hailong.wasm. */
export function buildBoard(name) {
  const board = BOARDS[name];
  if (board === undefined) fail(`no board "${name}"; there is ${Object.keys(BOARDS).join(', ')}`);
  if (!existsSync(join(root, 'build/hailong.wasm')))
    fail('the firmware is not built: run `npm run build` first');
  const source = `firmware/boards/${name}`;
  const out = join(root, 'build', name);
  const at = (file) => relative(root, join(out, file));
  mkdirSync(out, { recursive: true });
  const stamp = stampOf(source);
  const stampFile = join(out, 'stamp');
  const objects = objectsOf(source).map(at);
  const elf = at('hailong.elf');
  const bin = at('hailong.bin');
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    rmSync(stampFile, { force: true });
    compile(board, source, out, at);
    run(`${board.tools}gcc`, [
      ...[...board.cpu, ...LINK, `-Wl,-Map=${at('hailong.map')}`, '-T', `${source}/image.ld`],
      ...[...objects, '-o', elf],
    ]);
    run(`${board.tools}objcopy`, ['-O', 'binary', elf, bin]);
    writeFileSync(stampFile, stamp);
  }
  return { elf: join(root, elf), bin: join(root, bin), ...sizes(board, objects, elf) };
}

export const ownFiles = (source) =>
  readdirSync(join(root, source))
    .filter((file) => file.endsWith('.c') && !INCLUDED.includes(file))
    .sort();

const objectsOf = (source) => ['lcd.c', ...ownFiles(source)].map((file) => file.replace(/\.c$/, '.o'));

function compile(board, source, out, at) {
  generateFont();
  const defines = translate(out);
  const prefix = `-ffile-prefix-map=${resolve(root)}=.`;
  const common = [...board.cpu, ...COMPILE, ...defines, prefix, `-I${at('.')}`, `-I${source}`, '-c'];
  const gcc = (from, to, more) => run(`${board.tools}gcc`, [...common, ...more, from, '-o', at(to)]);
  gcc(at('lcd.c'), 'lcd.o', GENERATED);
  for (const file of ownFiles(source)) gcc(`${source}/${file}`, file.replace(/\.c$/, '.o'), []);
}

/** Flash and static RAM, whole and by object file. */
function sizes(board, objects, elf) {
  const rows = run(`${board.tools}size`, objects)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .map(([text, data, bss, , , file]) => ({
      file: file.split('/').at(-1),
      flash: +text + +data,
      ram: +data + +bss,
    }));
  const [text, data, bss] = run(`${board.tools}size`, [elf])
    .trim()
    .split('\n')[1]
    .trim()
    .split(/\s+/)
    .map(Number);
  return { rows, flashBytes: text + data, ramBytes: data + bss, board };
}

function printTable({ rows, flashBytes, ramBytes, board }) {
  const line = (what, flash, ram) =>
    console.log(`  ${what.padEnd(16)} ${String(flash).padStart(8)} ${String(ram).padStart(8)}`);
  line('bytes of', 'flash', 'RAM');
  for (const { file, flash, ram } of rows) line(file, flash, ram);
  line('image', flashBytes, ramBytes);
  line('of the chip', board.flashBytes, board.ramBytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = buildBoard(process.argv[2] ?? 'lm3s6965evb');
  console.log(relative(root, built.elf));
  printTable(built);
}
