import { shippedTemplate, shippedTemplates } from '@ledgersync/shared/template-defaults'
import { measureText, renderTemplate, sampleFacts, type TemplateFacts, warningsFor } from '@ledgersync/shared/template-render'
import { placeholders, templateProblems, written } from '@ledgersync/shared/template-rules'
import { templateBodyMax, type TemplateText } from '@ledgersync/shared/templates'
import { bankOf, type BrokenBank } from '@ledgersync/shared/texts'
import fc from 'fast-check'

const sms = (body: string, language: 'en' | 'es' = 'en'): TemplateText => ({
  kind: 'invitation',
  channel: 'sms',
  language,
  title: null,
  body,
})
const mail = (title: string, body = 'Hello\n\n{{bank_link}}'): TemplateText => ({ ...sms(body), channel: 'email', title })

const lakeside: BrokenBank = { name: 'Lakeside Trust', mask: '8841', trouble: 'password' }
const facts: TemplateFacts = {
  contactFirstName: 'Lena',
  clientNames: ['Bluewater Marine'],
  staffName: 'Dana Whitlock',
  firmName: 'Quillstone',
  bankNames: ['First Meridian'],
  broken: [],
}
const text = (body: string, changes: Partial<TemplateFacts> = {}, language: 'en' | 'es' = 'en') =>
  renderTemplate(sms(`${body} {{bank_link}} STOP`, language), { ...facts, ...changes }).body.replace(' [link] STOP', '')

