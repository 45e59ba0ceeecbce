/** What a world went through, for the record: a run that met no fault has shown nothing. */

const NONE = {
  presses: 0,
  thanked: 0,
  inDoubt: 0,
  boots: 0,
  powerCuts: 0,
  cutsInsideWrites: 0,
  lineFaults: 0,
  brokerRestarts: 0,
  partitions: 0,
  hostCrashes: 0,
  hostCrashesInside: 0,
  messages: 0,
  lost: 0,
  repeated: 0,
  late: 0,
  twisted: 0,
  decays: 0,
  refusalWindows: 0,
  replacements: 0,
  ratings: 0,
  overflows: 0,
  duplicates: 0,
  gapOutcomes: 0,
  declaredMissing: 0,
  events: 0,
  ticks: 0,
};

export type Counts = { [name in keyof typeof NONE]: number };

export const noCounts = (): Counts => ({ ...NONE });

export function addCounts(to: Counts, more: Counts): void {
  for (const name of Object.keys(to) as (keyof Counts)[]) to[name] += more[name];
}
