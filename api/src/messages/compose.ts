import type { Language } from '@ledgersync/shared/common'
import { codeMark, fillMarks, linkMark } from '@ledgersync/shared/texts'

export interface Secrets {
  /** Path, such as `/i/TOKEN`. */
  link?: string
  code?: string
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')

/** The text as it goes out, addresses built from the public one. */
export function composeText(body: string, secrets: Secrets, publicUrl: string): string {
  return fillMarks(body, {
    ...(secrets.link !== undefined && { link: publicUrl + secrets.link }),
    ...(secrets.code !== undefined && { code: secrets.code }),
  })
}

const buttonText: Record<Language, string> = { en: 'Open your page', es: 'Abrir su página' }

/**
 * The same text as a small page with inline styles, as mail programs need them: paragraphs where the text has empty lines, a
 * button (with the address readable below it) for a paragraph that is nothing but the link, large digits for the code.
 */
export function composeHtml(body: string, secrets: Secrets, { publicUrl, language }: { publicUrl: string; language: Language }): string {
  const address = secrets.link === undefined ? '' : escapeHtml(publicUrl + secrets.link)
  const anchor = `<a href="${address}" style="color:#3350cc">${address}</a>`
  const paragraph = (text: string): string => {
    if (text.trim() === linkMark) {
      const button = `<a href="${address}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#3350cc;color:#ffffff;text-decoration:none;font-weight:600">${buttonText[language]}</a>`
      return `<p style="margin:0 0 8px">${button}</p><p style="margin:0 0 16px;font-size:13px;color:#646b7a;word-break:break-all">${anchor}</p>`
    }
    const html = escapeHtml(text)
      .replaceAll('\n', '<br>')
      .replaceAll(linkMark, () => anchor)
      .replaceAll(codeMark, () => `<strong style="font-size:20px;letter-spacing:2px">${escapeHtml(secrets.code ?? '')}</strong>`)
    return `<p style="margin:0 0 16px">${html}</p>`
  }
  const paragraphs = body
    .split(/\n{2,}/)
    .map(paragraph)
    .join('\n')
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#161a22;background:#ffffff">
<div style="max-width:520px;margin:0 auto">
${paragraphs}
</div></body></html>`
}
