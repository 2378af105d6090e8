import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyReply } from 'fastify'
import type { Language } from '@ledgersync/shared/common'

/** Text that is HTML already. Everything else is escaped where it is filled in. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')

/** Several pieces one after the other. */
export const joined = (pieces: readonly Html[]): Html => new Html(pieces.map((piece) => piece.text).join('\n'))
export const nothing = new Html('')

const templateNames = [
  'frame',
  'landing',
  'bank-done',
  'bank-open',
  'another',
  'banks',
  'notice',
  'code',
  'choices',
  'statements',
  'statement',
] as const
type TemplateName = (typeof templateNames)[number]

/** The clients' pages as they were read at boot. */
export interface Pages {
  /** Fills a template: every `{{name}}` must be given, and everything given must have its place. */
  fill(template: TemplateName, values: Readonly<Record<string, string | Html>>): Html
  /** In the page itself, so that one answer is all a phone waits for; allowed by their hashes, and nothing else is. */
  style: Inline
  script: Inline
  /** The style of the page of statements, which needs more: the others are the smaller for it. */
  statementsStyle: Inline
}

interface Inline {
  html: Html
  /** What the policy names to allow it. */
  source: string
}

const loaded = new Map<string, Pages>()

/** Reads templates, style and script, once for each folder. Throws at boot when one is missing. */
export function loadPages(folder: string): Pages {
  const known = loaded.get(folder)
  if (known !== undefined) return known
  const texts = new Map(templateNames.map((name) => [name, readFileSync(join(folder, `${name}.html`), 'utf8').trim()]))
  // Its line breaks would be a fifth of it
  const styleOf = (...names: string[]): Inline =>
    inline(names.map((name) => readFileSync(join(folder, name), 'utf8').replaceAll(/\n\s*/g, '')).join(''))
  const script = readFileSync(join(folder, 'invite.js'), 'utf8')
  const pages: Pages = {
    fill: (template, values) => fillTemplate(template, texts.get(template) ?? '', values),
    style: styleOf('invite.css'),
    script: inline(script),
    statementsStyle: styleOf('invite.css', 'statements.css'),
  }
  loaded.set(folder, pages)
  return pages
}

