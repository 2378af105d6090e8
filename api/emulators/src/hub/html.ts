/** Markup that needs no escaping any more. Only `html` makes it. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

export type Part = string | number | null | Html | readonly Part[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

function render(part: Part): string {
  if (part === null) return ''
  if (part instanceof Html) return part.markup
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
  return part.map(render).join('')
}

/** A template in which every value is escaped, in text and in quoted attributes alike, unless it is itself `html`. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((text, index) => text + (index < parts.length ? render(parts[index] ?? null) : '')).join(''))
}

const link = /https?:\/\/[^\s<>"']+/g

/** Text with its web addresses made into links that open in a new tab, as a phone does. A full stop after an address is not part of it. */
export function linkify(text: string): Html {
  const parts: Part[] = []
  let end = 0
  for (const found of text.matchAll(link)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/, '')
    parts.push(text.slice(end, found.index), html`<a href="${address}" target="_blank" rel="noopener noreferrer">${address}</a>`)
    end = found.index + address.length
  }
  return html`${[...parts, text.slice(end)]}`
}
