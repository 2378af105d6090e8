/**
 * The world as it must be, in plain data: what people did, what banks and QuickBooks hold, and what follows from it by the rules of
 * the product. It knows nothing of how the product does it.
 */

export const vocabulary = ['ALPHA', 'BRAVO', 'CHARLIE'] as const
export type Word = (typeof vocabulary)[number]

/** A row as the bank has it. Its number stands in its description, so that it is known again on every side. */
export interface BankRow {
  number: number
  account: AccountIndex
  words: Word[]
  /** Positive is money in. Never zero. */
  amountMinor: number
  pending: boolean
  /** False once the bank has taken it back. */
  live: boolean
}

/** 0: the checking account, 1: the card of a login. */
export type AccountIndex = 0 | 1

export type Stage = 'pending' | 'open' | 'approved' | 'pushing' | 'pushed' | 'failed' | 'removed'
export type By = 'person' | 'client_rule' | 'global_rule'

/** What a row is coded to: a category of the firm by its index, or an account of a company by name. */
export type Target = { category: number } | { company: number; account: string }

/** A row as the product must have it. */
export interface Row {
  /** Its number and which of the rows of this number it is: `7.0`. */
  key: string
  number: number
  bank: number
  account: AccountIndex
  words: Word[]
  amountMinor: number
  pending: boolean
  stage: Stage
  target: Target | null
  targetBy: By | null
  memo: string | null
  memoBy: By | null
  /** Key of the rule that decided; `global` is the firm's. */
  rule: number | 'global' | null
  /** The bank took it back while it stood in the books, or was on its way there. */
  withdrawn: boolean
  /** False when it came under an access that was replaced, and the new one has not told it. */
  told: boolean
}

export interface Rule {
  key: number
  word: Word
  direction: 'in' | 'out' | 'both'
  category: number | null
  memo: string | null
  active: boolean
  version: number
}

/** One login at one bank: what is true there, and whether the product may see it. */
export interface Connection {
  bank: number
  health: 'ok' | 'broken' | 'revoked'
  truth: BankRow[]
  /** Something says that there is news: the next time jobs run, rows are fetched. */
  wake: boolean
  /** What each account is mapped to. */
  mapped: (Extract<Target, { company: number }> | null)[]
}

export interface Message {
  channel: 'sms' | 'email'
  state: 'queued' | 'delivered' | 'failed' | 'canceled'
  /** The person has had all they may get today. */
  waits: boolean
}

export interface Invite {
  channel: 'sms' | 'email' | 'both' | 'copy'
  state: 'queued' | 'sent' | 'delivered' | 'failed' | 'opened' | 'started' | 'connected' | 'superseded' | 'revoked'
  messages: Message[]
}

/** A link somebody holds: copied by staff, or the nth message that arrived. */
export interface Link {
  invite: number
  from: { channel: 'sms' | 'email'; nth: number } | { copied: number }
}

/** An entry as it must stand in QuickBooks. */
export interface Entry {
  company: number
  entity: 'Purchase' | 'Deposit'
  credit: boolean
  totalMinor: number
  account: string
  target: string
  note: string
}

export interface Push {
  batch: number
  /** Key of the row. */
  row: string
  /** Whose books it goes to. */
  company: number
  entry: Entry
  amountMinor: number
  state: 'queued' | 'pushed' | 'failed' | 'undoing' | 'undone'
  /** A later push took this refused one's place. */
  replaced: boolean
}

export interface Client {
  index: number
  locked: boolean
  deleted: boolean
  optedOut: boolean
  invites: Invite[]
  links: Link[]
  copied: number
  /** How many texts and mails arrived, in all. */
  arrived: { sms: number; email: number }
  connections: Connection[]
  rows: Row[]
  rules: Rule[]
  /** Companies it has been connected to; at most one is now. */
  books: { company: number; connected: boolean }[]
  /** Category of the firm → account, by company. */
  categories: (Extract<Target, { company: number }> | null)[]
  pushes: Push[]
}

export interface Company {
  /** Whose books it is now. */
  owner: number | null
  /** Whether we hold a live grant of Intuit's. */
  granted: boolean
  /** Every day so far is closed. */
  closed: boolean
}

export interface Model {
  clients: Client[]
  companies: Company[]
  /** Visits to a bank's sign-in that were finished and are not recorded yet. */
  visits: { client: number; bank: number; invite: number | null }[]
  /** Access to companies that is to be given back. */
  revocations: number[]
  /** Entries of deleted clients: they stay. */
  orphans: Entry[]
  rowCount: number
  ruleCount: number
  batchCount: number
}

export const companyCount = 2
export const categoryCount = 2
/** Words and memo of the firm's own rule, which there is from the beginning. */
export const globalRule: Omit<Rule, 'key' | 'version'> = {
  word: 'ALPHA',
  direction: 'both',
  category: 1,
  memo: 'of the firm',
  active: true,
}

export const descriptionOf = ({ words, number }: { words: Word[]; number: number }): string => `${words.join(' ')} N${number}`

export function emptyModel(): Model {
  return {
    clients: [],
    companies: Array.from({ length: companyCount }, () => ({ owner: null, granted: false, closed: false })),
    visits: [],
    revocations: [],
    orphans: [],
    rowCount: 0,
    ruleCount: 0,
    batchCount: 0,
  }
}

export function newClient(index: number): Client {
  return {
    index,
    locked: false,
    deleted: false,
    optedOut: false,
    invites: [],
    links: [],
    copied: 0,
    arrived: { sms: 0, email: 0 },
    connections: [],
    rows: [],
    rules: [],
    books: [],
    categories: Array.from({ length: categoryCount }, () => null),
    pushes: [],
  }
}

export const living = (model: Model): Client[] => model.clients.filter(({ deleted }) => !deleted)

/** The company the client is connected to now. */
export const companyOf = (client: Client): number | null => client.books.find(({ connected }) => connected)?.company ?? null

/** One of a list, by any number; undefined only of an empty list. */
export const at = <T>(list: readonly T[], number: number): T | undefined => list[number % Math.max(1, list.length)]
