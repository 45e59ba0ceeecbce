/**
 * Builds everything, in the order it depends on itself: derived firmware sources, the firmware and its
 * probe, the compiled TypeScript, the page. Does nothing when no source has changed since the last
 * complete build. `--force` builds anyway, `--firmware` the firmware alone.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from './generate.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'build', 'stamp');
const SOURCES = ['firmware', 'host', 'protocol', 'scripts', 'test/hostile', 'test/sim'];
const SETTINGS = ['asconfig.json', 'package-lock.json', 'package.json', 'tsconfig.json'];
const OUTPUTS = ['build/hailong.wasm', 'build/probe.wasm', 'dist/host/main.js', 'dist/web/index.html'];

/** Hash of every source and setting: a build is as old as what it was made from, whatever the clocks say. */
function stamp() {
  const hash = createHash('sha256');
  for (const folder of SOURCES) {
    const names = readdirSync(join(root, folder), { recursive: true }).map(String).sort();
    for (const name of names) {
      if (/\.(ts|tsx|mjs|json|css|html|svg)$/.test(name) && !name.endsWith('.test.ts'))
        add(join(folder, name));
    }
  }
  for (const name of SETTINGS) add(name);
  return hash.digest('hex');

  function add(path) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  }
}

function run(step, program, ...args) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', program), ...args],
    { cwd: root, encoding: 'utf8' },
  );
  if (status === 0) return;
  process.stderr.write(
    `${stdout}${stderr}\nhailong: the build failed while making ${step}; the lines above say why.\n`,
  );
  process.exit(1);
}

/** The firmware module alone, and its probe. */
function buildFirmware() {
  generate();
  mkdirSync(join(root, 'build'), { recursive: true });
  const asc = 'assemblyscript/bin/asc.js';
  run('the firmware', asc, '--config', 'asconfig.json', '--target', 'release');
  run("the firmware's probe", asc, 'firmware/probe.ts', '--config', 'asconfig.json', '--target', 'probe');
}

export function build(force = false) {
  generate();
  const now = stamp();
  const made = OUTPUTS.every((path) => existsSync(join(root, path)));
  if (!force && made && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === now) return;
  console.log('hailong: building ...');
  buildFirmware();
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  rmSync(stampFile, { force: true });
  run('the host', 'typescript/bin/tsc', '-p', '.');
  run('the browser board', 'typescript/bin/tsc', '-p', 'firmware/boards/browser');
  run('the page (types)', 'typescript/bin/tsc', '--noEmit', '-p', 'host/web');
  run('the page', 'vite/bin/vite.js', 'build', '-c', 'host/web/vite.config.ts', '--logLevel', 'warn');
  writeFileSync(stampFile, now);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--firmware')) buildFirmware();
  else build(process.argv.includes('--force'));
}
