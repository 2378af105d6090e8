import type { Mail } from '../sendgrid/books.ts'
import type { Mailbox } from './conversations.ts'
import { type Html, html, linkify } from './html.ts'
import { clock } from './time.ts'

const words: Record<Mail['status'], string> = {
  scheduled: 'Scheduled',
  accepted: 'On its way',
  processed: 'On its way',
  deferred: 'Deferred',
  delivered: 'Delivered',
  bounce: 'Bounced',
  blocked: 'Blocked',
  dropped: 'Dropped',
}

const badge = (mail: Mail) => {
  const kind = mail.status === 'delivered' ? '' : ['bounce', 'blocked', 'dropped'].includes(mail.status) ? 'bad' : 'warn'
  return html`<span class="badge ${kind}">${words[mail.status]}</span>`
}

const mailPath = (box: Mailbox, mail: Mail) => `/mail/${encodeURIComponent(box.address)}?id=${encodeURIComponent(mail.id)}`

function row(box: Mailbox, mail: Mail, openId: string | undefined): Html {
  return html`<li><a href="${mailPath(box, mail)}" ${mail.id === openId ? html`aria-current="true"` : null}>
    <strong>${mail.subject}</strong>
    <small>${mail.from.name ?? mail.from.email} · <time datetime="${mail.createdAt}">${clock(mail.createdAt)}</time></small>
    ${mail.status === 'delivered' ? null : badge(mail)}
  </a></li>`
}

/**
 * The mail's own HTML runs in a sandbox: no scripts, no forms, links open in a new tab. It keeps its origin
 * so that the page around it can measure its height, which is harmless while nothing in it can run.
 */
function body(mail: Mail, asText: boolean): Html {
  if (asText || mail.html === null) return html`<div class="plain" id="plain">${linkify(mail.text ?? 'This mail has no plain text.')}</div>`
  const document = `<base target="_blank">${mail.html}`
  return html`<iframe class="paper" title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox allow-same-origin" srcdoc="${document}"></iframe>`
}

const person = ({ email, name }: Mail['from']) => (name === undefined ? email : `${name} <${email}>`)

function open(box: Mailbox, mail: Mail, asText: boolean): Html {
  const path = mailPath(box, mail)
  return html`<article class="mail">
    <header>
      <h2>${mail.subject}</h2>
      <dl>
        <div><dt>From</dt><dd>${person(mail.from)}</dd></div>
        <div><dt>To</dt><dd>${person(mail.to)}</dd></div>
        ${mail.replyTo.length === 0 ? null : html`<div><dt>Answers to</dt><dd>${mail.replyTo.map(person).join(', ')}</dd></div>`}
        <div><dt>Sent</dt><dd>${clock(mail.createdAt)}</dd></div>
        ${mail.attachments.length === 0 ? null : html`<div><dt>Attached</dt><dd>${mail.attachments.map((file) => file.filename).join(', ')}</dd></div>`}
      </dl>
      <div id="mail-state" data-live>${badge(mail)} ${mail.reason === null ? null : html`<span class="reason">${mail.reason}</span>`}</div>
    </header>
    <nav class="tabs" aria-label="Form of the mail">
      <a href="${path}" ${asText ? null : html`aria-current="page"`}>Formatted</a>
      <a href="${path}&amp;view=text" ${asText ? html`aria-current="page"` : null}>Plain text</a>
    </nav>
    ${body(mail, asText)}
    <form class="mail-actions" method="post" action="/mail/${encodeURIComponent(box.address)}/act">
      <input type="hidden" name="id" value="${mail.id}">
      <button name="action" value="unsubscribe">Unsubscribe from all mail</button>
      <button name="action" value="report-spam">Report as spam</button>
    </form>
  </article>`
}

/** A mailbox: its mails, and the one that is open. */
export function mailView(box: Mailbox, mail: Mail | null, asText: boolean): Html {
  return html`<section class="mailbox" aria-labelledby="who">
    <header class="bar">
      <a class="back" href="/">‹ All</a>
      <div><h1 id="who">${box.address}</h1><p>${box.mails.length === 1 ? '1 mail' : `${box.mails.length} mails`}</p></div>
    </header>
    <div class="mails">
      <ol class="subjects" id="subjects" data-live>${box.mails.map((one) => row(box, one, mail?.id))}</ol>
      ${mail === null ? html`<p class="empty">This mail is not here any more.</p>` : open(box, mail, asText)}
    </div>
  </section>`
}
