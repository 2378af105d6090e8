import type { Minor } from '@ledgersync/shared/money'
import type { Actions, Condition, Direction } from '@ledgersync/shared/rules'
import { type FoldedText, fold, foldText, wordsAt } from './fold.ts'

/** What a rule looks at in a row. Amounts in minor units, positive is money in. */
export interface RowToMatch {
  description: string
  payee: string | null
  bankCategory: string | null
  checkNumber: string | null
  amountMinor: Minor
  bankAccountId: string
}

/** A rule as the evaluator needs it. `clientId` is null for a rule of the firm. */
export interface RuleToRun {
  id: string
  name: string
  version: number
  clientId: string | null
  priority: number
  active: boolean
  direction: Direction
  match: 'all' | 'any'
  conditions: readonly Condition[]
  actions: Actions
}

/** A rule that matched, with the bank's own words that made it match. */
export interface Hit {
  rule: RuleToRun
  matched: string[]
}

/** The first rule of each scope that matches; {@link recode} lets the client's win field by field. */
export interface Verdict {
  client: Hit | null
  global: Hit | null
}

interface Folded {
  row: RowToMatch
  description: FoldedText
  payee: FoldedText
  bank_category: FoldedText
  check_number: FoldedText
}

/** Whether a condition holds: the words that show it, or null. No words when there is nothing to point at. */
type Check = (row: Folded) => string[] | null

interface ReadyRule {
  rule: RuleToRun
  checks: Check[]
}

/** Rules in the order they run, their values folded once. */
export interface ReadyRules {
  client: ReadyRule[]
  global: ReadyRule[]
}

const wordsMax = 20

/** Prepares rules for many rows. Inactive ones do not run; the order is by priority within each scope. */
export function readyRules(rules: readonly RuleToRun[]): ReadyRules {
  const running = rules.filter((rule) => rule.active).sort((a, b) => a.priority - b.priority)
  const ready = running.map((rule) => ({ rule, checks: rule.conditions.map(checkOf) }))
  return { client: ready.filter(({ rule }) => rule.clientId !== null), global: ready.filter(({ rule }) => rule.clientId === null) }
}

/** Which rules decide a row: in each scope the first that matches. The only evaluator: preview, sync and re-runs all call it. */
export function decide(rules: ReadyRules, row: RowToMatch): Verdict {
  const folded: Folded = {
    row,
    description: foldText(row.description),
    payee: foldText(row.payee ?? ''),
    bank_category: foldText(row.bankCategory ?? ''),
    check_number: foldText(row.checkNumber ?? ''),
  }
  return { client: firstHit(rules.client, folded), global: firstHit(rules.global, folded) }
}

function firstHit(rules: readonly ReadyRule[], folded: Folded): Hit | null {
  for (const { rule, checks } of rules) {
    const matched = runsFor(rule.direction, folded.row.amountMinor) ? matchedWords(rule.match, checks, folded) : null
    if (matched !== null) return { rule, matched }
  }
  return null
}

/** A zero amount goes neither in nor out. */
function runsFor(direction: Direction, amountMinor: Minor): boolean {
  return direction === 'both' || (direction === 'in' ? amountMinor > 0 : amountMinor < 0)
}

function matchedWords(match: 'all' | 'any', checks: readonly Check[], folded: Folded): string[] | null {
  const found = checks.map((check) => check(folded))
  const holding = found.filter((words) => words !== null)
  const holds = match === 'all' ? holding.length === checks.length : holding.length > 0
  return holds && checks.length > 0 ? [...new Set(holding.flat())].slice(0, wordsMax) : null
}

function checkOf(condition: Condition): Check {
  switch (condition.field) {
    case 'amount':
      return amountCheck(condition.operator, condition.valueMinor)
    case 'bank_account':
      return ({ row }) => (row.bankAccountId === condition.bankAccountId ? [] : null)
    default:
      return textCheck(condition)
  }
}

function amountCheck(operator: '=' | '<' | '<=' | '>' | '>=', value: Minor): Check {
  const compare = {
    '=': (amount: number) => amount === value,
    '<': (amount: number) => amount < value,
    '<=': (amount: number) => amount <= value,
    '>': (amount: number) => amount > value,
    '>=': (amount: number) => amount >= value,
  }[operator]
  return ({ row }) => (compare(Math.abs(row.amountMinor)) ? [] : null)
}

type TextCondition = Exclude<Condition, { field: 'amount' } | { field: 'bank_account' }>

/** A field the bank left empty contains, equals and begins with nothing. */
function textCheck(condition: TextCondition): Check {
  const value = fold(condition.value)
  if (condition.operator === 'not_contains') return (row) => (row[condition.field].folded.includes(value) ? null : [])
  const at = placeOf(condition.operator)
  return (row) => {
    const text = row[condition.field]
    const from = at(text.folded, value)
    return from < 0 ? null : [wordsAt(text, from, from + value.length)].filter((words) => words !== '')
  }
}

/** Where in the text the value satisfies the operator; negative for nowhere. */
function placeOf(operator: string): (text: string, value: string) => number {
  switch (operator) {
    case 'equals':
      return (text, value) => (text === value ? 0 : -1)
    case 'starts_with':
      return (text, value) => (text.startsWith(value) ? 0 : -1)
    case 'ends_with':
      return (text, value) => (text.endsWith(value) ? text.length - value.length : -1)
    case 'contains':
      return (text, value) => text.indexOf(value)
    default:
      throw new Error(`No such operator: ${operator}`)
  }
}
