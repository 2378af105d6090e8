import { bankNames, bankRequest, shortNames, shortRequest } from './bank-words.ts'
import type { Language } from './common.ts'
import { countSegments, type SegmentCount, toGsm } from './sms.ts'
import { type Placeholder, placeholderOf, placeholderPattern } from './template-rules.ts'
import type { TemplateKind, TemplateText } from './templates.ts'
import { fillMarks, type InviteFacts, joinNames, linkMark, linkPathLength, type NamedFacts, named, oneLine } from './texts.ts'

/** Whom a message is to and what it is about. The template says in which language. */
export type TemplateFacts = Omit<InviteFacts, 'language'>

/** A message as it is stored: `[link]` stands where the address goes. Texts have no subject. */
export interface Rendered {
  subject: string | null
  body: string
}

const optOut: Record<Language, string> = { en: 'Reply STOP to opt out.', es: 'Responda STOP para no recibir más.' }
/** What a text says in place of a name that is nothing but marks. */
const nobody: Record<Language, Record<'client' | 'staff' | 'firm', string>> = {
  en: { client: 'your business', staff: 'your accountant', firm: 'your accounting firm' },
  es: { client: 'su negocio', staff: 'su contador', firm: 'su despacho contable' },
}

/** The longest text the carriers' gateway takes, less the address; and a subject that still is one. */
const longest = { sms: 1_400, email: 200_000, title: 250 }
/** Names are cut to this, in turn, until the message fits: each at its whole length first. */
const cuts = [Number.POSITIVE_INFINITY, 120, 40]

/**
 * A template with the facts in it, the same for previews and for sending. Expects a template without problems
 * (`templateProblems`); then the body has exactly one `[link]` and no other mark, placeholder or address, whatever the names are.
 * A text message is written in the short alphabet as far as it goes and ends with how to opt out.
 */
export function renderTemplate({ channel, language, title, body }: TemplateText, facts: TemplateFacts): Rendered {
  const safe = named({ ...facts, language })
  const whole = fitting(body, valuesFor(safe, language, channel), longest[channel])
  if (channel === 'sms') return { subject: null, body: separated(toGsm(withOptOut(whole, body, language))) }
  const subject = fitting(title ?? '', { ...valuesFor(safe, language, channel), ...titleValues(safe, language) }, longest.title)
  return { subject: separated(oneLine(subject)), body: separated(whole) }
}

type Values = Record<Placeholder, string>

function valuesFor(facts: NamedFacts, language: Language, channel: TemplateText['channel']): Values {
  const none = nobody[language]
  const clients = facts.clientNames.filter((name) => name !== '')
  return {
    client_name: joinNames(clients, language) || none.client,
    contact_name: facts.contactFirstName,
    firm_name: facts.firmName || none.firm,
    staff_name: facts.staffName || none.staff,
    bank_names: bankNames(facts, language),
    bank_request: bankRequest(facts, language, channel),
    bank_link: linkMark,
  }
}

/** A subject is short: banks by their names alone, and what is asked in a few words. */
const titleValues = (facts: NamedFacts, language: Language) => ({
  bank_names: shortNames(facts, language),
  bank_request: shortRequest(facts, language),
})

function fitting(text: string, values: Values, max: number): string {
  let filled = ''
  for (const cut of cuts) {
    filled = fill(text, values, cut)
    if (filled.length <= max) break
  }
  return filled
}

const shortened = (value: string, max: number): string => (value.length <= max ? value : `${value.slice(0, max - 3).trimEnd()}...`)

function fill(text: string, values: Values, cut: number): string {
  const lines = text.replaceAll(/\r\n?/g, '\n').trim()
  const spoken = values.contact_name === '' ? withoutContact(lines) : lines
  return spoken.replaceAll(placeholderPattern, (mark: string, inside: string, offset: number) => {
    const name = placeholderOf(inside)
    const value = name === null ? '' : shortened(values[name], cut)
    // "Acme Inc." and the full stop of the sentence are one
    return value.endsWith('.') && spoken[offset + mark.length] === '.' ? value.slice(0, -1) : value
  })
}

/** Nobody's name leaves neither "Hi ," nor ", this is": what parts it from the words beside it goes along, but never the link's space. */
function withoutContact(text: string): string {
  return text
    .replaceAll(/^\{\{\s*contact_name\s*\}\}[,:]?[ \t]*(\p{L}?)/gmu, (_mark: string, letter: string) => letter.toUpperCase())
    .replaceAll(/(?<!bank_link\s*\}\}[ \t]*)(?:,?[ \t]+)?\{\{\s*contact_name\s*\}\}(?=[\s.,:;!?]|$)/gu, '')
    .replaceAll(/\{\{\s*contact_name\s*\}\}/gu, '')
}

/** A template that says itself how to opt out is left as it is. Names do not count. */
function withOptOut(filled: string, template: string, language: Language): string {
  return /\bSTOP\b/u.test(template) ? filled : `${filled}\n${optOut[language]}`
}

/** No address comes about where a name meets the words around it. */
const separated = (text: string): string => text.replaceAll(/(\S)([.\u3002])(?=[\p{L}\p{M}]{2})/gu, '$1$2 ').replaceAll(/:\/\//g, ': ')

/** How long a text message is as it goes out, its link at its true length. `origin` is the product's public address. */
export const measureText = (body: string, origin: string): SegmentCount =>
  countSegments(fillMarks(body, { link: origin + 'x'.repeat(linkPathLength) }))

/** Texts of more segments than this are warned of: each is paid for, and long ones are read less. */
const segmentsMax = 2

/** What to think about before a message goes out so, in sentences. */
export function warningsFor({ channel, body }: TemplateText, length: SegmentCount | null): string[] {
  if (length === null)
    return isAlone(body) ? [] : ['Put {{bank_link}} on a line of its own, with an empty line before and after: then it becomes a button.']
  if (channel !== 'sms' || length.segments <= segmentsMax) return []
  const start = `This text takes ${length.segments} segments, and each is paid for.`
  if (length.culprit !== null)
    return [`${start} “${length.culprit}” is not in the short alphabet of texts, so that 67 characters fit into a segment instead of 153.`]
  const over = length.units - segmentsMax * 153
  return [`${start} It is ${over} ${over === 1 ? 'character' : 'characters'} longer than two segments.`]
}

const isAlone = (body: string): boolean => body.split(/\n{2,}/).some((paragraph) => /^\s*\{\{\s*bank_link\s*\}\}\s*$/u.test(paragraph))

/** Invented facts, for looking at a template without choosing a client. */
export function sampleFacts(kind: TemplateKind, sender: Pick<InviteFacts, 'staffName' | 'firmName'>): TemplateFacts {
  return {
    ...sender,
    contactFirstName: 'Nora',
    clientNames: ['Saltgrass Outfitters'],
    bankNames: kind === 'reconnect' ? [] : ['First Meridian', 'Unity Card'],
    broken: kind === 'reconnect' ? [{ name: 'Lakeside Trust', mask: '8841', trouble: 'password' }] : [],
  }
}
