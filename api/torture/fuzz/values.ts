import fc, { type Arbitrary } from 'fast-check'

/** The parts of JSON Schema that the documented schemas use. */
export interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  minProperties?: number
}

/** Whose row an id names: of the client the request is about, of the caller's firm, of the other firm, nobody's. `seen`: a value some answer had. `fact`: what the client has in the
 * field of this name. */
export type Whose = 'focus' | 'own' | 'other' | 'nobody' | 'seen' | 'fact'

/** Stands for a value that is chosen when the request is sent, so that a generated request replays against other rows. */
export class Ref {
  readonly name: string
  readonly whose: Whose
  readonly nth: number
  /** What it stands for while no answer had such a value. */
  readonly otherwise: string | number
  constructor(name: string, whose: Whose, nth: number, otherwise: string | number = 'Harbor') {
    this.name = name
    this.whose = whose
    this.nth = nth
    this.otherwise = otherwise
  }
  [fc.toStringMethod](): string {
    return `${this.whose}:${this.name}#${this.nth}`
  }
}

/** JSON text written as it stands, for what no value of JavaScript is. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  [fc.toStringMethod](): string {
    return this.text.length > 80 ? `${this.text.slice(0, 80)}…(${this.text.length})` : this.text
  }
}

/** Members of an object in this order, names repeated and `__proto__` included. */
export class Members {
  readonly entries: [string, Node][]
  constructor(entries: [string, Node][]) {
    this.entries = entries
  }
  [fc.toStringMethod](): string {
    return `{${this.entries.map(([name, value]) => `${JSON.stringify(name)}:${fc.stringify(value)}`).join(',')}}`
  }
}

/** A JSON value with the three above among its leaves. */
export type Node = null | boolean | number | string | Ref | Raw | Members | Node[]

const texts = [
  'Fuel',
  'Saltgrass Outfitters',
  'FUELWAY 4410',
  'Ångström & Söhne',
  '株式会社さくら',
  '🙂 café 👩‍👩‍👧',
  "O'Brien; --",
  "'; drop table clients; --",
  "' or '1'='1",
  '<img src=x onerror=fuzz()>',
  '"><script>fuzz()</script>',
  '=1+1',
  '{{client_name}} [link] [code]',
  '${7*7}',
  '%s %n %00',
  '../../etc/passwd',
  'null',
  '0',
  ' padded ',
  'İstanbul ſtraße ﬃ',
  'שלום',
  '\\',
  '%',
  '_',
  'a%_\\%',
]

/** What only a known value gets past a check by code, by the name of the field. */
const samples: Record<string, string[]> = {
  timeZone: ['America/Chicago', 'Etc/UTC', 'Europe/Berlin', 'Pacific/Kiritimati'],
  phone: ['(503) 555-0187', '+1 503 555 0142', '503-555-0199', '+44 20 7946 0958'],
  password: ['copper lantern over the bay', 'seventeen green umbrellas'],
  query: ['Platypus', '011000015', 'bank'],
}

/** Fields in which next to nothing is taken but what was given out before. */
const onlyKnown = new Set(['token', 'nonce', 'code', 'cursor', 'state', 'file', 'username', 'institutionId', 'task'])

const id = (name: string): Arbitrary<Node> =>
  fc
    .tuple(
      fc.oneof(
        { weight: 70, arbitrary: fc.constant<Whose>('focus') },
        { weight: 12, arbitrary: fc.constant<Whose>('own') },
        { weight: 10, arbitrary: fc.constant<Whose>('other') },
        { weight: 8, arbitrary: fc.constant<Whose>('nobody') },
      ),
      fc.nat(400),
    )
    .map(([whose, nth]) => new Ref(name, whose, nth))

const seen = (name: string, otherwise?: number): Arbitrary<Node> => fc.nat(60).map((nth) => new Ref(name, 'seen', nth, otherwise))

const codePoints = (text: string): number => [...text].length

const email = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,12}$/), fc.constantFrom('saltgrass.example', 'münchen.example', 'mail.larkspur.example'))
  .map(([name, host]) => `${name}@${host}`)
const day = fc.date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })

function text(schema: Schema, name: string): Arbitrary<Node> {
  if (schema.format === 'uuid') return id(name)
  if (schema.format === 'date') return day.map((date) => date.toISOString().slice(0, 10))
  if (schema.format === 'date-time') return day.map((date) => date.toISOString())
  if (schema.format === 'email') return fc.oneof({ weight: 4, arbitrary: email }, { weight: 1, arbitrary: seen(name) })
  // An id of another form than ours: of a job
  if (name.endsWith('Id') && schema.pattern !== undefined)
    return fc.oneof({ weight: 6, arbitrary: seen('plainId') }, { weight: 1, arbitrary: patterned(schema) })
  if (onlyKnown.has(name)) return fc.oneof({ weight: 6, arbitrary: seen(name) }, { weight: 1, arbitrary: patterned(schema) })
  const sampled = samples[name]
  const fact = fc.constant<Node>(new Ref(name, 'fact', 0))
  const other = fc.oneof({ weight: 3, arbitrary: patterned(schema) }, { weight: 1, arbitrary: seen(name) }, { weight: 1, arbitrary: fact })
  return sampled === undefined ? other : fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...sampled) }, { weight: 1, arbitrary: other })
}

