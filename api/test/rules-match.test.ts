import fc from 'fast-check'
import { minor } from '@ledgersync/shared/money'
import type { Condition } from '@ledgersync/shared/rules'
import { type RowCoding, recode } from '../src/rules/coding.ts'
import { fold } from '../src/rules/fold.ts'
import { decide, type RowToMatch, type RuleToRun, readyRules } from '../src/rules/match.ts'

/** Folding without the platform's word rules: character by character, white space by hand. */
function naiveFold(text: string): string {
  const folded = [...text.normalize('NFKC')].map((letter) => [...letter.toUpperCase()].map((each) => each.toLowerCase()).join('')).join('')
  let clean = ''
  for (const letter of folded.normalize('NFKC').replaceAll('ς', 'σ')) {
    const space = letter.trim() === ''
    if (!space) clean += letter
    else if (clean !== '' && !clean.endsWith(' ')) clean += ' '
  }
  return clean.endsWith(' ') ? clean.slice(0, -1) : clean
}

function naiveContains(text: string, value: string): boolean {
  for (let from = 0; from + value.length <= text.length; from++) if (text.slice(from, from + value.length) === value) return true
  return false
}

function naiveHolds(condition: Condition, row: RowToMatch): boolean {
  if (condition.field === 'bank_account') return row.bankAccountId === condition.bankAccountId
  if (condition.field === 'amount') {
    const difference = (row.amountMinor < 0 ? 0 - row.amountMinor : row.amountMinor) - condition.valueMinor
    const { operator } = condition
    return (
      (difference === 0 && operator.includes('=')) ||
      (difference < 0 && operator.includes('<')) ||
      (difference > 0 && operator.includes('>'))
    )
  }
  const fields = { description: row.description, payee: row.payee, bank_category: row.bankCategory, check_number: row.checkNumber }
  const [text, value] = [naiveFold(fields[condition.field] ?? ''), naiveFold(condition.value)]
  if (condition.operator === 'equals') return text === value
  if (condition.operator === 'starts_with') return text.slice(0, value.length) === value
  if (condition.operator === 'ends_with') return text.length >= value.length && text.slice(text.length - value.length) === value
  return naiveContains(text, value) === (condition.operator === 'contains')
}

/** The rule that decides in one scope, by trying each in the order of priority. */
function naiveWinner(rules: readonly RuleToRun[], row: RowToMatch, ofClient: boolean): string | null {
  let best: RuleToRun | null = null
  for (const rule of rules) {
    if (!rule.active || (rule.clientId !== null) !== ofClient) continue
    if ((rule.direction === 'in' && row.amountMinor <= 0) || (rule.direction === 'out' && row.amountMinor >= 0)) continue
    let holding = 0
    for (const condition of rule.conditions) if (naiveHolds(condition, row)) holding += 1
    const matches = rule.match === 'any' ? holding > 0 : holding === rule.conditions.length
    if (matches && (best === null || rule.priority < best.priority)) best = rule
  }
  return best?.id ?? null
}

