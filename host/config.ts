/**
 * Settings that change what figures mean: the zone whose days they are of and which levels count as
 * satisfied. No rule says where the middle level belongs, so it is configuration, and every report
 * prints it.
 */
import { readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { InputError } from './errors.js';
import { Zone } from './zone.js';

/** By scale: the levels that count as satisfied. */
export type SatisfiedLevels = Readonly<Record<number, readonly number[]>>;

export type Config = { readonly zone: Zone; readonly satisfied: SatisfiedLevels };

export const DEFAULT_ZONE = 'Asia/Ho_Chi_Minh';
export const DEFAULT_SATISFIED: SatisfiedLevels = { 2: [2], 3: [2, 3], 4: [3, 4], 5: [4, 5] };

const levels = (scale: number) =>
  Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: scale }), { minItems: 1, uniqueItems: true }));

const ConfigFile = Type.Object(
  {
    zone: Type.Optional(Type.String()),
    satisfied: Type.Optional(
      Type.Object(
        { 2: levels(2), 3: levels(3), 4: levels(4), 5: levels(5) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

export function defaultConfig(): Config {
  return { zone: new Zone(DEFAULT_ZONE), satisfied: DEFAULT_SATISFIED };
}

export function readConfig(file: string | undefined): Config {
  if (file === undefined) return defaultConfig();
  const content = readJson(file);
  if (!Value.Check(ConfigFile, content)) {
    const first = Value.Errors(ConfigFile, content).First();
    const where = first?.path === '' ? '.' : (first?.path ?? '.');
    throw new InputError('config_shape', { file, where, reason: first?.message ?? '' });
  }
  const satisfied: Record<number, readonly number[]> = { ...DEFAULT_SATISFIED };
  for (const [scale, set] of Object.entries(content.satisfied ?? {})) satisfied[Number(scale)] = set;
  return { zone: new Zone(content.zone ?? DEFAULT_ZONE), satisfied };
}

/** Parses a JSON file a person wrote. */
export function readJson(file: string): unknown {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError('file_unreadable', { file }, { cause: error });
  }
  try {
    return JSON.parse(content);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new InputError('file_not_json', { file, reason }, { cause: error });
  }
}
