import { parserError } from './faults.ts'

export type Literal = string | number | boolean
export type Operator = '=' | 'IN' | '<' | '>' | '<=' | '>=' | 'LIKE'

export interface Condition {
  field: string
  operator: Operator
  /** One value, or for IN any number. */
  values: Literal[]
}

export interface Statement {
  /** `count` for COUNT(*), `all` for *, else the columns. */
  select: 'count' | 'all' | string[]
  from: string
  where: Condition[]
  orderBy: { field: string; descending: boolean }[]
  startPosition: number
  maxResults: number | null
}

type Token =
  | { kind: 'word' | 'symbol'; text: string }
  | { kind: 'string'; text: string }
  | { kind: 'number'; text: string }
  | { kind: 'end'; text: '' }

const end: Token = { kind: 'end', text: '' }

/** Cuts a statement into tokens. Strings are in single quotes; a backslash in one escapes the next character. */
function tokenize(text: string): Token[] {
  const pattern = /\s+|'((?:[^'\\]|\\[\s\S])*)'|(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_][\w.]*)|(<=|>=|[=<>(),*])/y
  const tokens: Token[] = []
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw parserError(`Lexical error at column ${at + 1}. Encountered: "${text.charAt(at)}"`)
    const [, string, number, word, symbol] = match
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replace(/\\([\s\S])/g, '$1') })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol })
  }
  return tokens
}

/** Walks the tokens of one statement. Keywords are read without regard to case. */
class Reader {
  private readonly tokens: Token[]
  private position = 0

  constructor(tokens: Token[]) {
    this.tokens = tokens
  }

  get next(): Token {
    return this.tokens[this.position] ?? end
  }

  take(): Token {
    const token = this.next
    this.position += 1
    return token
  }

  fail(wanted: string): never {
    const token = this.next
    throw parserError(`Encountered "${token.kind === 'end' ? '<EOF>' : token.text}" where ${wanted} was expected`)
  }

  /** Takes the keyword or symbol when it comes next. */
  accept(text: string): boolean {
    const { kind, text: found } = this.next
    if ((kind !== 'word' && kind !== 'symbol') || found.toUpperCase() !== text) return false
    this.position += 1
    return true
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`"${text}"`)
  }

  word(wanted: string): string {
    return this.next.kind === 'word' ? this.take().text : this.fail(wanted)
  }

  wholeNumber(wanted: string): number {
    if (this.next.kind !== 'number' || !/^\d+$/.test(this.next.text)) this.fail(wanted)
    return Number(this.take().text)
  }

  literal(): Literal {
    const { kind, text } = this.next
    if (kind === 'string') return this.take().text
    if (kind === 'number') return Number(this.take().text)
    if (kind === 'word' && /^(true|false)$/i.test(text)) return this.take().text.toLowerCase() === 'true'
    return this.fail('a value')
  }
}

function readColumns(reader: Reader): Statement['select'] {
  if (reader.accept('*')) return 'all'
  if (reader.accept('COUNT')) {
    reader.expect('(')
    reader.expect('*')
    reader.expect(')')
    return 'count'
  }
  const columns = [reader.word('a column')]
  while (reader.accept(',')) columns.push(reader.word('a column'))
  return columns
}

const operators: readonly Operator[] = ['<=', '>=', '=', '<', '>', 'LIKE', 'IN']

function readCondition(reader: Reader): Condition {
  const field = reader.word('a field')
  const operator = operators.find((candidate) => reader.accept(candidate)) ?? reader.fail('an operator')
  if (operator !== 'IN') return { field, operator, values: [reader.literal()] }
  reader.expect('(')
  const values = [reader.literal()]
  while (reader.accept(',')) values.push(reader.literal())
  reader.expect(')')
  return { field, operator, values }
}

function readOrder(reader: Reader): Statement['orderBy'] {
  const isOrdered = reader.accept('ORDERBY') || (reader.accept('ORDER') && (reader.expect('BY'), true))
  if (!isOrdered) return []
  const orderBy: Statement['orderBy'] = []
  do {
    const field = reader.word('a field')
    const descending = reader.accept('DESC')
    if (!descending) reader.accept('ASC')
    orderBy.push({ field, descending })
  } while (reader.accept(','))
  return orderBy
}

/**
 * Reads Intuit's query language: AND only, no OR, no joins, STARTPOSITION before MAXRESULTS.
 * @throws IntuitFault 4000 for anything else
 */
export function parseQuery(text: string): Statement {
  const reader = new Reader(tokenize(text))
  reader.expect('SELECT')
  const select = readColumns(reader)
  reader.expect('FROM')
  const from = reader.word('an entity')
  const where: Condition[] = []
  if (reader.accept('WHERE')) {
    do where.push(readCondition(reader))
    while (reader.accept('AND'))
  }
  const orderBy = readOrder(reader)
  const startPosition = reader.accept('STARTPOSITION') ? reader.wholeNumber('a whole number') : 1
  const maxResults = reader.accept('MAXRESULTS') ? reader.wholeNumber('a whole number') : null
  if (reader.next.kind !== 'end') reader.fail('the end of the query')
  return { select, from, where, orderBy, startPosition, maxResults }
}
