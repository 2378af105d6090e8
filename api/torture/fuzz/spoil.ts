import fc, { type Arbitrary } from 'fast-check'
import { alien, contentTypes, cookies, headers, memberNames, methods, origins, pathEnds, pathParts } from './junk.ts'
import { Members, type Node } from './values.ts'

/** One thing that is wrong with a request. A request has a few of them, or none. */
export type Spoil =
  | { at: 'body'; nth: number; how: BodyEdit }
  | { at: 'text'; how: TextEdit; nth: number }
  | { at: 'type'; value: string | null }
  | { at: 'query'; nth: number; how: 'drop' | 'twice' | 'list' | 'extra' | 'wrong'; value: Node }
  | { at: 'path'; nth: number; value: string }
  | { at: 'end'; value: string }
  | { at: 'header'; name: string; value: string }
  | { at: 'method'; value: string }
  | { at: 'origin'; value: string | null }
  | { at: 'cookie'; value: string }
  | { at: 'wire'; value: 'chunked' | 'short' | 'long' | 'split' | 'none' }

type BodyEdit =
  | { kind: 'replace'; value: Node }
  | { kind: 'drop' }
  | { kind: 'extra'; name: string; value: Node }
  | { kind: 'twice'; value: Node }
type TextEdit = 'truncate' | 'after' | 'before' | 'byte' | 'twice' | 'comment' | 'empty' | 'utf16' | 'gzip' | 'not-gzip' | 'big'

const bodyEdit: Arbitrary<BodyEdit> = fc.oneof(
  { weight: 6, arbitrary: alien.map((value): BodyEdit => ({ kind: 'replace', value })) },
  { weight: 2, arbitrary: fc.constant<BodyEdit>({ kind: 'drop' }) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...memberNames), alien).map(([name, value]): BodyEdit => ({ kind: 'extra', name, value })),
  },
  { weight: 2, arbitrary: alien.map((value): BodyEdit => ({ kind: 'twice', value })) },
)

const nth = fc.nat(60)
const spoil: Arbitrary<Spoil> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ at: fc.constant('body' as const), nth, how: bodyEdit }) },
  {
    weight: 3,
    arbitrary: fc.record({
      at: fc.constant('text' as const),
      nth: fc.nat(5_000),
      how: fc.constantFrom<TextEdit[]>(
        'truncate',
        'after',
        'before',
        'byte',
        'twice',
        'comment',
        'empty',
        'utf16',
        'gzip',
        'not-gzip',
        'big',
      ),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom(...contentTypes).map((value): Spoil => ({ at: 'type', value })) },
  {
    weight: 6,
    arbitrary: fc.record({
      at: fc.constant('query' as const),
      nth,
      how: fc.constantFrom('drop' as const, 'twice' as const, 'list' as const, 'extra' as const, 'wrong' as const, 'wrong' as const),
      value: alien,
    }),
  },
  { weight: 3, arbitrary: fc.record({ at: fc.constant('path' as const), nth, value: fc.constantFrom(...pathParts) }) },
  { weight: 1, arbitrary: fc.constantFrom(...pathEnds).map((value): Spoil => ({ at: 'end', value })) },
  { weight: 3, arbitrary: fc.constantFrom(...headers).map(([name, value]): Spoil => ({ at: 'header', name, value })) },
  { weight: 2, arbitrary: fc.constantFrom(...methods).map((value): Spoil => ({ at: 'method', value })) },
  { weight: 2, arbitrary: fc.constantFrom(...origins).map((value): Spoil => ({ at: 'origin', value })) },
  { weight: 1, arbitrary: fc.constantFrom(...cookies).map((value): Spoil => ({ at: 'cookie', value })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('chunked' as const, 'short' as const, 'long' as const, 'split' as const, 'none' as const)
      .map((value): Spoil => ({ at: 'wire', value })),
  },
)

/** More than half of the requests have nothing wrong with them. */
export const spoils: Arbitrary<Spoil[]> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Spoil[]>([]) },
  { weight: 8, arbitrary: fc.tuple(spoil) },
  { weight: 2, arbitrary: fc.array(spoil, { minLength: 2, maxLength: 4 }) },
)

/** Applies an edit to one place of the body, chosen by number. */
export function spoilBody(body: Node, place: number, how: BodyEdit): Node {
  const count = countPlaces(body)
  return editPlace(body, { left: count === 0 ? 0 : place % count }, how)
}

function countPlaces(node: Node): number {
  if (node instanceof Members) return 1 + node.entries.reduce((sum, [, value]) => sum + countPlaces(value), 0)
  if (Array.isArray(node)) return 1 + node.slice(0, 5).reduce<number>((sum, value) => sum + countPlaces(value), 0)
  return 1
}

/** Walks to the place, counting down; `drop` of the whole body leaves null. */
function editPlace(node: Node, at: { left: number }, how: BodyEdit): Node {
  if (at.left === 0) {
    at.left = -1
    return editHere(node, how)
  }
  at.left -= 1
  if (node instanceof Members) {
    const entries: [string, Node][] = []
    for (const [name, value] of node.entries) {
      const isHere = at.left === 0
      if (isHere && how.kind === 'drop') at.left = -1
      else entries.push([name, at.left < 0 ? value : editPlace(value, at, how)])
      if (isHere && how.kind === 'twice') entries.push([name, how.value])
    }
    return new Members(entries)
  }
  if (Array.isArray(node)) return node.map((value, index) => (at.left < 0 || index >= 5 ? value : editPlace(value, at, how)))
  return node
}

function editHere(node: Node, how: BodyEdit): Node {
  switch (how.kind) {
    case 'replace':
      return how.value
    case 'drop':
      return null
    case 'extra':
      return node instanceof Members ? new Members([...node.entries, [how.name, how.value]]) : new Members([[how.name, how.value]])
    case 'twice':
      return Array.isArray(node) ? [...node, ...node.slice(0, 1)] : node
    default:
      return node
  }
}
