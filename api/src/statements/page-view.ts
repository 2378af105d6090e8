import type { Language } from '@ledgersync/shared/common'
import { escapeHtml, Html, joined, nothing, type Pages } from '../invites/frame.ts'
import { clientQuery, type KnownLink } from '../invites/links.ts'
import { firstName, pageTexts } from '../invites/page-texts.ts'
import { plainName } from './file-name.ts'
import { refusalTexts, statementTexts } from './page-texts.ts'
import type { SentFile } from './service.ts'
import type { Outcome, Refusal } from './store.ts'

/** What became of a form. `sent` are the names as they came, where they are not the ones that are kept. */
export interface Received {
  kept: number
  renamed: { sent: string; kept: string }[]
  known: string[]
  refused: { fileName: string; why: Refusal }[]
  trouble: 'too_many' | 'broken' | 'no_file' | null
}

export const emptyReceived = (): Received => ({ kept: 0, renamed: [], known: [], refused: [], trouble: null })

/** Adds what became of one file, whose sender called it `sent`. */
export function addOutcome(received: Received, sent: string, outcome: Outcome): void {
  if (outcome.kind === 'refused') received.refused.push({ fileName: outcome.fileName, why: outcome.why })
  else if (outcome.kind === 'known') received.known.push(outcome.statement.fileName)
  else {
    received.kept += 1
    if (outcome.renamed) received.renamed.push({ sent: plainName(sent), kept: outcome.statement.fileName })
  }
}

/** What a page that was loaded anew after a redirect says. */
export type News = { kind: 'sent'; count: number } | { kind: 'took_back' } | { kind: 'stays' }

export interface StatementsView {
  language: Language
  link: KnownLink
  timeZone: string
  /** Path of the link's page. */
  path: string
  /** Whose statements, where the person has several clients. */
  clientName: string | null
  files: readonly SentFile[]
  news: News | null
  received: Received | null
  isPreview: boolean
}

/** What a phone's file chooser offers; what is sent is judged by its content. */
const accept = '.pdf,.csv,.txt,.tsv,.ofx,.qfx,.qbo,application/pdf,text/csv,text/comma-separated-values,text/plain,application/vnd.ms-excel'

/** The content of the page for sending statements. */
export function renderStatements(pages: Pages, view: StatementsView): Html {
  const { language, link, path, files, isPreview } = view
  const texts = statementTexts[language]
  const [sealed, sealedMore] = texts.sealed(link.firmName)
  const [howTo, howToMore] = texts.howTo
  const [doubt, doubtMore] = pageTexts[language].doubt(link.firmName, firstName(link.staffName))
  return pages.fill('statements', {
    heading: view.clientName === null ? texts.title : `${texts.title}: ${view.clientName}`,
    staffName: link.staffName,
    why: texts.why(link.firmName),
    results: joined([newsOf(view), ...(view.received === null ? [] : resultsOf(view.received, language))]),
    action: `${path}/statements?lang=${language}${clientQuery(link)}`,
    label: texts.label,
    accept,
    disabled: new Html(isPreview ? ' disabled' : ''),
    help: texts.help,
    sending: texts.sending,
    send: texts.send,
    sealed,
    sealedMore,
    received: texts.received,
    list: files.length === 0 ? new Html(`<p class="none">${escapeHtml(texts.receivedNone)}</p>`) : listOf(pages, view),
    back: `${path}?lang=${language}`,
    backLabel: texts.back,
    howTo,
    howToMore,
    doubt,
    doubtMore,
  })
}

function newsOf({ news, language, link }: StatementsView): Html {
  const texts = statementTexts[language]
  switch (news?.kind) {
    case undefined:
      return nothing
    case 'sent':
      return message('good', texts.thanks(news.count))
    case 'took_back':
      return message('good', texts.tookBack)
    case 'stays':
      return message('bad', texts.stays(firstName(link.staffName)))
    default:
      return news satisfies never
  }
}

function resultsOf({ kept, renamed, known, refused, trouble }: Received, language: Language): Html[] {
  const texts = statementTexts[language]
  const named = (fileName: string): string => (fileName === '' ? texts.unnamed : fileName)
  const told = [
    ...renamed.map(({ sent, kept: name }) => line(name, texts.renamed(named(sent)))),
    ...known.map((name) => line(name, texts.known)),
  ]
  const troubles = { too_many: texts.tooMany, broken: texts.broken, no_file: texts.noFile }
  return [
    trouble === null ? nothing : message('bad', troubles[trouble]),
    refused.length === 0
      ? nothing
      : message(
          'bad',
          texts.notKept,
          refused.map(({ fileName, why }) => line(named(fileName), refusalTexts[language][why])),
        ),
    kept + told.length === 0 ? nothing : message('good', kept === 0 ? '' : texts.thanks(kept), told),
  ]
}

const line = (name: string, rest: string): Html => new Html(`<li><strong>${escapeHtml(name)}</strong> ${escapeHtml(rest)}</li>`)

function message(tone: 'good' | 'bad', text: string, lines: readonly Html[] = []): Html {
  const list = lines.length === 0 ? '' : `<ul>${joined(lines).text}</ul>`
  const look = tone === 'good' ? 'class="message good" role="status"' : 'class="message" role="alert"'
  const heading = text === '' ? '' : `<strong>${escapeHtml(text)}</strong>`
  return new Html(`<div ${look}>${lines.length === 0 ? escapeHtml(text) : heading}${list}</div>`)
}

function listOf(pages: Pages, { files, language, link, timeZone, path, isPreview }: StatementsView): Html {
  const texts = statementTexts[language]
  const rows = files.map(({ id, fileName, byteCount, receivedAt, canTakeBack }) => {
    const action = `${path}/statements/${id}/remove?lang=${language}${clientQuery(link)}`
    const button = `<button type="submit" aria-label="${escapeHtml(texts.takeBackOf(fileName))}">${escapeHtml(texts.takeBack)}</button>`
    return pages.fill('statement', {
      id,
      name: fileName,
      facts: `${sizeWords(byteCount, language)} · ${whenWords(receivedAt, timeZone, language)}`,
      takeBack: canTakeBack && !isPreview ? new Html(`<form method="post" action="${escapeHtml(action)}">${button}</form>`) : nothing,
    })
  })
  const help = files.some(({ canTakeBack }) => canTakeBack) ? `<p class="help">${escapeHtml(texts.takeBackHelp)}</p>` : ''
  return new Html(`<ul class="files">${joined(rows).text}</ul>${help}`)
}

/** "Nov 26, 2:14 PM", on the client's own clock. */
const whenWords = (at: Date, timeZone: string, language: Language): string =>
  new Intl.DateTimeFormat(language === 'es' ? 'es-US' : 'en-US', {
    timeZone,
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  }).format(at)

const kilobyte = 1024

/** "340 KB", "1.2 MB"; never nothing. */
function sizeWords(bytes: number, language: Language): string {
  const isSmall = bytes < kilobyte * kilobyte
  const amount = isSmall ? Math.max(1, Math.round(bytes / kilobyte)) : bytes / kilobyte / kilobyte
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: isSmall ? 0 : 1 }).format(amount)} ${isSmall ? 'KB' : 'MB'}`
}
