import { templateBodyMax, type TemplateText, templateTitleMax } from './templates.ts'

/** What may stand in a template between `{{` and `}}`, in the order people are shown it. */
export const placeholders = ['client_name', 'contact_name', 'firm_name', 'staff_name', 'bank_names', 'bank_request', 'bank_link'] as const
export type Placeholder = (typeof placeholders)[number]

/** One as it is written. */
export const written = (name: Placeholder): string => `{{${name}}}`

/** What looks like a placeholder in a text; the first group is what stands inside. */
export const placeholderPattern = /\{\{([^{}\n]*)\}\}/gu

/** The placeholder that is written so, spaces around it allowed, or null when there is none of that name. */
export const placeholderOf = (inside: string): Placeholder | null => placeholders.find((one) => one === inside.trim()) ?? null

/** What is wrong with the parts of a template: one sentence each, for the person who writes it. */
export type TemplateProblems = Partial<Record<'title' | 'body', string>>

/** Checks a template as it was typed. Whatever has no problem here renders to a message with exactly one link, whatever the names are. */
export function templateProblems({ channel, title, body }: Pick<TemplateText, 'channel' | 'title' | 'body'>): TemplateProblems {
  const ofTitle = channel === 'email' ? titleProblem(title ?? '') : title === null ? null : 'A text message has no subject.'
  const ofBody = bodyProblem(body, channel)
  return { ...(ofTitle !== null && { title: ofTitle }), ...(ofBody !== null && { body: ofBody }) }
}

function titleProblem(title: string): string | null {
  if (title.trim() === '') return 'Enter a subject.'
  if (title.length > templateTitleMax) return tooLong(title, templateTitleMax)
  const other = markProblem(title) ?? addressProblem(title)
  if (other !== null) return other
  return linksIn(title) > 0 ? '{{bank_link}} belongs into the text: a subject cannot be tapped.' : null
}

function bodyProblem(body: string, channel: TemplateText['channel']): string | null {
  if (body.trim() === '') return 'Enter the text.'
  if (body.length > templateBodyMax[channel]) return tooLong(body, templateBodyMax[channel])
  return markProblem(body) ?? addressProblem(body) ?? linkProblem(body)
}

const tooLong = (text: string, max: number): string =>
  `This is ${(text.length - max).toLocaleString('en-US')} ${text.length - max === 1 ? 'character' : 'characters'} too long: ${max.toLocaleString('en-US')} fit.`

/** The start of a text that is quoted in a sentence. */
const quoted = (text: string): string => `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`

/** Braces that are no placeholder, placeholders that nobody knows, and the brackets that mark where secrets go. */
function markProblem(text: string): string | null {
  const unknown = [...text.matchAll(placeholderPattern)].find(([, inside]) => placeholderOf(inside ?? '') === null)
  if (unknown !== undefined) return `There is no placeholder ${quoted(unknown[0])}. There are ${placeholders.map(written).join(', ')}.`
  const rest = text.replaceAll(placeholderPattern, ' ').normalize('NFKC')
  const open = /\{\{[^{}\n]*/.exec(rest)
  if (open !== null) return `${quoted(open[0].trim())} is not closed: a placeholder ends with }}.`
  if (/[{}]/.test(rest)) return 'Curly brackets only stand around placeholders, two on each side: {{client_name}}.'
  return /[[\]]/.test(rest) ? 'Use round brackets: square ones mark the link when a message is sent.' : null
}

/** What phones and mail programs turn into a link. Two letters stand for a name: it must not become part of an address either. */
function addressProblem(text: string): string | null {
  const plain = text
    .replaceAll(placeholderPattern, (_mark: string, inside: string) => (placeholderOf(inside) === 'bank_link' ? ' ' : 'xx'))
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
  const found =
    /\S*\/\/\S*/u.exec(plain) ??
    /\b(?:https?|mailto|tel|sms):\S+/iu.exec(plain) ??
    /\b\d{1,3}(?:\.\d{1,3}){3}\b/u.exec(plain) ??
    /\S*[^\s.\u3002][.\u3002](?=[\p{L}\p{M}]{2})\S*/u.exec(plain)
  if (found === null) return null
  const words = found[0].includes('xx') ? '' : ` ${quoted(found[0])}`
  return `Phones turn${words === '' ? ' this' : words} into a link. Leave addresses out, and put a space after each full stop.`
}

const linksIn = (text: string): number =>
  [...text.matchAll(placeholderPattern)].filter(([, inside]) => placeholderOf(inside ?? '') === 'bank_link').length

function linkProblem(body: string): string | null {
  const links = linksIn(body)
  if (links === 0) return 'Add {{bank_link}}: it becomes the link that the client taps.'
  if (links > 1) return 'Use {{bank_link}} once: every message has one link.'
  if (/(?:^|\s)\{\{\s*bank_link\s*\}\}(?:\s|$)/u.test(body)) return null
  return 'Leave a space or a new line on both sides of {{bank_link}}: phones take what touches it for part of the address.'
}
