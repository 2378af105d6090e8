import { ClientCreate, ClientUpdate } from '@ledgersync/shared/clients'
import type { FieldError } from '@ledgersync/shared/errors'
import { type CellProblem, type UploadField, uploadFieldWords } from '@ledgersync/shared/uploads'
import type { ValidateFunction } from 'ajv'
import { staffOf } from '../clients/service.ts'
import { numbered } from '../clients/usernames.ts'
import { changedValues, checkReachable, type ClientRowValues, newClientValues, refusalOf, refusedFields } from '../clients/values.ts'
import type { StaffActor } from '../core/context.ts'
import { exactCompiler, fieldErrors } from '../core/validation.ts'
import type { firmsTable } from '../db/schema/firms.ts'
import { readRow, type Said } from './cells.ts'
import { type Known, type Matching, type NameFacts, RowNames } from './names.ts'
import type { TableRow } from './table.ts'

/** What the firm has that rows may meet. */
export interface FirmFacts extends NameFacts {
  firm: typeof firmsTable.$inferSelect
  actor: StaffActor
  /** Ids of the staff by e-mail in lower case, of those that {@link staffOfRows} gave. */
  staffByEmail: ReadonlyMap<string, string>
  /** Ids of the groups by name in lower case. */
  groupByName: ReadonlyMap<string, string>
}
/** What writing a row does. */
export type Write =
  | { kind: 'create'; values: ClientRowValues; staffIds: readonly string[] }
  | {
      kind: 'update'
      before: ClientRowValues
      set: Partial<ClientRowValues>
      staff: { before: readonly string[]; after: readonly string[] } | null
    }
  | { kind: 'nothing'; before: ClientRowValues }

export interface CheckedRow {
  row: number
  problems: CellProblem[]
  /** Null when the row cannot be taken. */
  write: Write | null
}

/** Compiled when a list is first checked: it takes a good part of a start. */
let compiled: { create: ValidateFunction; update: ValidateFunction } | undefined
function validators() {
  if (compiled !== undefined) return compiled
  const compiler = exactCompiler()
  compiled = { create: compiler.compile(ClientCreate), update: compiler.compile(ClientUpdate) }
  return compiled
}

/** In lower case, the e-mails of all staff that the rows name. */
export const staffOfRows = (rows: readonly TableRow[], { fields }: Matching): Set<string> =>
  new Set(rows.flatMap((row) => readRow(row, fields).said.staff ?? []))

const rowsAtOnce = 250

/**
 * Checks every row by the rules of the form and says what writing it does. Lets the process do other things in between. The rows
 * are in the order of the file: of two with one username the first has it.
 */
export async function checkRows(rows: readonly TableRow[], matching: Matching, facts: FirmFacts): Promise<CheckedRow[]> {
  const checker = new RowChecker(rows, matching, facts)
  const checked: CheckedRow[] = []
  for (const [index, row] of rows.entries()) {
    if (index % rowsAtOnce === rowsAtOnce - 1) await new Promise((resolve) => setImmediate(resolve))
    checked.push(checker.check(row))
  }
  return checked
}

/** What a row names by e-mail or by name. */
interface Named {
  staffIds: string[] | undefined
  groupId: string | undefined
}

/** Fields of the form that a column says in other words. */
const columnNames: Record<string, UploadField> = { staffIds: 'staff', groupId: 'group' }

class RowChecker {
  readonly #matching: Matching
  readonly #facts: FirmFacts
  readonly #names: RowNames
  /** Which row has a username, in lower case. */
  readonly #rowOf = new Map<string, number>()

  constructor(rows: readonly TableRow[], matching: Matching, facts: FirmFacts) {
    this.#matching = matching
    this.#facts = facts
    this.#names = new RowNames(rows, matching, facts)
  }

