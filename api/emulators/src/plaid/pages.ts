import { balanceText } from './page-money.ts'
import { html, type Html } from './html.ts'
import { allInstitutions, institutionById, logoOf, searchInstitutions, type Institution } from './institutions.ts'
import { itemToRepair, offeredAccounts } from './link-session.ts'
import { frame } from './page-frame.ts'
import type { LinkSession, LinkToken } from './types.ts'
import type { World } from './world.ts'

/** What a page is drawn from. `base` is the Hosted Link path; `trouble` is what did not work at the last try. */
export interface PageState {
  world: World
  token: LinkToken
  session: LinkSession
  base: string
  trouble: string | null
  query: string
  /** A refused configuration, given back so that nothing has to be written twice. */
  configuration: string
}

function troubleBox(trouble: string | null): Html | null {
  return trouble === null ? null : html`<div class="trouble" role="alert">${trouble}</div>`
}

function logoImage(institution: Institution): Html {
  return html`<img alt="" width="40" height="40" src="data:image/png;base64,${logoOf(institution)}">`
}

function bankButton(state: PageState, institution: Institution, match: boolean): Html {
  const hint = match ? html`<span class="small soft">Suggested for you</span>` : null
  return html`<form method="post" action="${state.base}/institution"><button class="bank ${match ? 'match' : ''}" name="institution_id" value="${institution.id}">
${logoImage(institution)}<span><b>${institution.name}</b>${hint}</span></button></form>`
}

/** Banks of the token's countries; the one whose routing number was given comes first. */
function institutionPage(state: PageState): string {
  const { token, query } = state
  const offered = (query === '' ? [...allInstitutions()] : searchInstitutions(query)).filter((bank) =>
    bank.countryCodes.some((code) => token.countryCodes.includes(code)),
  )
  const isMatch = (bank: Institution): boolean => token.routingNumber !== null && bank.routingNumbers.includes(token.routingNumber)
  const sorted = [...offered.filter(isMatch), ...offered.filter((bank) => !isMatch(bank))]
  const nothing = html`<p class="soft">No bank is called that. Try another part of its name.</p>`
  return frame(
    'Choose your bank',
    html`<h1>Choose your bank</h1><p class="soft">${token.clientName} asks to connect your bank.</p>${troubleBox(state.trouble)}
<form class="find" method="get" action="${state.base}" role="search"><input type="search" name="query" value="${query}" aria-label="Bank name or routing number" placeholder="Bank name or routing number"><button>Search</button></form>
${sorted.length === 0 ? nothing : sorted.map((bank) => bankButton(state, bank, isMatch(bank)))}`,
    `${state.base}/exit`,
  )
}

function bankHeading(institution: Institution, title: string): Html {
  return html`<div class="top">${logoImage(institution)}<h1>${title}</h1></div>`
}

function institutionOf(state: PageState): Institution {
  const institution = institutionById(state.session.institutionId ?? '')
  if (!institution) throw new Error('This step needs a bank')
  return institution
}

function credentialsPage(state: PageState, custom: boolean): string {
  const { base, token } = state
  const institution = institutionOf(state)
  const repaired = itemToRepair(state.world, token)
  const other = repaired
    ? null
    : html`<form method="post" action="${base}/change"><button class="plain wide">Choose another bank</button></form>`
  const password = custom
    ? html`<label class="field" for="password">Configuration (JSON)</label><textarea id="password" name="password" rows="8" spellcheck="false" autocapitalize="off" autocomplete="off" required>${state.configuration}</textarea>`
    : html`<label class="field" for="password">Password</label><input type="password" id="password" name="password" autocomplete="off" required>`
  const help = custom
    ? html`<a class="button plain wide" href="${base}">Sign in with a password instead</a>`
    : html`<details><summary>Practice sign-ins</summary><p class="small">User ID <b>user_good</b> with password <b>pass_good</b>. As password, <b>mfa_device</b> asks for the code 1234 and <b>error_ITEM_LOCKED</b> (or another error code) fails that way. <b>user_transactions_dynamic</b> takes any password.</p>
<p class="small"><a href="${base}?custom=1">Paste a custom user's JSON</a></p></details>`
  return frame(
    `Sign in to ${institution.name}`,
    html`${bankHeading(institution, institution.name)}
<p class="soft">${repaired ? `Sign in again to keep ${token.clientName} connected.` : `Sign in to connect with ${token.clientName}.`}</p>${troubleBox(state.trouble)}
<form method="post" action="${base}/credentials${custom ? '?custom=1' : ''}"><label class="field" for="username">User ID</label>
<input type="text" id="username" name="username" value="${custom ? 'user_custom' : ''}" autocapitalize="off" autocorrect="off" spellcheck="false" autocomplete="off" required>
${password}<button class="go">Sign in</button></form>${help}${other}`,
    `${base}/exit`,
  )
}