// Letters whose case or form changes their length, combining marks, spaces of all kinds, and what LIKE and patterns treat apart.
const letters = [
  'a',
  'A',
  'b',
  'B',
  'ß',
  'S',
  's',
  'σ',
  'ς',
  'Σ',
  'é',
  'É',
  'e',
  '\u0301',
  'İ',
  'i',
  'ﬁ',
  'Ａ',
  '¨',
  '5',
  '%',
  '_',
  '.',
  '⛽',
  ' ',
  '  ',
  '\t',
  '\u00a0',
  '\u3000',
]
const textOf = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...letters), { minLength, maxLength }).map((parts) => parts.join(''))
const value = textOf(1, 3).filter((text) => text.trim() !== '')
const accounts = ['account-1', 'account-2']
const condition: fc.Arbitrary<Condition> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      field: fc.constantFrom('description' as const, 'payee' as const, 'bank_category' as const, 'check_number' as const),
      operator: fc.constantFrom('contains', 'not_contains', 'equals', 'starts_with', 'ends_with'),
      value,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      field: fc.constant('amount' as const),
      operator: fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
      valueMinor: fc.integer({ min: 0, max: 3 }).map(minor),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      field: fc.constant('bank_account' as const),
      operator: fc.constant('is' as const),
      bankAccountId: fc.constantFrom(...accounts),
    }),
  },
)
const rules: fc.Arbitrary<RuleToRun[]> = fc
  .array(
    fc.record({
      clientId: fc.constantFrom('client', null),
      active: fc.boolean(),
      direction: fc.constantFrom('in' as const, 'out' as const, 'both' as const),
      match: fc.constantFrom('all' as const, 'any' as const),
      conditions: fc.array(condition, { minLength: 1, maxLength: 3 }),
      priority: fc.integer({ min: 1, max: 100 }),
    }),
    { maxLength: 8 },
  )
  .map((list) => {
    const seen = new Set<string>()
    const unique = list.filter(({ clientId, priority }) => !seen.has(`${clientId} ${priority}`) && seen.add(`${clientId} ${priority}`))
    return unique.map((rule, index) => ({ ...rule, id: `rule-${index}`, name: `Rule ${index}`, version: 1, actions: {} }))
  })
const row: fc.Arbitrary<RowToMatch> = fc.record({
  description: textOf(0, 8),
  payee: fc.option(textOf(0, 4)),
  bankCategory: fc.option(textOf(0, 4)),
  checkNumber: fc.option(textOf(0, 2)),
  amountMinor: fc.integer({ min: -3, max: 3 }).map(minor),
  bankAccountId: fc.constantFrom(...accounts),
})

test('the evaluator decides as the naive one does, whatever the rules and the row', () => {
  let [hits, misses] = [0, 0]
  fc.assert(
    fc.property(rules, row, (list, candidate) => {
      const verdict = decide(readyRules(list), candidate)
      const decided = [verdict.client?.rule.id ?? null, verdict.global?.rule.id ?? null]
      expect(decided).toEqual([naiveWinner(list, candidate, true), naiveWinner(list, candidate, false)])
      for (const id of decided) {
        if (id === null) misses += 1
        else hits += 1
      }
    }),
    { numRuns: 4_000 },
  )
  // Both outcomes are common, so that the agreement says something
  expect(Math.min(hits, misses)).toBeGreaterThan(500)
})