  check(row: TableRow): CheckedRow {
    const { said, problems } = readRow(row, this.#matching.fields)
    const { name, isMade, known, refusal } = this.#names.of(said, (key) => this.#rowOf.has(key))
    const add = (errors: readonly FieldError[]): void => {
      for (const error of errors) this.#add(problems, error)
    }
    if (refusal !== null) add([{ field: this.#nameField(), message: refusal }])
    const key = name.toLowerCase()
    const earlier = this.#rowOf.get(key)
    if (earlier !== undefined) add([{ field: this.#nameField(), message: sameName(earlier, name) }])
    else this.#rowOf.set(key, row.row)
    if (known !== undefined && !known.visible)
      add([{ field: this.#nameField(), message: 'Another client of your firm has this username.' }])
    const named = { staffIds: this.#staffIds(said, add), groupId: this.#groupId(said, add) }
    const write = known === undefined ? this.#create(said, { ...named, name, isMade }, add) : this.#update(said, known, named, add)
    return { row: row.row, problems, write: problems.length > 0 ? null : write }
  }

  #staffIds({ staff }: Said, add: (errors: readonly FieldError[]) => void): string[] | undefined {
    if (staff === undefined) return undefined
    const unknown = staff.filter((email) => !this.#facts.staffByEmail.has(email))
    if (unknown.length > 0)
      add([
        {
          field: 'staffIds',
          message: `Nobody at your firm has the e-mail ${unknown.slice(0, 3).join(', ')}. Invite them first, or leave them out.`,
        },
      ])
    return staff.flatMap((email) => this.#facts.staffByEmail.get(email) ?? [])
  }

  #groupId({ group }: Said, add: (errors: readonly FieldError[]) => void): string | undefined {
    if (group === undefined) return undefined
    const id = this.#facts.groupByName.get(group.toLowerCase())
    if (id === undefined)
      add([{ field: 'group', message: 'Your firm has no group of this name. Make it under Groups, or leave this empty.' }])
    return id
  }

  #create(
    said: Said,
    { name, isMade, staffIds, groupId }: Named & { name: string; isMade: boolean },
    add: (errors: readonly FieldError[]) => void,
  ): Write | null {
    const { firm, actor, now } = this.#facts
    const { staff: _emails, group: _name, staffHaveAccess = this.#matching.staffHaveAccess, ...rest } = said
    const input = { ...rest, staffHaveAccess, ...(staffIds !== undefined && { staffIds }), ...(groupId !== undefined && { groupId }) }
    if (!isValid<ClientCreate>(validators().create, input, add)) return null
    const refused = [...refusedFields(input, firm), ...refusalOf(() => staffOf({ actor }, staffIds))]
    add(refused)
    if (refused.length > 0) return null
    const values = newClientValues(input, { firm, by: actor.staffId, now })
    return { kind: 'create', values: isMade ? { ...values, username: name } : values, staffIds: staffOf({ actor }, staffIds) }
  }

  #update(
    said: Said,
    { client, staffIds: assigned }: Known,
    { staffIds, groupId }: Named,
    add: (errors: readonly FieldError[]) => void,
  ): Write | null {
    const { actor, now } = this.#facts
    const { staff: _emails, group: _name, username: _same, ...rest } = said
    const input = { ...rest, ...(groupId !== undefined && { groupId }) }
    if (Object.keys(input).length > 0 && !isValid<ClientUpdate>(validators().update, input, add)) return null
    let set: Partial<ClientRowValues> = {}
    const refused = [
      ...refusalOf(() => {
        set = whatDiffers(client, changedValues(client, input, { by: actor.staffId, now }))
      }),
      ...refusalOf(() => checkReachable({ ...client, ...set })),
      ...refusalOf(() => staffOf({ actor }, staffIds)),
    ]
    add(refused)
    if (refused.length > 0) return null
    const isAssigning = actor.role === 'administrator' && staffIds !== undefined && !haveSame(staffIds, assigned)
    const staff = isAssigning ? { before: assigned, after: staffIds } : null
    return Object.keys(set).length === 0 && staff === null
      ? { kind: 'nothing', before: client }
      : { kind: 'update', before: client, set, staff }
  }

  /** Where a problem of the username is shown: at the column it came from. */
  #nameField(): string {
    const { fields } = this.#matching
    return fields.includes('username') || !fields.includes('email') ? 'username' : 'email'
  }

  /** Puts a refused field at its column. One that no column says is told of the whole row. A cell has one problem, the first. */
  #add(problems: CellProblem[], { field, message }: FieldError): void {
    const { fields } = this.#matching
    const name = field.replace(/^body\./, '').replace(/\..*$/, '')
    const own = columnNames[name] ?? name
    const shared = name === 'contactFirstName' || name === 'contactLastName' ? fields.indexOf('contactName') : -1
    const column = fields.findIndex((each) => each === own)
    const at = column >= 0 ? column : shared
    if (at >= 0 && problems.some((problem) => problem.column === at)) return
    // Fields of the schema that a list cannot say have no words
    const words = own in uploadFieldWords ? `${uploadFieldWords[own as UploadField].label}: ` : ''
    problems.push(at >= 0 ? { column: at, message } : { column: null, message: `${words}${message}` })
  }
}

const sameName = (row: number, name: string): string =>
  `Row ${row} has the same username. Leave one of them out, or give this one a username of its own, such as ${numbered(name, 2, false)}.`

/** Whether the schema of the form takes it; what it refuses is added. */
function isValid<T>(validate: ValidateFunction, input: unknown, add: (errors: readonly FieldError[]) => void): input is T {
  if (validate(input)) return true
  add(fieldErrors(validate.errors ?? [], 'body'))
  return false
}

/** Of the values, those that are others than the client's. */
export function whatDiffers(client: ClientRowValues, set: Partial<ClientRowValues>): Partial<ClientRowValues> {
  // `set` names columns of the row only
  const names = Object.keys(set) as (keyof ClientRowValues)[]
  return Object.fromEntries(names.filter((name) => set[name] !== client[name]).map((name) => [name, set[name]]))
}

const haveSame = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((id) => b.includes(id))
