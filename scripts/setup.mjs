/**
 * What the README's commands run first: the right Node, the packages of the lock file, the build; with
 * `--test` also the programs from Debian that the tests drive, with `--board` those that an emulated
 * board needs. Needs nothing but Node, and does only what is not done yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MIN = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));

function fail(sentence) {
  process.stderr.write(`hailong: ${sentence}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(
    `Node ${NODE_MIN.join('.')} or newer is needed, this is ${process.versions.node}. See https://nodejs.org`,
  );
}

/** npm keeps its own copy of the lock file inside node_modules: the same packages mean nothing to do. */
function installed() {
  const packages = (path) => {
    const lock = JSON.parse(readFileSync(path, 'utf8')).packages;
    delete lock[''];
    return Object.entries(lock);
  };
  const kept = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(kept) || !existsSync(join(root, 'node_modules/better-sqlite3/build/Release'))) return false;
  const have = new Map(packages(kept).map(([name, entry]) => [name, entry.version]));
  return packages(join(root, 'package-lock.json')).every(
    ([name, entry]) => entry.optional === true || have.get(name) === entry.version,
  );
}

function install() {
  if (installed()) return;
  console.log('hailong: installing packages (a few minutes the first time) ...');
  const npm = process.env.npm_execpath;
  const [program, args] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const { status, error, stdout, stderr } = spawnSync(program, [...args, 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    shell: false,
  });
  if (error !== undefined) fail('npm could not be started; it comes with Node and must be on the PATH.');
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}\n`);
  fail(
    'the packages could not be installed; the lines above say why. A registry must be reachable, and where ' +
      'no ready-made better-sqlite3 fits this machine, python3, make and g++ are needed to build it.',
  );
}

checkNode();
install();
const { build } = await import('./build.mjs');
build();
const { BOARD_PROGRAMS, ensurePrograms, PROGRAMS } = await import('./programs.mjs');
if (process.argv.includes('--test')) ensurePrograms(PROGRAMS);
if (process.argv.includes('--board')) ensurePrograms(BOARD_PROGRAMS);
