/**
 * The programs that tests drive and npm does not bring, from Debian where this may be done: as root
 * or with a sudo that does not ask. A suite whose program is missing skips by name; with CI=true that
 * is a failure here and now.
 */
import { spawnSync } from 'node:child_process';

/** Program on the PATH, and the Debian packages that bring it and what it needs. */
export const PROGRAMS = [
  ['chromium', 'chromium'],
  ['mosquitto', 'mosquitto'],
  ['wasm2c', 'wabt'],
  ['arm-none-eabi-gcc', 'gcc-arm-none-eabi', 'libnewlib-arm-none-eabi'],
  ['qemu-system-arm', 'qemu-system-arm'],
];

export const BOARD_PROGRAMS = PROGRAMS.filter(([program]) => /^(wasm2c|arm-|qemu-)/.test(program));

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** @param {string} program */
export function hasProgram(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: { ...process.env, PATH } }).status === 0;
}

function apt(...args) {
  const root = process.getuid?.() === 0;
  const [program, ...before] = root ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, [...before, ...args], { env, encoding: 'utf8' });
}

/** @param {typeof PROGRAMS} programs */
export function ensurePrograms(programs) {
  const missing = programs.filter(([program]) => !hasProgram(program)).flatMap(([, ...packages]) => packages);
  if (missing.length === 0) return;
  console.log(`hailong: installing ${missing.join(', ')} from Debian ...`);
  apt('update');
  const { status, stderr } = apt('install', '-y', '--no-install-recommends', ...missing);
  if (status === 0) return;
  const sentence = `hailong: could not install ${missing.join(', ')}; what needs them is left out.\n`;
  process.stderr.write(`${stderr ?? ''}${sentence}`);
  if (process.env.CI === 'true') process.exit(1);
}