/** Made once for each pattern and length, of which a few stand in hundreds of fields. */
const made = new Map<string, Arbitrary<Node>>()

function patterned({ minLength = 0, maxLength = 60, pattern }: Schema): Arbitrary<Node> {
  const key = JSON.stringify([minLength, maxLength, pattern])
  const known = made.get(key) ?? textOf(minLength, maxLength, pattern)
  made.set(key, known)
  return known
}

function textOf(minLength: number, maxLength: number, pattern: string | undefined): Arbitrary<Node> {
  const fits = pattern === undefined ? () => true : (value: string) => new RegExp(pattern, 'u').test(value)
  // fast-check writes strings to a pattern, but to none that looks ahead; those only forbid some characters
  if (pattern !== undefined && !pattern.includes('(?') && !pattern.startsWith('^[^'))
    return fc.stringMatching(new RegExp(pattern)).map((value) => value.slice(0, maxLength))
  const longest = Math.min(maxLength, 60)
  return fc
    .oneof(
      fc.constantFrom(...texts),
      fc.string({ unit: 'grapheme', minLength, maxLength: longest }),
      fc.string({ unit: 'grapheme-ascii', minLength, maxLength: longest }),
      fc.constant('ab '.repeat(400).slice(0, maxLength)),
    )
    .map((value) => [...value].slice(0, maxLength).join(''))
    .map((value) => (fits(value) && codePoints(value) >= minLength ? value : 'Harbor'.padEnd(minLength, 'x').slice(0, maxLength)))
}

function integer({ minimum = -(2 ** 31), maximum = 2 ** 31 }: Schema, name: string): Arbitrary<Node> {
  const least = Math.max(minimum, 0)
  const small = fc.integer({ min: Math.min(least, maximum), max: Math.min(maximum, least + 5_000) })
  const any = fc.maxSafeInteger().map((value) => Math.min(Math.max(value, minimum), maximum))
  return fc.oneof(
    { weight: 3, arbitrary: small },
    { weight: 2, arbitrary: seen(name, Math.max(minimum, 1)) },
    { weight: 1, arbitrary: any },
  )
}

function list(schema: Schema, name: string): Arbitrary<Node> {
  const { minItems = 0, maxItems = 500, items = {} } = schema
  const one = valid(items, name)
  const few = { minLength: minItems, maxLength: Math.min(maxItems, minItems + 4) }
  const many = { minLength: minItems, maxLength: Math.min(maxItems, 500), size: 'max' } as const
  if (schema.uniqueItems !== true)
    return fc.oneof({ weight: 9, arbitrary: fc.array(one, few) }, { weight: 1, arbitrary: fc.array(one, { ...few, maxLength: maxItems }) })
  const unique = { selector: (value: Node) => fc.stringify(value) }
  return fc.oneof(
    { weight: 19, arbitrary: fc.uniqueArray(one, { ...few, ...unique }) },
    { weight: 1, arbitrary: fc.uniqueArray(one, { ...many, ...unique }) },
  )
}

function object(schema: Schema): Arbitrary<Node> {
  const { properties = {}, required = [], minProperties = 0 } = schema
  const entries = Object.entries(properties).map(([name, member]): Arbitrary<[string, Node] | null> => {
    const value = valid(member, name).map((made): [string, Node] => [name, made])
    return required.includes(name) ? value : fc.option(value, { freq: 2 })
  })
  return fc
    .tuple(...entries)
    .map((members) => members.filter((member) => member !== null))
    .filter((members) => members.length >= minProperties)
    .map((members) => new Members(members))
}

/** Values the schema takes. `name` is the field they stand in: ids and known values are chosen by it. */
export function valid(schema: Schema, name: string): Arbitrary<Node> {
  if (schema.const !== undefined) return fc.constant(literal(schema.const))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map(literal))
  const union = schema.anyOf ?? schema.oneOf
  if (union !== undefined) return fc.oneof(...union.map((each) => ({ weight: each.type === 'null' ? 1 : 4, arbitrary: valid(each, name) })))
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'string':
      return text(schema, name)
    case 'integer':
    case 'number':
      return integer(schema, name)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return list(schema, name)
    case 'object':
      return object(schema)
    default:
      return fc.constantFrom<Node[]>('x', 1, null)
  }
}

function literal(value: unknown): Node {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** Writes the JSON text; `choose` gives what a {@link Ref} stands for now. */
export function toJson(node: Node, choose: (ref: Ref) => string | number): string {
  if (node instanceof Ref) return JSON.stringify(choose(node))
  if (node instanceof Raw) return node.text
  if (node instanceof Members) {
    return `{${node.entries.map(([name, value]) => `${JSON.stringify(name)}:${toJson(value, choose)}`).join(',')}}`
  }
  if (Array.isArray(node)) return `[${node.map((each) => toJson(each, choose)).join(',')}]`
  return JSON.stringify(node)
}

/** A leaf as it stands in an address or a form. */
export function toText(node: Node, choose: (ref: Ref) => string | number): string {
  if (node instanceof Ref) return String(choose(node))
  if (typeof node === 'string') return node
  return toJson(node, choose)
}
