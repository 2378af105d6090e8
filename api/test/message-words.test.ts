import { countSegments as providersCount } from '@ledgersync/emulators/twilio'
import { countSegments, toGsm } from '@ledgersync/shared/sms'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { renderTemplate } from '@ledgersync/shared/template-render'
import { fillMarks, headsUp, type InviteFacts, joinNames, linkPathLength } from '@ledgersync/shared/texts'
import fc from 'fast-check'
import { numbered, placeholderUsername } from '../src/clients/usernames.ts'
import { newToken } from '../src/core/ids.ts'
import { composeHtml, composeText } from '../src/messages/compose.ts'
import { keywordOf } from '../src/messages/keywords.ts'
import { nextTextTime } from '../src/messages/quiet-hours.ts'

const facts: InviteFacts = {
  language: 'en',
  contactFirstName: 'Nora',
  clientNames: ['Saltgrass Outfitters'],
  staffName: 'Dana Whitlock',
  firmName: 'Quillstone Accounting',
  bankNames: ['First Meridian', 'Cascade Community', 'Unity Card'],
}

const invitation = (channel: 'sms' | 'email', all: InviteFacts) =>
  renderTemplate(shippedTemplate({ kind: 'invitation', channel, language: all.language }), all)
const inviteSms = (all: InviteFacts): string => invitation('sms', all).body

describe('segments', () => {
  test.each([
    ['', 'GSM-7', 1],
    ['a'.repeat(160), 'GSM-7', 1],
    ['a'.repeat(161), 'GSM-7', 2],
    ['a'.repeat(306), 'GSM-7', 2],
    ['a'.repeat(307), 'GSM-7', 3],
    ['€'.repeat(80), 'GSM-7', 1],
    [`${'€'.repeat(80)}a`, 'GSM-7', 2],
    ['ñ'.repeat(160), 'GSM-7', 1],
    ['á', 'UCS-2', 1],
    ['í'.repeat(70), 'UCS-2', 1],
    ['í'.repeat(71), 'UCS-2', 2],
    ['😀'.repeat(35), 'UCS-2', 1],
    ['😀'.repeat(36), 'UCS-2', 2],
  ])('of %#', (text, encoding, segments) => {
    expect(countSegments(text)).toMatchObject({ encoding, segments })
  })

  test('are what the provider counts, whatever the text', () => {
    const character = fc.oneof(fc.constantFrom(...Array.from('abc €[]{}^~\\|ñü¿\n')), fc.constantFrom('á', '…', '😀', '’', '漢'))
    fc.assert(
      fc.property(fc.array(character, { maxLength: 500 }), (characters) => {
        const text = characters.join('')
        const { encoding, segments } = countSegments(text)
        expect({ encoding, count: segments }).toEqual(providersCount(text))
      }),
    )
  })

  test('an extension character is never parted, and the space left is exact', () => {
    expect(countSegments(`${'a'.repeat(152)}€${'a'.repeat(8)}`)).toMatchObject({ segments: 2, unitsLeft: 143 })
    expect(countSegments('a'.repeat(150)).unitsLeft).toBe(10)
    expect(countSegments('Café ☕').culprit).toBe('☕')
  })
})

