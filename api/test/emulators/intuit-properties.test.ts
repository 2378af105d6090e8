import { IntuitFault } from '@ledgersync/emulators/intuit/faults'
import { formatMinor, fromMinor, toMinor } from '@ledgersync/emulators/intuit/money'
import { parseQuery } from '@ledgersync/emulators/intuit/query-parser'
import fc from 'fast-check'

const minors = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 })

test('every amount survives the wire to the cent', () => {
  fc.assert(
    fc.property(minors, (minor) => {
      const wire = JSON.stringify(fromMinor(minor))
      expect(wire).toMatch(/^-?\d+(\.\d{1,2})?$/)
      expect(toMinor(JSON.parse(wire))).toBe(minor)
      expect(Number(formatMinor(minor).replace(/[,.]/g, ''))).toBe(minor)
    }),
  )
})

test.each([
  [0.1 + 0.2, 'more than 2 decimals'],
  [1e-7, 'not a number'],
  [1e21, 'too large'],
  [100_000_000_000.01, 'too large'],
  ['', 'not a number'],
  ['1,000', 'not a number'],
  [null, 'not a number'],
  ['12.50', 1250],
  [19.99, 1999],
])('%p is %p', (wire, expected) => {
  expect(toMinor(wire)).toBe(expected)
})

test('any text is parsed or refused with a Fault, never anything else', () => {
  const words = fc.constantFrom(
    'select',
    '*',
    'from',
    'Account',
    'where',
    'Name',
    '=',
    "'a'",
    'and',
    'in',
    '(',
    ')',
    ',',
    '1',
    'maxresults',
    '\\',
    "'",
    'count',
  )
  const statements = fc.oneof(
    fc.string(),
    fc.array(words).map((parts) => parts.join(' ')),
  )
  fc.assert(
    fc.property(statements, (statement) => {
      try {
        expect(parseQuery(statement).from).not.toBe('')
      } catch (error) {
        expect(error).toBeInstanceOf(IntuitFault)
        // What the parser throws was just seen to be a Fault
        expect((error as IntuitFault).code).toBe('4000')
      }
    }),
    { numRuns: 500 },
  )
})

test('a quoted value comes back as it was, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const quoted = value.replace(/[\\']/g, '\\$&')
      expect(parseQuery(`select * from Vendor where DisplayName = '${quoted}'`).where[0]?.values).toEqual([value])
    }),
  )
})
