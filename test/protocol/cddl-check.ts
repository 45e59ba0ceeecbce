/**
 * Checks decoded CBOR values against a CDDL file (RFC 8610). The file is parsed by the `cddl` package,
 * which does not validate CBOR; no package that does exists in the registries this project uses, so the
 * interpretation of the syntax tree is ours. It knows the constructs that hailong.cddl uses and throws
 * on any other, so that nothing is taken as conforming because it was not understood.
 */
import { parse } from 'cddl';

/** The parser's nodes, as loosely as they are read here: every shape is checked before it is used. */
type Node = { readonly [key: string]: unknown };

export class Schema {
  private readonly rules = new Map<string, Node>();

  constructor(file: string) {
    for (const rule of parse(file) as unknown as Node[]) {
      const name = String(rule.Name);
      if (this.rules.has(name) || rule.IsChoiceAddition === true) unknown(rule);
      this.rules.set(name, rule);
    }
  }

  get names(): string[] {
    return [...this.rules.keys()];
  }

  /** Whether `value`, as a CBOR decoder returned it, conforms to the rule called `name`. */
  conforms(name: string, value: unknown): boolean {
    const rule = this.rules.get(name);
    if (rule === undefined) throw new Error(`no rule ${name}`);
    if (rule.Type === 'array') return this.array(rule, value);
    if (rule.Type === 'variable') return this.choice(rule.PropertyType, value);
    return unknown(rule);
  }

  private choice(types: unknown, value: unknown): boolean {
    const list = Array.isArray(types) ? types : [types];
    return list.some((type) => this.type(type as Node | string, value));
  }

  private type(type: Node | string, value: unknown): boolean {
    if (type === 'bstr') return value instanceof Uint8Array;
    if (typeof type === 'string' || type.Unwrapped === true) return unknown(type);
    switch (type.Type) {
      case 'literal':
        return typeof type.Value === 'number' && type.Operator === undefined
          ? value === type.Value
          : unknown(type);
      case 'range':
        return inRange(type.Value as Node, value);
      case 'bstr':
        return value instanceof Uint8Array && sized(type.Operator as Node, value.length);
      case 'array':
        return this.array(type, value);
      case 'group':
        if (typeof type.Value === 'string') return this.conforms(type.Value, value);
        return emptyMap(type, value);
      default:
        return unknown(type);
    }
  }

  /** One entry of the array definition after another; only the last may occur more than once. */
  private array(array: Node, value: unknown): boolean {
    const entries = array.Values as (Node | Node[])[];
    if (!Array.isArray(value)) return false;
    let at = 0;
    for (const [i, entry] of entries.entries()) {
      if (Array.isArray(entry) || entry.Operator !== undefined) return unknown(entry);
      const { n, m } = entry.Occurrence as { n: number; m: number };
      if ((n !== 1 || m !== 1) && i !== entries.length - 1) return unknown(entry);
      const present = n === 1 && m === 1 ? 1 : value.length - at;
      if (present < n || present > m || at + present > value.length) return false;
      for (const end = at + present; at < end; at++) {
        if (!this.choice(entry.Type, value[at])) return false;
      }
    }
    return at === value.length;
  }
}

function inRange(range: Node, value: unknown): boolean {
  if (range.Inclusive !== true) return unknown(range);
  const inside = (limit: Node): number =>
    limit.Type === 'literal' && typeof limit.Value === 'number' ? limit.Value : unknown(limit);
  const [min, max] = [inside(range.Min as Node), inside(range.Max as Node)];
  if (!Number.isInteger(min) || !Number.isInteger(max)) return unknown(range);
  // A float that happens to be whole is decoded to the same number: re-encoding tells them apart.
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function sized(operator: Node, length: number): boolean {
  if (operator.Type !== 'size') return unknown(operator);
  const size = operator.Value as Node;
  if (size.Type === 'range') return inRange(size.Value as Node, length);
  return size.Type === 'literal' && typeof size.Value === 'number' ? length === size.Value : unknown(size);
}

function emptyMap(group: Node, value: unknown): boolean {
  if (!Array.isArray(group.Properties) || group.Properties.length > 0) return unknown(group);
  return value instanceof Map && value.size === 0;
}

function unknown(node: unknown): never {
  throw new Error(`CDDL construct not known here: ${JSON.stringify(node)}`);
}