describe('the invitation', () => {
  test('names people and banks, says that it is read-only, and how to stop', () => {
    expect(inviteSms(facts)).toBe(
      'Hi Nora, this is Dana Whitlock at Quillstone Accounting. Please connect First Meridian, Cascade Community and Unity Card so I can keep your books current. It is read-only: [link]\nReply STOP to opt out.',
    )
  })

  test.each(['en', 'es'] as const)('takes two segments at most in %s, with three banks and a real address', (language) => {
    const link = `https://app.ledgersync.example/i/${newToken()}`
    expect(link.length).toBe('https://app.ledgersync.example'.length + linkPathLength)
    const { encoding, segments } = countSegments(fillMarks(inviteSms({ ...facts, language }), { link }))
    expect([encoding, segments]).toEqual(['GSM-7', 2])
  })

  test('stays in the short alphabet whatever accents the names have', () => {
    expect(
      countSegments(inviteSms({ ...facts, language: 'es', contactFirstName: 'José', staffName: 'Ángela Muñoz', firmName: '“Peña & Cía.”' }))
        .encoding,
    ).toBe('GSM-7')
    expect(toGsm('Peña – Cía… ☕')).toBe('Peña - Cia... ☕')
  })

  test('does without a name or banks', () => {
    expect(inviteSms({ ...facts, contactFirstName: '', bankNames: [] })).toMatch(/^Hi, this is .* Please connect your banks so/)
    expect(invitation('email', { ...facts, language: 'es', contactFirstName: '', bankNames: [] }).body).toMatch(/^Hola:/)
    expect(headsUp({ ...facts, language: 'en' })).toMatch(/^Hi Nora, .* Dana$/)
  })

  test('a name puts neither a mark nor an address nor a new line into it', () => {
    const text = inviteSms({ ...facts, firmName: 'Evil [link]\nhttps://evil.example/pay', bankNames: ['www.evil.example'] })
    expect(text.match(/\[link\]/g)).toHaveLength(1)
    expect(text).not.toMatch(/evil\.example|https?:\/\//)
    expect(text.split('\n')).toHaveLength(2)
  })

  test('joins names as people do', () => {
    expect([['A'], ['A', 'B'], ['A', 'B', 'C'], ['A', 'B', 'C', 'D']].map((names) => joinNames(names, 'en'))).toEqual([
      'A',
      'A and B',
      'A, B and C',
      'A, B and 2 more',
    ])
    expect(joinNames(['A', 'B'], 'es')).toBe('A y B')
  })
})

describe('a message as it goes out', () => {
  const secrets = { link: '/i/$&TOKEN', code: '123456' }

  test('has its secrets in place, dollar signs included', () => {
    expect(composeText('Code [code]: [link]', secrets, 'https://app.example')).toBe('Code 123456: https://app.example/i/$&TOKEN')
  })

  test('as a page escapes everything', () => {
    const html = composeHtml('Hi <b>"Nora"</b>\n\n[link]\n\nCode [code]', secrets, { publicUrl: 'https://app.example', language: 'en' })
    expect(html).toContain('Hi &lt;b&gt;&quot;Nora&quot;&lt;/b&gt;')
    expect(html).toContain('href="https://app.example/i/$&amp;TOKEN"')
    expect(html).toContain('123456</strong>')
    expect(html).not.toContain('<b>')
  })
})

describe('quiet hours', () => {
  const next = (now: string, zone: string) => nextTextTime(new Date(now), zone).toISOString()

  test.each([
    ['2026-01-15T15:59:59Z', 'America/Los_Angeles', '2026-01-15T16:00:00.000Z'],
    ['2026-01-15T16:00:00Z', 'America/Los_Angeles', '2026-01-15T16:00:00.000Z'],
    ['2026-01-16T04:59:59Z', 'America/Los_Angeles', '2026-01-16T04:59:59.000Z'],
    ['2026-01-16T05:00:00Z', 'America/Los_Angeles', '2026-01-16T16:00:00.000Z'],
    // The night the clocks go forward is an hour shorter, the one they go back an hour longer
    ['2026-03-08T05:30:00Z', 'America/Los_Angeles', '2026-03-08T15:00:00.000Z'],
    ['2026-11-01T04:30:00Z', 'America/Los_Angeles', '2026-11-01T16:00:00.000Z'],
    ['2026-01-15T22:00:00Z', 'Asia/Kolkata', '2026-01-16T02:30:00.000Z'],
    ['2026-12-31T23:30:00Z', 'Etc/UTC', '2027-01-01T08:00:00.000Z'],
  ])('%s in %s: %s', (now, zone, expected) => {
    expect(next(now, zone)).toBe(expected)
  })

  test('always end within 8:00 to 20:59 of the place, at most 12 hours later', () => {
    const zones = [
      'America/New_York',
      'America/St_Johns',
      'Pacific/Honolulu',
      'Europe/Madrid',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Pacific/Apia',
    ]
    const year = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-12-31') })
    fc.assert(
      fc.property(year, fc.constantFrom(...zones), (ms, zone) => {
        const at = nextTextTime(new Date(ms), zone)
        const hour = Number(new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(at))
        expect(hour).toBeGreaterThanOrEqual(8)
        expect(hour).toBeLessThan(21)
        expect(at.getTime() - ms).toBeGreaterThanOrEqual(0)
        expect(at.getTime() - ms).toBeLessThanOrEqual(12 * 60 * 60_000)
      }),
    )
  })
})

test('replies: a keyword is the whole text, in whatever case, accent and punctuation', () => {
  const kinds = ['STOP', 'stopall', ' Quit! ', 'opt-out', 'Sí', 'YES', 'unstop', 'parar', 'please stop', 'stopping', '', 'baja.'].map(
    (text) => keywordOf(text)?.kind ?? null,
  )
  expect(kinds).toEqual(['stop', 'stop', 'stop', null, 'start', 'start', 'start', 'stop', null, null, null, 'stop'])
})

test('usernames that are made up are ASCII, and alternatives keep their domain', () => {
  expect(placeholderUsername('Łódź Straße & Ærø', 'quillstone.example')).toBe('lodzstrasseaero@quillstone.example')
  expect([numbered('nora@x.example', 2, false), numbered('saltgrass@x.example', 2, true), numbered('nora', 3, false)]).toEqual([
    'nora+2@x.example',
    'saltgrass2@x.example',
    'nora3',
  ])
})
