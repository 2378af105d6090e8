import { currencyDigits, decimalToMinor, type Minor, minorToDecimal } from '@ledgersync/shared/money'
import type { Condition, Direction, Rule, RuleInput } from '@ledgersync/shared/rules'
import { idOf } from '../books/options.ts'

export type TextField = 'description' | 'payee' | 'bank_category' | 'check_number'
export type DraftField = TextField | 'amount' | 'bank_account'

/** One condition as it is typed: everything is text until it is sent. */
export interface DraftCondition {
  key: number
  field: DraftField
  operator: string
  value: string
}

/** A rule as it is typed. `category` and `vendor` are values of the coding options. */
export interface Draft {
  name: string
  active: boolean
  direction: Direction
  match: 'all' | 'any'
  conditions: DraftCondition[]
  category: string | null
  vendor: string | null
  memo: string
}

export const textOperators = [
  { value: 'contains', label: 'contains' },
  { value: 'not_contains', label: 'does not contain' },
  { value: 'equals', label: 'is exactly' },
  { value: 'starts_with', label: 'starts with' },
  { value: 'ends_with', label: 'ends with' },
]
export const amountOperators = ['=', '<', '<=', '>', '>='].map((value) => ({ value, label: value }))
export const fields = [
  { value: 'description', label: 'Description' },
  { value: 'payee', label: 'Payee' },
  { value: 'amount', label: 'Amount' },
  { value: 'bank_account', label: 'Bank account' },
  { value: 'check_number', label: 'Check number' },
  { value: 'bank_category', label: 'Bank’s category' },
] satisfies { value: DraftField; label: string }[]

let lastKey = 0
export function newCondition(value = ''): DraftCondition {
  lastKey += 1
  return { key: lastKey, field: 'description', operator: 'contains', value }
}

/** The first operator of a field, for when the field is changed. */
export function operatorOf(field: DraftField): string {
  return field === 'amount' ? '=' : field === 'bank_account' ? 'is' : 'contains'
}

export function emptyDraft(words = ''): Draft {
  return {
    name: words,
    active: true,
    direction: 'out',
    match: 'all',
    conditions: [newCondition(words)],
    category: null,
    vendor: null,
    memo: '',
  }
}

export function draftOf(rule: Rule, currency: string): Draft {
  const { name, active, direction, match, actions } = rule
  const category = actions.categoryId
    ? `category:${actions.categoryId}`
    : actions.booksAccountId
      ? `account:${actions.booksAccountId}`
      : null
  return {
    name,
    active,
    direction,
    match,
    category,
    conditions: rule.conditions.map((condition) => conditionDraft(condition, currency)),
    vendor: actions.vendorId ? `vendor:${actions.vendorId}` : null,
    memo: actions.memo ?? '',
  }
}

function conditionDraft(condition: Condition, currency: string): DraftCondition {
  const base = newCondition()
  switch (condition.field) {
    case 'amount':
      return { ...base, field: 'amount', operator: condition.operator, value: minorToDecimal(condition.valueMinor, currency) }
    case 'bank_account':
      return { ...base, field: 'bank_account', operator: 'is', value: condition.bankAccountId }
    default:
      return { ...base, field: condition.field, operator: condition.operator, value: condition.value }
  }
}

/** What is still missing, by field; empty when the rule can be sent. */
export function missing(draft: Draft, currency: string): Record<string, string> {
  const errors: Record<string, string> = {}
  if (draft.name.trim() === '') errors.name = 'Give the rule a name.'
  if (draft.category === null && draft.vendor === null && draft.memo.trim() === '')
    errors.actions = 'Choose a category, a vendor or a memo.'
  draft.conditions.forEach((condition, index) => {
    if (condition.value.trim() === '')
      errors[`conditions.${index}`] = condition.field === 'bank_account' ? 'Choose an account.' : 'Enter what to compare with.'
    else if (condition.field === 'amount' && amountOf(condition.value, currency) === null)
      errors[`conditions.${index}`] = 'Enter an amount such as 120.50.'
  })
  return errors
}

function amountOf(text: string, currency: string): Minor | null {
  const found = decimalToMinor(text.replaceAll(/[$,\s]/g, ''), currency)
  return found === null || found < 0 || currencyDigits(currency) < 0 ? null : found
}

/** The rule as the contract takes it. Call it only when nothing is missing. */
export function inputOf(draft: Draft, currency: string): RuleInput {
  const { name, active, direction, match, category, vendor, memo } = draft
  return {
    name: name.trim(),
    active,
    direction,
    match,
    conditions: draft.conditions.map((condition) => toCondition(condition, currency)),
    actions: {
      ...(category?.startsWith('category:') && { categoryId: idOf(category) }),
      ...(category?.startsWith('account:') && { booksAccountId: idOf(category) }),
      ...(vendor !== null && { vendorId: idOf(vendor) }),
      ...(memo.trim() !== '' && { memo: memo.trim() }),
    },
  }
}

function toCondition({ field, operator, value }: DraftCondition, currency: string): Condition {
  if (field === 'bank_account') return { field, operator: 'is', bankAccountId: value }
  // The selects offer the contract's operators only
  if (field === 'amount') {
    const valueMinor = amountOf(value, currency)
    if (valueMinor === null) throw new Error('An amount that was not checked')
    return { field, operator: operator as '=', valueMinor }
  }
  return { field, operator, value: value.trim() }
}
