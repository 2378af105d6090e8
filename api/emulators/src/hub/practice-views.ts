import { type Html, html } from './html.ts'
import type { PlaidItemView } from '../plaid/types.ts'
import { practiceUsers, sampleCustomUser } from './practice-users.ts'
import { clock } from './time.ts'

/** What the buttons of a bank login do, by the last part of the address they post to. */
export const bankActions = {
  'send-transactions': { label: 'Bank sends transactions', done: 'The bank sent three transactions, one of them pending.' },
  'post-pending': { label: 'Post pending', done: 'Pending transactions were posted.' },
  'break-login': { label: 'Break this login', done: 'The login is broken: the bank wants the person to sign in again.' },
  repair: { label: 'Repair', done: 'The login works again.' },
} as const

export type BankAction = keyof typeof bankActions

export const isBankAction = (name: string): name is BankAction => Object.hasOwn(bankActions, name)

/** What the page says after a button was pressed, by the `done` parameter of its address. */
export const outcome = (name: string | undefined): string | null => {
  if (name === undefined) return null
  return isBankAction(name) ? bankActions[name].done : 'That did not work. The bank emulator refused it or is not running.'
}

/** The head of a page of the practice world. */
export const title = (text: string, about: string) => html`<header class="bar">
  <a class="back" href="/">‹ All</a>
  <div><h1>${text}</h1><p>${about}</p></div>
</header>`

const states: Record<PlaidItemView['status'], { words: string; kind: string }> = {
  healthy: { words: 'Healthy', kind: '' },
  not_exchanged: { words: 'Being connected', kind: 'warn' },
  login_required: { words: 'Login broken', kind: 'warn' },
  failing: { words: 'Failing', kind: 'warn' },
  revoked: { words: 'Access revoked', kind: 'bad' },
  removed: { words: 'Disconnected', kind: 'quiet' },
}

function actionsOf({ status, pendingCount }: PlaidItemView): BankAction[] {
  if (status === 'removed' || status === 'revoked' || status === 'not_exchanged') return []
  const login: BankAction = status === 'healthy' ? 'break-login' : 'repair'
  return pendingCount > 0 ? ['send-transactions', 'post-pending', login] : ['send-transactions', login]
}

function card(item: PlaidItemView): Html {
  const { words, kind } = states[item.status]
  const button = (action: BankAction) =>
    html`<button formaction="/bank/${encodeURIComponent(item.itemId)}/${action}" aria-label="${bankActions[action].label}: ${item.institutionName}">${bankActions[action].label}</button>`
  return html`<li class="card">
    <div class="card-head">
      <h2>${item.institutionName}</h2>
      <span class="badge ${kind}">${words}</span>
    </div>
    <ul class="accounts">${item.accounts
      .filter((account) => account.shared)
      .map((account) => html`<li>${account.name}${account.mask === null ? null : html` <span>••${account.mask}</span>`}</li>`)}</ul>
    <p class="about">${item.postedCount} posted, ${item.pendingCount} pending · connected ${clock(item.createdAt)}</p>
    <form method="post" class="actions">${actionsOf(item).map(button)}</form>
  </li>`
}

/** Every bank login people have made, with what the bank can do. */
export function bankView(items: PlaidItemView[] | null, said: string | null): Html {
  const list =
    items === null
      ? html`<p class="empty">The practice bank is not running.</p>`
      : items.length === 0
        ? html`<p class="empty">Nobody has connected a bank yet. Open an invite on a phone, choose a bank and sign in as one of the <a href="/users">practice bank’s users</a>.</p>`
        : html`<ul class="cards">${items.map(card)}</ul>`
  return html`<section class="page">
    ${title('Bank', 'Play the bank: send transactions, break and repair logins')}
    ${said === null ? null : html`<p class="said" role="status">${said}</p>`}
    <div id="items" data-live>${list}</div>
  </section>`
}

/** Who can sign in at the practice bank. */
export function usersView(): Html {
  return html`<section class="page">
    ${title('Practice bank users', 'Any bank in the list accepts these sign-ins')}
    <div class="scroll" tabindex="0" role="region" aria-label="Users"><table>
      <thead><tr><th scope="col">User name</th><th scope="col">Password</th><th scope="col">What happens</th></tr></thead>
      <tbody>${practiceUsers.map((user) => html`<tr><td data-label="User"><code>${user.username}</code></td><td data-label="Password"><code>${user.password}</code></td><td>${user.about}</td></tr>`)}</tbody>
    </table></div>
    <h2>Your own accounts and transactions</h2>
    <p>Sign in as <code>user_custom</code> and paste a configuration such as this one as the password. A positive amount is money out;
      a transaction without <code>date_posted</code> is pending.</p>
    <div class="sample">
      <button type="button" data-copy="sample">Copy</button>
      <pre id="sample" tabindex="0">${JSON.stringify(sampleCustomUser(new Date()), null, 2)}</pre>
    </div>
  </section>`
}

/** Where the practice company's books are. */
export function booksView(intuitUrl: string): Html {
  return html`<section class="page">
    ${title('QuickBooks', 'The practice companies and what was posted to them')}
    <p>Each practice company keeps real books: accounts, vendors, expenses, deposits, transfers and journal entries, as Ledgersync posted them.</p>
    <p><a class="button primary" href="${intuitUrl}/app" target="_blank" rel="noopener noreferrer">Open the list of companies</a></p>
  </section>`
}

export function homeView(): Html {
  return html`<section class="page welcome">
    <h1>Phone and inbox</h1>
    <p>Here you play everybody outside Ledgersync. Each text and e-mail the app sends arrives on the left, as the client would get it; links work. Use a private window: a browser that is signed in to Ledgersync as staff sees them as a preview.
      Answer a text, or open <a href="/bank">Bank</a> to send transactions and to break a login. Under <a href="/chaos">Chaos</a> the outside services lose answers and notices, as they do in life.</p>
    <p>Sign in at any bank as <code>user_good</code> with the password <code>pass_good</code>, or see <a href="/users">all practice users</a>.</p>
  </section>`
}

export function missingView(what: string): Html {
  return html`<section class="page">${title(what, 'Nothing has arrived here')}<p class="empty">Nothing here yet. This page fills itself when something arrives.</p></section>`
}
