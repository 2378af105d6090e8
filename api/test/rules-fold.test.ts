import { minor } from '@ledgersync/shared/money'
import type { Condition } from '@ledgersync/shared/rules'
import fc from 'fast-check'
import { fold } from '../src/rules/fold.ts'
import { decide, readyRules } from '../src/rules/match.ts'

/** The words by which a description matches one text condition; null when it does not. */
function matchedBy(description: string, operator: 'contains' | 'equals' | 'starts_with' | 'ends_with', value: string): string[] | null {
  const conditions: Condition[] = [{ field: 'description', operator, value }]
  const rule = { id: 'rule', name: 'Rule', version: 1, clientId: 'client', priority: 1, active: true, actions: {}, conditions }
  const row = { description, payee: null, bankCategory: null, checkNumber: null, amountMinor: minor(-1), bankAccountId: 'checking' }
  return decide(readyRules([{ ...rule, direction: 'both', match: 'all' }]), row).client?.matched ?? null
}

// What changes its length or form with its case, and what joins its neighbours
const pieces = 'shell,OIL,ß,SS,ẞ,Σ,σ,ς,ΟΔΟΣ,İ,I,ı,ﬁ,Ａ,é,e\u0301,\u0301,漢字,🏦,ŉ,½,¨,*,%,\\, ,  ,\u00A0,\u3000,\t,\n'.split(',')
const piece = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...pieces) }, fc.string({ unit: 'grapheme', maxLength: 3 }))
const text = fc.array(piece, { maxLength: 7 }).map((parts) => parts.join(''))

// Composed first: upper case makes a letter of a subscript iota, which would then take the accents written behind it (Unicode 3.13)
const upperCase = (words: string) => words.normalize('NFC').toUpperCase()

test('folding twice is folding once, and neither case nor form nor spacing decides', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(fold(fold(value))).toBe(fold(value))
      const ways = [upperCase(value), value.toLowerCase(), value.normalize('NFD'), value.normalize('NFKC'), `\t${value}  `]
      for (const other of ways) expect(fold(other)).toBe(fold(value))
    }),
    { numRuns: 2_000 },
  )
})

test('whole words of a description are found in it however they are written, and are the words shown', () => {
  const ways = [
    (words: string) => words,
    upperCase,
    (words: string) => words.toLowerCase(),
    (words: string) => words.normalize('NFD'),
    (words: string) => ` ${words.replaceAll(/\s+/gu, ' \u00A0\t')} `,
  ]
  const cut = fc.record({ before: text, sought: text, after: text, way: fc.constantFrom(...ways) })
  let found = 0
  fc.assert(
    fc.property(cut, ({ before, sought, after, way }) => {
      if (fold(sought) === '') return
      found += 1
      const own = `${before} ${sought} ${after}`.split(/\s+/u).filter(Boolean)
      const shown = matchedBy(`${before} ${sought} ${after}`, 'contains', way(sought))
      expect(shown).toHaveLength(1)
      for (const word of shown?.join(' ').split(' ') ?? []) expect(own).toContain(word)
      const all = sought.split(/\s+/u).filter(Boolean).join(' ')
      for (const operator of ['equals', 'starts_with', 'ends_with'] as const)
        expect(matchedBy(sought, operator, way(sought))).toEqual([all])
    }),
    { numRuns: 2_000 },
  )
  expect(found).toBeGreaterThan(1_000)
})

test.each([
  ['GROẞ 7', 'gross', 'GROẞ'],
  ['STRASSE 7', 'straẞe', 'STRASSE'],
  ['Café   Noir\tParis', 'CAFE\u0301 noir', 'Café Noir'],
  ['ΟΔΟΣ 5', 'οδος', 'ΟΔΟΣ'],
  ['ＳＨＥＬＬ ＯＩＬ', 'shell oil', 'ＳＨＥＬＬ ＯＩＬ'],
  ['SQ *HARBOR-DINER 04', 'harbor', '*HARBOR-DINER'],
  ['100% PURE_WATER \\ CO', '% pure_', '100% PURE_WATER'],
])('%s contains %s by the words %s', (description, value, words) => {
  expect(matchedBy(description, 'contains', value)).toEqual([words])
})