function mfaPage(state: PageState): string {
  const institution = institutionOf(state)
  const prompts = (state.session.login?.mfa[0]?.prompts ?? []).map((prompt, at) =>
    prompt.choices.length === 0
      ? html`<label class="field" for="answer${at}">${prompt.label}</label><input type="text" id="answer${at}" name="answer${at}" autocomplete="one-time-code" autocapitalize="off" required>`
      : html`<fieldset style="border:0;padding:0;margin:0 0 16px"><legend class="field">${prompt.label}</legend>${prompt.choices.map((choice) => html`<label class="pick"><input type="radio" name="answer${at}" value="${choice}" required>${choice}</label>`)}</fieldset>`,
  )
  return frame(
    'One more step',
    html`${bankHeading(institution, 'One more step')}<p class="soft">${institution.name} wants to be sure that it is you.</p>${troubleBox(state.trouble)}
<form method="post" action="${state.base}/mfa">${prompts}<button class="go">Continue</button></form>`,
    `${state.base}/exit`,
  )
}

function accountsPage(state: PageState): string {
  const { session, token, world } = state
  const picks = offeredAccounts(world, token, session).map(
    ({
      at,
      account,
    }) => html`<label class="pick"><input type="checkbox" name="account" value="${at}"${session.chosen.includes(at) ? html` checked` : null}>
<span><b>${account.name}</b><br><span class="small soft">${account.subtype}${account.mask === null ? '' : ` ending in ${account.mask}`}</span></span><span class="sum">${balanceText(account)}</span></label>`,
  )
  return frame(
    'Choose accounts',
    html`${bankHeading(institutionOf(state), 'Choose accounts')}<p class="soft">${token.clientName} will see the accounts you tick, and no others.</p>${troubleBox(state.trouble)}
<form method="post" action="${state.base}/accounts">${picks}<div class="space"></div><button class="go">Continue</button></form>`,
    `${state.base}/exit`,
  )
}

function consentPage(state: PageState): string {
  const { session, token, world } = state
  const names = offeredAccounts(world, token, session)
    .filter(({ at }) => session.chosen.includes(at))
    .map(({ account }) => html`<li>${account.name}${account.mask === null ? '' : ` •• ${account.mask}`}</li>`)
  return frame(
    'Allow access',
    html`${bankHeading(institutionOf(state), 'Allow access')}<p class="soft">${token.clientName} may read, and only read:</p>${troubleBox(state.trouble)}
<ul class="plainlist">${names}</ul>
<p class="small soft">Account names, balances and up to ${Math.round(token.daysRequested / 30)} months of transactions. It cannot move money or change anything, and you can end it at any time.</p>
<form method="post" action="${state.base}/consent"><button class="go">Allow</button></form>`,
    `${state.base}/exit`,
  )
}

function anotherPage(state: PageState): string {
  const institution = institutionOf(state)
  return frame(
    'Connected',
    html`<div class="done" aria-hidden="true"></div><h1>${institution.name} is connected</h1><p class="soft">You can add another bank now, or finish.</p>
<form method="post" action="${state.base}/another"><button class="wide">Add another bank</button></form><div style="height:8px"></div>
<form method="post" action="${state.base}/finish"><button class="go">Finish</button></form>`,
    null,
  )
}

/** The page of the step the session is at. */
export function sessionPage(state: PageState, custom: boolean): string {
  switch (state.session.step) {
    case 'institution':
      return institutionPage(state)
    case 'credentials':
      return credentialsPage(state, custom)
    case 'mfa':
      return mfaPage(state)
    case 'accounts':
      return accountsPage(state)
    case 'consent':
      return consentPage(state)
    case 'another':
      return anotherPage(state)
    case 'finished':
      return endPage('All done', 'Your bank is connected. You can close this page.', true)
    case 'exited':
      return endPage('You left the bank', 'Nothing was shared. You can close this page, or open your link again.', false)
  }
}

/** A page on which there is nothing left to do. */
export function endPage(title: string, text: string, done: boolean): string {
  return frame(title, html`${done ? html`<div class="done" aria-hidden="true"></div>` : null}<h1>${title}</h1><p>${text}</p>`, null)
}