const inline = (text: string): Inline => ({
  html: new Html(text),
  source: `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
})

function fillTemplate(name: string, text: string, values: Readonly<Record<string, string | Html>>): Html {
  const unused = new Set(Object.keys(values))
  const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_whole, key: string) => {
    const value = values[key]
    if (value === undefined) throw new Error(`The page ${name} needs ${key}`)
    unused.delete(key)
    return value instanceof Html ? value.text : escapeHtml(value)
  })
  if (unused.size > 0) throw new Error(`The page ${name} has no place for ${[...unused].join(', ')}`)
  return new Html(filled)
}

export interface Frame {
  language: Language
  /** Null where nothing may be told, as on the page of an unknown link. */
  firmName: string | null
  title: string
  main: Html
  /** Path of this page, for the link to its other language; null where it cannot be had in both. */
  path: string | null
  /** Of that path, besides the language; such as `&client=ID`. */
  query?: string
  /** Where no script runs: loads the page again after so many seconds, or another path. */
  refresh?: { seconds: number; path: string }
  /** A line above everything, such as the one that says that this is a preview. */
  banner?: string
  /** In place of the style that all pages have. */
  style?: Html
}

const productName = 'Ledgersync'
const otherLanguage: Record<Language, { code: Language; name: string }> = {
  en: { code: 'es', name: 'Español' },
  es: { code: 'en', name: 'English' },
}

/** The whole page: head, firm's name, language link, content. */
export function renderFrame(
  pages: Pages,
  { language, firmName, title, main, path, query = '', refresh, banner, style = pages.style.html }: Frame,
): string {
  const name = firmName ?? productName
  const other = otherLanguage[language]
  const link =
    path === null
      ? nothing
      : new Html(
          `<a href="${escapeHtml(`${path}?lang=${other.code}${query}`)}" lang="${other.code}" hreflang="${other.code}">${other.name}</a>`,
        )
  const again =
    refresh === undefined
      ? nothing
      : new Html(`<noscript><meta http-equiv="refresh" content="${refresh.seconds};url=${escapeHtml(refresh.path)}"></noscript>`)
  return pages.fill('frame', {
    language,
    title,
    refresh: again,
    style,
    script: pages.script.html,
    banner: banner === undefined ? nothing : new Html(`<div class="banner" role="status">${escapeHtml(banner)}</div>`),
    initial: ([...name.trim()][0] ?? 'L').toUpperCase(),
    firmName: name,
    languageLink: link,
    main,
  }).text
}

/** Pictures of a notice, drawn in a 24 by 24 square. */
const icons = {
  mail: '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3 7 9 6 9-6"/>',
  clock: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
  lock: '<rect x="4" y="11" width="16" height="10" rx="2"/><path d="M7 11V7a5 5 0 0 1 10 0v4"/>',
  tick: '<circle cx="12" cy="12" r="9"/><path d="m8 12 3 3 5-6"/>',
  alert: '<path d="M12 4 2.5 20h19L12 4Z"/><path d="M12 10v4m0 3v.01"/>',
} as const

export interface Notice {
  icon: keyof typeof icons
  heading: string
  text: string
  /** Forms or links below the text. */
  actions?: Html
  /** Paragraphs at the end: what begins each is strong. */
  more?: readonly { strong: string; text: string }[]
}

/** A page that says one thing: an expired link, a bank that was connected. */
export function renderNotice(pages: Pages, { icon, heading, text, actions = nothing, more = [] }: Notice): Html {
  const paragraphs = more.map(
    ({ strong, text: rest }) => new Html(`<p class="doubt"><strong>${escapeHtml(strong)}</strong> ${escapeHtml(rest)}</p>`),
  )
  return pages.fill('notice', { icon: new Html(icons[icon]), heading, text, actions, more: joined(paragraphs) })
}

/** A form with one wide button, filled unless there are several of equal weight. */
export function formButton(
  action: string,
  label: string,
  fields: Readonly<Record<string, string>> = {},
  look: 'filled' | 'plain' = 'filled',
): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  )
  return new Html(
    `<form class="wide ${look}" method="post" action="${escapeHtml(action)}">${hidden.join('')}<button type="submit">${escapeHtml(label)}</button></form>`,
  )
}

/** A wide link that looks like a button, for going on to a page. */
export function linkButton(href: string, label: string, look: 'button' | 'wide-link' = 'button'): Html {
  return new Html(`<a class="${look}" href="${escapeHtml(href)}">${escapeHtml(label)}</a>`)
}

/** `?lang=` when it names a language we have, else what the client speaks. */
export function chooseLanguage(query: unknown, fallback: Language): Language {
  // A query string parses to an object of texts and lists
  const lang = typeof query === 'object' && query !== null ? (query as { lang?: unknown }).lang : undefined
  return lang === 'en' || lang === 'es' ? lang : fallback
}

/** The browser's first wish, for pages that know nobody. */
export function acceptedLanguage(header: string | undefined): Language {
  return /^\s*es\b/i.test(header ?? '') ? 'es' : 'en'
}

/**
 * Answers a page: nothing is kept, no address travels on, nothing else loads, forms go to us and, by the redirect
 * that follows them, to the bank's sign-in (browsers apply form-action to that, too).
 */
export function sendPage(
  reply: FastifyReply,
  pages: Pages,
  html: string,
  { status = 200, hostedLinkOrigin, style = pages.style }: { status?: number; hostedLinkOrigin: string; style?: Inline },
): FastifyReply {
  const policy = [
    "default-src 'none'",
    `style-src ${style.source}`,
    `script-src ${pages.script.source}`,
    "img-src 'self' data:",
    `form-action 'self' ${hostedLinkOrigin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return reply
    .code(status)
    .headers({
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
      vary: 'Cookie',
    })
    .type('text/html; charset=utf-8')
    .send(html)
}