describe('a template', () => {
  test.each<[string, string, RegExp]>([
    ['empty', '  ', /Enter the text/],
    ['without the link', 'Hi {{contact_name}}', /Add \{\{bank_link\}\}/],
    ['with the link twice', '{{bank_link}} or {{ bank_link }}', /once/],
    ['with words that touch the link', 'See {{bank_link}}.', /space/],
    ['with an unknown placeholder', '{{bank_name}} {{bank_link}}', /no placeholder “\{\{bank_name\}\}”/],
    ['with words in a placeholder', '{{client name}} {{bank_link}}', /no placeholder/],
    ['with a placeholder that is not closed', 'Hi {{client_name, {{bank_link}}', /“\{\{client_name,” is not closed/],
    ['with one bracket', 'Hi {client_name} {{bank_link}}', /two on each side/],
    ['with full-width brackets', 'Hi ｛｛client_name｝｝ {{bank_link}}', /not closed/],
    ['with our own mark', '[link] {{bank_link}}', /round brackets/],
    ['with an address', 'https://evil.example/x {{bank_link}}', /“https:\/\/evil\.example\/x” into a link/],
    ['with a bare domain', 'Go to quillstone.com now {{bank_link}}', /“quillstone\.com”/],
    ['with a hidden domain', 'evil\u200B.example {{bank_link}}', /link/],
    ['with another full stop', 'evil。example {{bank_link}}', /link/],
    ['with an ellipsis for a full stop', 'wait…com, evil․example {{bank_link}}', /link/],
    ['with a mail address', 'dana@quillstone.example {{bank_link}}', /link/],
    ['with a network address', 'http 198.51.100.7 {{bank_link}}', /198\.51\.100\.7/],
    ['that makes a domain of a name', '{{client_name}}.com {{bank_link}}', /Phones turn this/],
    ['that makes a domain of two names', '{{client_name}}.{{firm_name}} {{bank_link}}', /link/],
    ['with a missing space', 'It is current.It is safe. {{bank_link}}', /current\.It/],
    ['that is too long', `${'a'.repeat(templateBodyMax.sms)} {{bank_link}}`, /14 characters too long: 480 fit/],
  ])('%s is refused', (_name, body, problem) => {
    expect(templateProblems(sms(body)).body).toMatch(problem)
  })

  test.each<[string, RegExp]>([
    ['', /Enter a subject/],
    ['Tap {{bank_link}}', /cannot be tapped/],
    ['See evil.example', /link/],
    ['Hi {{name}}', /no placeholder/],
    ['a'.repeat(121), /1 character too long/],
  ])('with the subject “%s” is refused', (title, problem) => {
    expect(templateProblems(mail(title))).toEqual({ title: expect.stringMatching(problem) })
  })

  test('of a text has no subject, and one without problems may say what people say', () => {
    expect(templateProblems({ ...sms('{{bank_link}}'), title: 'Hi' })).toEqual({ title: 'A text message has no subject.' })
    const body = 'Hi! At 9 a.m., e.g., it costs $9.50 (or 3.5%). Call (503) 555-0187: ask for me... {{ bank_link }}\nAnd/or reply. EE. UU.'
    expect(templateProblems(sms(body))).toEqual({})
    expect(templateProblems(mail('{{bank_names}} for {{client_name}}'))).toEqual({})
  })
})

describe('names in a message', () => {
  test('of banks: none, one, several, many, broken ones with digits and cause first', () => {
    const names = (changes: Partial<TemplateFacts>, language: 'en' | 'es' = 'en') => text('{{bank_names}}', changes, language)
    expect(names({ bankNames: [] })).toBe('your banks')
    expect(names({ bankNames: [] }, 'es')).toBe('sus bancos')
    expect(names({})).toBe('First Meridian')
    expect(names({ bankNames: ['A', 'B', 'C'] })).toBe('A, B and C')
    expect(names({ bankNames: ['A', 'B', 'C', 'D', 'E'] })).toBe('A, B and 3 more')
    expect(names({ bankNames: [], broken: [lakeside] })).toBe('Lakeside Trust ending in 8841 (the saved sign-in no longer works)')
    expect(names({ broken: [lakeside] }, 'es')).toBe(
      'Lakeside Trust, que termina en 8841 (el acceso guardado ya no funciona) y First Meridian',
    )
    expect(names({ broken: [lakeside, { name: 'Tartan', mask: null, trouble: null }] })).toBe(
      'Lakeside Trust ending in 8841, Tartan and First Meridian',
    )
  })

  test('of several broken banks are short in a text, and in a mail say why', () => {
    const [tartan, other]: BrokenBank[] = [
      { name: 'Tartan', mask: '1111', trouble: 'code' },
      { name: 'Tartan', mask: '2222', trouble: 'code' },
    ]
    const ask = (broken: (BrokenBank | undefined)[]) => {
      const about = { ...facts, bankNames: [], broken: broken.flatMap((bank) => bank ?? []) }
      return [sms('{{bank_request}} {{bank_link}}'), mail('Hi', '{{bank_request}}\n\n{{bank_link}}')].map(
        (template) => renderTemplate(template, about).body.split(/ \[link\]|\n\n/)[0],
      )
    }
    expect(ask([lakeside, tartan])).toEqual([
      'Lakeside Trust and Tartan need you to sign in again.',
      'Lakeside Trust ending in 8841 (the saved sign-in no longer works) and Tartan ending in 1111 (it asks for a security code) need you to sign in again.',
    ])
    expect(ask([tartan, other])[0]).toBe('Tartan ending in 1111 and Tartan ending in 2222 need you to sign in again.')
  })

  test('of several clients of one person stand beside their banks, too', () => {
    const several = {
      clientNames: ['Bluewater Marine', 'Bluewater Rentals'],
      broken: [{ ...lakeside, clientName: 'Bluewater Marine' }],
      bankNames: [bankOf('First Meridian', 'Bluewater Rentals')],
    }
    expect(text('{{client_name}}', several)).toBe('Bluewater Marine and Bluewater Rentals')
    expect(text('{{bank_request}}', several)).toBe(
      'Lakeside Trust ending in 8841 (Bluewater Marine) needs you to sign in again: the saved sign-in no longer works. Please also connect First Meridian (Bluewater Rentals).',
    )
    expect(text('{{bank_names}}', several)).toBe(
      'Lakeside Trust ending in 8841 (Bluewater Marine, the saved sign-in no longer works) and First Meridian (Bluewater Rentals)',
    )
  })

  test('that are not there leave whole sentences, and a full stop is not doubled', () => {
    const nobody = { contactFirstName: '', clientNames: [], staffName: '[]', firmName: '{{}}' }
    expect(text('Hi {{contact_name}}, it is about {{client_name}}.', nobody)).toBe('Hi, it is about your business.')
    expect(text('{{contact_name}}, this is {{staff_name}} at {{firm_name}}.', nobody)).toBe(
      'This is your accountant at your accounting firm.',
    )
    expect(text('Hola, {{contact_name}}: {{client_name}}', nobody, 'es')).toBe('Hola: su negocio')
    expect(text('This is {{firm_name}}. Hello', { firmName: 'Acme Inc.' })).toBe('This is Acme Inc. Hello')
  })

  test('in a subject are short', () => {
    const subject = (changes: Partial<TemplateFacts>) =>
      renderTemplate(mail('{{bank_request}}: {{bank_names}}'), { ...facts, ...changes }).subject
    expect(subject({})).toBe('connect First Meridian: First Meridian')
    expect(subject({ broken: [lakeside] })).toBe('sign in to Lakeside Trust again: Lakeside Trust')
  })

  test('that are very long are cut, so that a text is still taken', () => {
    const long = 'Whatever '.repeat(14).trim()
    const body = '{{bank_request}} {{client_name}} '.repeat(14)
    const many = { ...facts, clientNames: [long, long, long], bankNames: [long, long, long], firmName: long }
    const rendered = renderTemplate(sms(`${body}{{bank_link}}`), many).body
    expect(rendered.length).toBeLessThan(1_500)
    expect(rendered.split('[link]')).toHaveLength(2)
  })
})

test('a text says how to opt out, unless the template says it', () => {
  expect(renderTemplate(sms('Hi {{bank_link}}'), facts).body).toBe('Hi [link]\nReply STOP to opt out.')
  expect(renderTemplate(sms('Hola {{bank_link}}', 'es'), facts).body).toBe(
    'Hola [link]\nResponda STOP para no recibir más.'.replace('á', 'a'),
  )
  expect(renderTemplate(sms('Text STOP to end. {{bank_link}}'), facts).body).toBe('Text STOP to end. [link]')
  expect(renderTemplate(sms('{{firm_name}} {{bank_link}}'), { ...facts, firmName: 'STOP' }).body).toMatch(/Reply STOP to opt out\.$/)
  expect(renderTemplate(mail('Hi'), facts).body).not.toContain('STOP')
})

test('past two segments the warning says why, counted with the whole link', () => {
  const origin = 'https://app.ledgersync.example'
  const warn = (body: string) => {
    const template = sms(body)
    const length = measureText(renderTemplate(template, facts).body, origin)
    return { segments: length.segments, warnings: warningsFor(template, length) }
  }
  // 76 of the link, a space before it and the line about STOP
  const fits = 'a'.repeat(306 - 76 - 1 - 23)
  expect(warn(`${fits} {{bank_link}}`)).toEqual({ segments: 2, warnings: [] })
  expect(warn(`${fits}a {{bank_link}}`)).toEqual({
    segments: 3,
    warnings: ['This text takes 3 segments, and each is paid for. It is 1 character longer than two segments.'],
  })
  expect(warn(`${'b'.repeat(60)} ☕ {{bank_link}}`)).toEqual({
    segments: 3,
    warnings: [expect.stringContaining('“☕” is not in the short alphabet')],
  })
  expect(warningsFor(mail('Hi', 'See {{bank_link}} now'), null)).toEqual([expect.stringContaining('button')])
  expect(warningsFor(mail('Hi'), null)).toEqual([])
})

test('the templates that come with the product have no problem, name the bank, and fit into two segments', () => {
  expect(shippedTemplates).toHaveLength(12)
  for (const template of shippedTemplates) {
    expect([template, templateProblems(template)]).toEqual([template, {}])
    const about = { ...sampleFacts(template.kind, facts), broken: [lakeside], bankNames: [] }
    const { subject, body } = renderTemplate(template, about)
    expect(body).toMatch(/Lakeside Trust.* 8841/)
    expect(body).toContain(template.language === 'es' ? 'el acceso guardado ya no funciona' : 'the saved sign-in no longer works')
    if (template.channel === 'email') expect(subject).toContain('Lakeside Trust')
    else expect(measureText(body, 'https://app.ledgersync.example').segments).toBe(2)
    expect(shippedTemplate(template)).toEqual(template)
  }
})

test.each(['evil.example', 'evil\u3002example', 'evil\uff61example', 'evil\uff0eexample', 'evil\u2024example', '!\uff61[link]'])(
  'the name %s puts no address into a message',
  (name) => {
    const facts = { contactFirstName: 'Nora', clientNames: [name], staffName: name, firmName: name, bankNames: [name], broken: [] }
    for (const template of shippedTemplates)
      expect(renderTemplate(template, facts).body.normalize('NFKC')).not.toMatch(/\S[.\u3002]\p{L}{2}/u)
  },
)

test('whatever names hold: one link and no other, no placeholder, no address', () => {
  const nasty = fc.constantFrom(
    '[link]',
    '[code]',
    '{{bank_link}}',
    '{{',
    '}}',
    'https://evil.example/x',
    'evil.example',
    '．',
    '://',
    '//',
    'http:',
    '\n',
    '\u202E',
    '\u200B',
    '…',
    '［link］',
    '｛｛',
    'link',
    '$&',
    '.',
    ' ',
    'é',
    'Acme Inc.',
  )
  const name = fc.array(fc.oneof(nasty, fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 5 }).map((parts) => parts.join(''))
  const anyFacts: fc.Arbitrary<TemplateFacts> = fc.record({
    contactFirstName: name,
    clientNames: fc.array(name, { maxLength: 3 }),
    staffName: name,
    firmName: name,
    bankNames: fc.array(name, { maxLength: 5 }),
    broken: fc.array(fc.record({ name, mask: fc.option(name), trouble: fc.constantFrom('password' as const, null), clientName: name }), {
      maxLength: 3,
    }),
  })
  const word = fc.constantFrom(
    ...placeholders.filter((one) => one !== 'bank_link').map(written),
    'a',
    ' ',
    ' ',
    '.',
    ',',
    '\n\n',
    'co',
    ':',
    '/',
    '(',
    'STOP',
    '…',
  )
  const words = fc.array(word, { maxLength: 12 }).map((parts) => parts.join(''))
  const own = fc
    .record({
      before: words,
      after: words,
      title: words,
      channel: fc.constantFrom('sms' as const, 'email' as const),
      language: fc.constantFrom('en' as const, 'es' as const),
    })
    .map(({ before, after, title, channel, language }): TemplateText => {
      const body = `${before} {{bank_link}} ${after}`
      return { kind: 'reminder', channel, language, title: channel === 'sms' ? null : title, body }
    })
    .filter((template) => Object.keys(templateProblems(template)).length === 0)
  fc.assert(
    fc.property(fc.oneof(own, fc.constantFrom(...shippedTemplates)), anyFacts, (template, about) => {
      const { subject, body } = renderTemplate(template, about)
      const plain = (part: string) => part.normalize('NFKC').replaceAll(/\p{Cf}/gu, '')
      expect(plain(body).match(/\[[^\]]*\]/g)).toEqual(['[link]'])
      expect(body).toMatch(/(?:^|\s)\[link\](?:\s|$)/)
      for (const part of [body.replace('[link]', ''), subject ?? '']) {
        expect(plain(part)).not.toMatch(/[{}[\]]|:\/\//)
        expect(part.replaceAll(/\p{Cf}/gu, '')).not.toMatch(/[^\s.。．｡․][.。．｡․][\p{L}\p{M}]{2}/u)
      }
      if (template.channel === 'sms') expect(body).toContain('STOP')
      else expect(subject).not.toContain('\n')
    }),
    { numRuns: 500 },
  )
})
