import { minor } from '@ledgersync/shared/money'
import fc from 'fast-check'
import { type CodedTransaction, entryFor } from '../src/pushes/entry.ts'

const row = (overrides: Partial<CodedTransaction>): CodedTransaction => ({
  date: '2026-10-05',
  description: 'FUELWAY 7',
  memo: null,
  checkNumber: null,
  amountMinor: minor(-100),
  currency: 'USD',
  accountKind: 'bank',
  accountProviderId: '35',
  targetProviderId: '7',
  vendorProviderId: null,
  ...overrides,
})

test.each([
  [{ amountMinor: minor(-1) }, 'expense'],
  [{ amountMinor: minor(-1), checkNumber: '2291' }, 'check'],
  [{ amountMinor: minor(-1), checkNumber: '  ' }, 'expense'],
  [{ amountMinor: minor(1) }, 'deposit'],
  [{ amountMinor: minor(1), checkNumber: '12' }, 'deposit'],
  [{ amountMinor: minor(-1), accountKind: 'card' as const }, 'card_charge'],
  [{ amountMinor: minor(1), accountKind: 'card' as const }, 'card_credit'],
])('%j becomes %s', (overrides, kind) => {
  expect(entryFor(row(overrides)).kind).toBe(kind)
})

test('any row keeps its cents, positive, and its lines add up', () => {
  const amount = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }).filter((each) => each !== 0)
  fc.assert(
    fc.property(
      amount,
      fc.constantFrom('bank' as const, 'card' as const),
      fc.option(fc.string()),
      (amountMinor, accountKind, checkNumber) => {
        const entry = entryFor(row({ amountMinor: minor(amountMinor), accountKind, checkNumber }))
        expect(entry.amountMinor).toBe(Math.abs(amountMinor))
        expect(entry.lines.reduce((sum, line) => sum + line.amountMinor, 0)).toBe(entry.amountMinor)
        expect(entry.kind === 'deposit' || entry.kind === 'card_credit').toBe(amountMinor > 0)
        expect(entry.checkNumber === null || entry.kind === 'check').toBe(true)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a zero amount has no entry', () => {
  expect(() => entryFor(row({ amountMinor: minor(0) }))).toThrow('zero')
})