test('the words of a match are the bank’s own and hold the value', () => {
  fc.assert(
    fc.property(textOf(0, 6), value, textOf(0, 6), (before, sought, after) => {
      const description = `${before}${sought}${after}`
      const rule: RuleToRun = {
        id: 'rule',
        name: 'Rule',
        version: 1,
        clientId: 'client',
        priority: 1,
        active: true,
        direction: 'both',
        match: 'all',
        conditions: [{ field: 'description', operator: 'contains', value: sought }],
        actions: {},
      }
      const found = decide(readyRules([rule]), {
        description,
        payee: null,
        bankCategory: null,
        checkNumber: null,
        amountMinor: minor(1),
        bankAccountId: 'x',
      })
      if (found.client === null) return
      const words = found.client.matched.join(' ')
      expect(fold(words)).toContain(fold(sought))
      const own = description.split(/\s+/u)
      for (const word of words.split(/\s+/u)) expect(own).toContain(word)
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['SHELL OIL 5744', 'shell', ['SHELL']],
  ['CAFÉ  \tDE   PARIS', 'café de', ['CAFÉ DE']],
  ['STRASSE 5', 'straße', ['STRASSE']],
  ['ΟΔΟΣ ΑΘΗΝΑ', 'οδοσ', ['ΟΔΟΣ']],
  ['ΟΔΟΣΗ', 'οδος', ['ΟΔΟΣΗ']],
  ['Ｓｈｅｌｌ station', 'SHELL', ['Ｓｈｅｌｌ']],
  ['<b>Tom & Ann’s</b> ⛽', '<B>tom', ['<b>Tom']],
  ['100% WOOL', '0% w', ['100% WOOL']],
  ['WOOL', '%', null],
  ['W.OL', 'w_ol', null],
])('%s matches %s by %j', (description, sought, words) => {
  const rule: RuleToRun = {
    id: 'rule',
    name: 'Rule',
    version: 1,
    clientId: 'client',
    priority: 1,
    active: true,
    direction: 'both',
    match: 'all',
    conditions: [{ field: 'description', operator: 'contains', value: sought }],
    actions: {},
  }
  const verdict = decide(readyRules([rule]), {
    description,
    payee: null,
    bankCategory: null,
    checkNumber: null,
    amountMinor: minor(1),
    bankAccountId: 'x',
  })
  expect(verdict.client?.matched ?? null).toEqual(words)
})

const by = fc.constantFrom('person' as const, 'client_rule' as const, 'global_rule' as const, null)
const coding: fc.Arbitrary<RowCoding> = fc
  .record({ vendorBy: by, categoryBy: by, memoBy: by, kind: fc.boolean() })
  .map(({ vendorBy, categoryBy, memoBy, kind }) => ({
    vendorBy,
    categoryBy,
    memoBy,
    vendorId: vendorBy && 'old vendor',
    categoryId: categoryBy && kind ? 'old category' : null,
    booksAccountId: categoryBy && !kind ? 'old account' : null,
    memo: memoBy && 'old memo',
    ruleId: null,
    why: null,
  }))
const hit = fc.option(
  fc
    .record({
      vendor: fc.boolean(),
      memo: fc.boolean(),
      category: fc.constantFrom('category', 'account', null),
      clientId: fc.constant('client'),
    })
    .map((sets) => ({
      vendorId: sets.vendor ? 'vendor' : null,
      memo: sets.memo ? 'memo' : null,
      categoryId: sets.category === 'category' ? 'category' : null,
      booksAccountId: sets.category === 'account' ? 'account' : null,
    })),
)

test('per field a person beats the client’s rule, that the firm’s, and what nobody sets is cleared', () => {
  const ruleOf = (clientId: string | null, actions: RuleToRun['actions']): RuleToRun => ({
    id: clientId ?? 'global',
    name: 'Rule',
    version: 3,
    clientId,
    priority: 1,
    active: true,
    direction: 'both',
    match: 'all',
    conditions: [],
    actions,
  })
  fc.assert(
    fc.property(coding, hit, hit, (before, client, global) => {
      const verdict = {
        client: client && { rule: ruleOf('client', { ...client, memo: client.memo && 'client memo' }), matched: [] },
        global: global && { rule: ruleOf(null, { ...global, memo: global.memo && 'global memo' }), matched: [] },
      }
      const after = recode(before, verdict, (actions) => actions)
      const memo =
        before.memoBy === 'person'
          ? ['old memo', 'person']
          : client?.memo
            ? ['client memo', 'client_rule']
            : global?.memo
              ? ['global memo', 'global_rule']
              : [null, null]
      expect([after.memo, after.memoBy]).toEqual(memo)
      if (before.categoryBy === 'person')
        expect([after.categoryId, after.booksAccountId, after.categoryBy]).toEqual([before.categoryId, before.booksAccountId, 'person'])
      else {
        const winner = client?.categoryId || client?.booksAccountId ? client : global
        expect([after.categoryId, after.booksAccountId]).toEqual([winner?.categoryId ?? null, winner?.booksAccountId ?? null])
      }
      expect(after.categoryId === null || after.booksAccountId === null).toBe(true)
      // Running again changes nothing
      expect(recode(after, verdict, (actions) => actions)).toEqual(after)
    }),
  )
})
