import type { Message } from '../twilio/books.ts'
import { countSegments } from '../twilio/segments.ts'
import { type Phone, showPhone } from './conversations.ts'
import { type Html, html, linkify } from './html.ts'
import { clock } from './time.ts'

function note(text: Message): Html | null {
  if (text.errorCode !== null) return html`<span class="bad">Not delivered: ${text.errorMessage} (${text.errorCode})</span>`
  if (text.status === 'canceled') return html`<span>Canceled</span>`
  if (text.status === 'scheduled' && text.sendAt !== null) return html`<span>Will be sent ${clock(text.sendAt)}</span>`
  if (text.direction === 'inbound') {
    return text.webhookStatus !== null && text.webhookStatus >= 400
      ? html`<span class="bad">Ledgersync answered ${text.webhookStatus}</span>`
      : null
  }
  if (text.automatic) return html`<span>Carrier’s own answer</span>`
  if (text.status !== 'delivered') return html`<span>On its way</span>`
  const { count } = countSegments(text.body)
  return html`<span>${count === 1 ? '1 segment' : `${count} segments`}</span>`
}

function bubble(text: Message): Html {
  const side = text.direction === 'inbound' ? 'mine' : 'theirs'
  const lost = text.errorCode !== null || text.status === 'canceled' ? 'lost' : ''
  return html`<li class="text ${side} ${lost}">
    <p>${linkify(text.body)}</p>
    <small><time datetime="${text.createdAt}">${clock(text.createdAt)}</time> ${note(text)}</small>
  </li>`
}

const quick = ['STOP', 'START', 'HELP']

/**
 * The conversation as the person's phone shows it, with a box to answer. The keywords have a form of their own:
 * in one form with the text, the Enter key would press the first of them.
 */
export function phoneView(phone: Phone): Html {
  const action = `/phone/${encodeURIComponent(phone.number)}/reply`
  return html`<section class="handset" aria-labelledby="who">
    <header class="bar">
      <a class="back" href="/">‹ All</a>
      <div><h1 id="who">${showPhone(phone.number)}</h1><p>Texts with ${showPhone(phone.sender)}</p></div>
    </header>
    <ol class="texts" id="texts" data-live data-follow tabindex="0" aria-label="Texts">${phone.texts.map(bubble)}</ol>
    <div class="answers">
      <p class="failed" id="answer-state" role="status"></p>
      <form class="answer quick" method="post" action="${action}">
        <input type="hidden" name="to" value="${phone.sender}">
        ${quick.map((word) => html`<button name="quick" value="${word}">${word}</button>`)}
      </form>
      <form class="answer line" method="post" action="${action}">
        <input type="hidden" name="to" value="${phone.sender}">
        <label class="hidden" for="body">Text to send</label>
        <input id="body" name="body" type="text" maxlength="1600" required autocomplete="off" placeholder="Text message">
        <button class="primary">Send</button>
      </form>
    </div>
  </section>`
}
