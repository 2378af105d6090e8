import type { TestApp } from '../../test/harness.ts'
import type { Ref } from './values.ts'

interface Row {
  id: string
  firmId: string
  clientId: string | null
}

/** Recent rows are enough: they are the ones that things can still happen to. */
const rowsMax = 150
const richMax = 8
const bareMax = 3
const seenMax = 40

/** Where a row without a client of its own gets it from. */
const parents: Record<string, string> = {
  books_id: 'books',
  connection_id: 'connections',
  invite_id: 'invites',
  message_id: 'messages',
  batch_id: 'push_batches',
}

/** Real ids of both firms, and values that answers had: what generated requests are about. */
export class Pool {
  private readonly rows = new Map<string, Row[]>()
  private readonly seen = new Map<string, (string | number)[]>()
  private clients: string[] = []
  private readonly facts = new Map<string, Record<string, unknown>>()
  private readonly test: TestApp
  private readonly firms: { own: string; other: string }

  constructor(test: TestApp, firms: { own: string; other: string }) {
    this.test = test
    this.firms = firms
  }

  /** Reads which rows there are now, of every table whose rows have an id and a firm. */
  async refresh(): Promise<void> {
    const { rows: tables } = await this.test.admin.query<{ name: string; columns: string[] }>(
      `select c.relname as name, array_agg(a.attname::text) as columns from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
       where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace group by 1 having array_agg(a.attname::text) @> '{id,firm_id}'`,
    )
    this.rows.clear()
    for (const { name, columns } of tables) this.rows.set(name, await this.readRows(name, columns))
    const withBooks = new Set(this.of('books', this.firms.own).map((row) => row.clientId))
    const own = this.of('clients', this.firms.own).map((row) => row.id)
    const [rich, bare] = [own.filter((id) => withBooks.has(id)), own.filter((id) => !withBooks.has(id))]
    this.clients = [...rich.slice(0, richMax), ...bare.slice(0, bareMax)]
    this.facts.clear()
    const { rows } = await this.test.admin.query<{ id: string }>('select * from clients where id = any($1)', [this.clients])
    for (const row of rows) this.facts.set(row.id, row)
  }

  private async readRows(name: string, columns: string[]): Promise<Row[]> {
    const link = Object.keys(parents).find((column) => columns.includes(column)) ?? ''
    const parent = parents[link] ?? ''
    const client = columns.includes('client_id')
      ? 't.client_id'
      : parent === '' || parent === name
        ? 'null::uuid'
        : `(select p.client_id from "${parent}" p where p.firm_id = t.firm_id and p.id = t."${link}")`
    const { rows } = await this.test.admin.query<Row>(
      `select x.id, x.firm_id as "firmId", x.client as "clientId" from unnest($1::uuid[]) f cross join lateral
         (select t.id, t.firm_id, ${client} as client from "${name}" t where t.firm_id = f ${columns.includes('deleted_at') ? 'and t.deleted_at is null' : ''} order by t.id desc limit ${rowsMax}) x`,
      [[this.firms.own, this.firms.other]],
    )
    return rows
  }

  private of(table: string, firmId: string): Row[] {
    return (this.rows.get(table) ?? []).filter((row) => row.firmId === firmId)
  }

  /** The client that a request is about. */
  client(nth: number): string {
    return at(this.clients, nth) ?? nobody(nth)
  }

  /** Keeps values of an answer under their names. */
  learn(name: string, value: string | number): void {
    const values = this.seen.get(name) ?? []
    if (values.includes(value)) return
    values.push(value)
    if (values.length > seenMax) values.shift()
    this.seen.set(name, values)
  }

  /** Keeps this value alone, for older ones are void. */
  replace(name: string, value: string): void {
    this.seen.set(name, [value])
  }

  /** One of the values kept under this name, if there is any. */
  seenValue(name: string, nth: number): string | number | undefined {
    return at(this.seen.get(name) ?? [], nth)
  }

  /** What a {@link Ref} stands for in a request about this client; an honest one names only rows of that client. */
  choose(ref: Ref, focus: string, honest: boolean): string | number {
    if (ref.whose === 'seen') return this.seenValue(ref.name, ref.nth) ?? ref.otherwise
    if (ref.whose === 'fact') {
      const fact = this.facts.get(focus)?.[snake(ref.name)]
      return typeof fact === 'string' ? fact : ref.otherwise
    }
    if (ref.whose === 'nobody' && !honest) return nobody(ref.nth)
    const rows = this.tablesFor(ref.name).flatMap((table) =>
      this.of(table, ref.whose === 'other' && !honest ? this.firms.other : this.firms.own),
    )
    if (ref.whose !== 'focus' && !honest) return at(rows, ref.nth)?.id ?? nobody(ref.nth)
    if (/^clientIds?$/.test(ref.name)) return focus
    const near = rows.filter((row) => row.clientId === focus || row.clientId === null)
    return at(near, ref.nth)?.id ?? nobody(ref.nth)
  }

  /** The tables whose rows a field of this name may mean: `batchId` is a row of push_batches. */
  private tablesFor(name: string): string[] {
    const all = [...this.rows.keys()]
    const stem = snake(name.replace(/Ids?$/, ''))
    const plurals = [stem, `${stem}s`, `${stem}es`, stem.replace(/y$/, 'ies')]
    const exact = all.filter((table) => plurals.includes(table))
    if (exact.length > 0) return exact
    const ending = all.filter((table) => plurals.some((plural) => table.endsWith(`_${plural}`)))
    return ending.length > 0 ? ending : all
  }
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, '')
const at = <T>(values: readonly T[], nth: number): T | undefined => values[nth % Math.max(values.length, 1)]
const nobody = (nth: number): string => `0190a6d2-7c3a-7000-8000-${nth.toString(16).padStart(12, '0')}`
