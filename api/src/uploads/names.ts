import type { UploadField } from '@ledgersync/shared/uploads'
import { toPhone } from '../clients/contact.ts'
import { numbered, placeholderUsername } from '../clients/usernames.ts'
import { type ClientRowValues, refusalOf } from '../clients/values.ts'
import { readRow, type Said } from './cells.ts'
import type { TableRow } from './table.ts'

// Which client a row of a list means.

export interface Matching {
  fields: readonly (UploadField | null)[]
  staffHaveAccess: boolean
}

/** What the firm has that the names of rows may meet. */
export interface NameFacts {
  firm: { emailDomain: string }
  now: Date
  /** The names that {@link namesOf} gave: of others nobody has looked whether they are taken. */
  lookedUp: ReadonlySet<string>
  /** The clients that have one of them, by username in lower case. */
  byUsername: ReadonlyMap<string, Known>
  /** Names of businesses, in lower case, of which a kept list has written one row and left out another: which is which nobody knows. */
  halfWritten: ReadonlySet<string>
}
export interface Known {
  client: ClientRowValues
  /** Whether the person may see it; of others they learn only that the name is taken. */
  visible: boolean
  staffIds: readonly string[]
}

/** Names beyond those that the rows of a file can use up among themselves. */
const spareNames = 8

/** In lower case, every username that the rows could meet in the firm. */
export function namesOf(rows: readonly TableRow[], { fields }: Matching, domain: string): Set<string> {
  const names = new Set<string>()
  const made = new Map<string, number>()
  for (const row of rows) {
    const { said } = readRow(row, fields)
    const typed = said.username ?? said.email
    if (typed !== undefined) names.add(typed.toLowerCase())
    else {
      const base = placeholderUsername(said.businessName ?? '', domain)
      made.set(base, (made.get(base) ?? spareNames) + 1)
    }
  }
  for (const [base, count] of made) for (let n = 1; n <= count; n++) names.add(nthName(base, n).toLowerCase())
  return names
}

const nthName = (base: string, n: number): string => (n === 1 ? base : numbered(base, n, true))

interface RowName {
  name: string
  /** Whether nobody has typed it. */
  isMade: boolean
  known: Known | undefined
  /** Why it cannot be told which client the row means. */
  refusal: string | null
}

const nameKey = ({ businessName = '' }: Said): string => businessName.toLowerCase()

/** Whether the row cannot be about this client, of whom it knows no more than the name: another phone, or another contact. */
function contradicts(said: Said, client: ClientRowValues): boolean {
  const differs = (text: string | undefined, known: string): boolean =>
    text !== undefined && text !== '' && known !== '' && text.toLowerCase() !== known.toLowerCase()
  if (differs(said.contactFirstName, client.contactFirstName) || differs(said.contactLastName, client.contactLastName)) return true
  const { phone } = said
  // What is no phone number is told as such
  return phone !== undefined && client.phone !== null && refusalOf(() => toPhone(phone, 'body.phone')).length === 0
    ? toPhone(phone, 'body.phone') !== client.phone
    : false
}

const namedMax = 3

function whichOf(same: readonly Known[]): string {
  const names = same.slice(0, namedMax).map(({ client }) => client.username)
  const more = same.length > namedMax ? ' and more' : ''
  return same.length === 1
    ? `A client of this name exists: ${names.join('')}. Write this username to change it, or another one to add a client.`
    : `Clients of this name exist: ${names.join(', ')}${more}. Write the username of the one you mean, or another one to add a client.`
}

/** Says of row after row, in the order of the file, which username it stands for. */
export class RowNames {
  readonly #facts: NameFacts
  /** How many rows name no client but by this name, in lower case. */
  readonly #rowsOfName = new Map<string, number>()
  /** By the first made-up username, the number of the next that may be free. */
  readonly #nextMade = new Map<string, number>()
  /** By the name of the business in lower case. */
  readonly #ofName = new Map<string, Known[]>()
  #beyond = 0

  constructor(rows: readonly TableRow[], { fields }: Matching, facts: NameFacts) {
    this.#facts = facts
    for (const row of rows) {
      const { said } = readRow(row, fields)
      if (said.username === undefined && said.email === undefined)
        this.#rowsOfName.set(nameKey(said), (this.#rowsOfName.get(nameKey(said)) ?? 0) + 1)
    }
    for (const known of facts.byUsername.values())
      if (known.visible && known.client.usernameIsPlaceholder) {
        const key = known.client.businessName.toLowerCase()
        this.#ofName.set(key, [...(this.#ofName.get(key) ?? []), known])
      }
  }

  /**
   * The username a row stands for: the one it names, its e-mail, or one made up of the name of the business. `isTaken` says whether an
   * earlier row has a name, in lower case.
   */
  of(said: Said, isTaken: (name: string) => boolean): RowName {
    const typed = said.username ?? said.email
    if (typed !== undefined) return { name: typed, isMade: false, known: this.#facts.byUsername.get(typed.toLowerCase()), refusal: null }
    // The same list once more: the client that was made of this row, if it can be no other
    const same = this.#ofName.get(nameKey(said)) ?? []
    const [only] = same
    if (only === undefined) return { name: this.#freeName(said, isTaken), isMade: true, known: undefined, refusal: null }
    const isOne = same.length === 1 && this.#rowsOfName.get(nameKey(said)) === 1 && !this.#facts.halfWritten.has(nameKey(said))
    const isSure = isOne && !contradicts(said, only.client)
    if (isSure) return { name: only.client.username, isMade: true, known: only, refusal: null }
    return { name: this.#freeName(said, isTaken), isMade: true, known: undefined, refusal: whichOf(same) }
  }

  /** A made-up username that neither a client nor an earlier row has. */
  #freeName({ businessName = '' }: Said, isTaken: (name: string) => boolean): string {
    const base = placeholderUsername(businessName, this.#facts.firm.emailDomain)
    for (let n = this.#nextMade.get(base) ?? 1; ; n++) {
      const key = nthName(base, n).toLowerCase()
      if (!this.#facts.lookedUp.has(key)) break
      if (isTaken(key) || this.#facts.byUsername.has(key)) continue
      this.#nextMade.set(base, n)
      return nthName(base, n)
    }
    return nthName(base, this.#facts.now.getTime() + this.#beyond++)
  }
}
