import type { Store } from '../kit/store.ts'
import { type Mailbox, type Phone, showPhone } from './conversations.ts'
import { type Html, html, type Part } from './html.ts'
import { chaosState } from './chaos-view.ts'
import type { Chaos } from './sources.ts'
import { type Seen, unreadCount } from './unread.ts'

export interface Shell {
  phones: Phone[] | null
  mailboxes: Mailbox[] | null
  itemCount: number | null
  chaos: Chaos | null
  seen: Store<Seen>
  /** Where the app itself is, for the link back to it. */
  appUrl: string | undefined
}

export const phoneKey = (number: string) => `phone:${number}`
export const mailKey = (address: string) => `mail:${address}`

interface Entry {
  path: string
  name: string
  about: Part
  unread: number
}

function list(entries: Entry[], path: string): Html {
  const unreadOf = (entry: Entry) =>
    entry.unread === 0 ? null : html`<span class="count">${entry.unread}<span class="hidden"> unread</span></span>`
  return html`<ul>${entries.map(
    (entry) =>
      html`<li><a href="${entry.path}" ${entry.path === path ? html`aria-current="page"` : null}><strong>${entry.name}</strong>${unreadOf(entry)}<small>${entry.about}</small></a></li>`,
  )}</ul>`
}

function group(name: string, entries: Entry[] | null, path: string, empty: string): Html {
  const inside =
    entries === null
      ? html`<p class="none">Not running.</p>`
      : entries.length === 0
        ? html`<p class="none">${empty}</p>`
        : list(entries, path)
  return html`<nav aria-label="${name}"><h2>${name}</h2>${inside}</nav>`
}

function sidebar({ phones, mailboxes, itemCount, chaos, seen, appUrl }: Shell, path: string): Html {
  const phoneEntries = phones?.map(
    (phone): Entry => ({
      path: `/phone/${encodeURIComponent(phone.number)}`,
      name: showPhone(phone.number),
      about: phone.texts.at(-1)?.body ?? '',
      unread: unreadCount(seen, phoneKey(phone.number), phone.received),
    }),
  )
  const mailEntries = mailboxes?.map(
    (box): Entry => ({
      path: `/mail/${encodeURIComponent(box.address)}`,
      name: box.address,
      about: box.mails[0]?.subject ?? '',
      unread: unreadCount(seen, mailKey(box.address), box.received),
    }),
  )
  const logins = itemCount === null ? 'Not running' : itemCount === 1 ? '1 login' : `${itemCount} logins`
  const practice: Entry[] = [
    { path: '/bank', name: 'Bank', about: logins, unread: 0 },
    { path: '/quickbooks', name: 'QuickBooks', about: 'The practice companies’ books', unread: 0 },
    { path: '/chaos', name: 'Chaos', about: chaosState(chaos), unread: 0 },
    { path: '/users', name: 'Practice bank users', about: 'user_good and others', unread: 0 },
  ]
  return html`
    <a class="brand" href="/"><strong>Phone and inbox</strong><small>Play the client and the bank</small></a>
    ${group('Phones', phoneEntries ?? null, path, 'No texts yet.')}
    ${group('Mailboxes', mailEntries ?? null, path, 'No mail yet.')}
    ${group('Practice world', practice, path, '')}
    ${appUrl === undefined ? null : html`<p class="none"><a href="${appUrl}" target="_blank" rel="noopener noreferrer">Open Ledgersync</a></p>`}`
}

export interface Page {
  title: string
  /** Which kind of page this is: `home` shows the list on a narrow screen, all others their content. */
  view: string
  /** The page's own path without a query. */
  path: string
  content: Html
}

export function layout(shell: Shell, { title, view, path, content }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script src="/script.js" defer></script>
</head>
<body data-view="${view}">
<a class="skip" href="#content">Skip to content</a>
<aside class="side" id="side" aria-label="Phones, mailboxes and the practice world" data-live>${sidebar(shell, path)}</aside>
<main id="content">${content}</main>
</body>
</html>`.markup
}
