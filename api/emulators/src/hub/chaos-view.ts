import type { FaultCounts } from '../kit/faults.ts'
import { type Html, html } from './html.ts'
import { title } from './practice-views.ts'
import type { Chaos, HubUrls } from './sources.ts'

/** Each kind in plain words, in the order of the table. */
const words: Record<keyof FaultCounts, string> = {
  cut_before: 'Connection dropped, nothing was done',
  cut_after: 'Connection dropped after it was done',
  half_body: 'Answer broke off after it was done',
  server_error: 'Answered with an error, nothing was done',
  server_error_after: 'Answered with an error after it was done',
  throttled: 'Refused: too many calls',
  unauthorized: 'Refused: the sign-in had ended',
  slow: 'Answered late',
  mutation: 'Transactions changed between two pages',
  batch_item_failed: 'Part of a batch failed',
  requestid_ignored: 'A repeated request was not recognised',
  refresh_race: 'The old token ended at once',
  webhook_duplicated: 'Notice sent twice',
  webhook_reordered: 'Notice overtaken by a later one',
  webhook_delayed: 'Notice sent late',
  webhook_lost: 'Notice lost',
  webhook_forged: 'Forged notice sent as well',
  webhook_forged_taken: 'Forged notice that was believed',
}

const columns: readonly [keyof HubUrls, string][] = [
  ['plaidUrl', 'Bank'],
  ['intuitUrl', 'QuickBooks'],
  ['twilioUrl', 'Texts'],
  ['sendgridUrl', 'Mail'],
]

/** What the page says after a button was pressed, by the `done` parameter of its address. */
export const chaosOutcome = (name: string | undefined): { text: string; good: boolean } | null => {
  if (name === undefined) return null
  if (name === 'on') return { text: 'Chaos is on. The counts begin at zero.', good: true }
  if (name === 'off') return { text: 'Chaos is off. Everything answers as usual.', good: true }
  if (name === 'percent') return { text: 'Nothing changed: the percent has to be a number above 0 and at most 100.', good: false }
  if (name === 'seed') return { text: 'Nothing changed: the seed has to be a whole number of at most 15 digits.', good: false }
  return { text: 'That did not work. Not all of the outside services are running.', good: false }
}

const happened = ({ counts }: Chaos): number =>
  columns
    // A forged notice has been counted as sent already
    .flatMap(([source]) => Object.entries(counts[source]).filter(([kind]) => kind !== 'webhook_forged_taken'))
    .reduce((sum, [, count]) => sum + count, 0)

const rateOf = ({ plan }: Chaos): string => (plan?.percent === undefined ? 'By rates' : `${plan.percent}%`)

/** One line for the list at the side. */
export function chaosState(chaos: Chaos | null): string {
  if (chaos === null) return 'Not running'
  return chaos.plan === null ? 'Off' : `${rateOf(chaos)} · ${happened(chaos).toLocaleString('en-US')} so far`
}

function state(chaos: Chaos): Html {
  if (chaos.plan === null) return html`<p><span class="badge quiet">Off</span> Every call is answered as usual.</p>`
  const share =
    chaos.plan.percent === undefined
      ? 'Calls are disturbed at a rate of their own for each kind'
      : `${rateOf(chaos)} of all calls and notices are disturbed`
  return html`<p><span class="badge warn">On</span> ${share}. Seed <code>${chaos.plan.seed}</code>: the same seed disturbs the same calls again.</p>`
}

function table(chaos: Chaos): Html | null {
  const rows = Object.entries(words).filter(([kind]) => columns.some(([source]) => countOf(chaos, source, kind) > 0))
  if (rows.length === 0)
    return chaos.plan === null ? null : html`<p class="empty">Nothing has been disturbed yet. Use Ledgersync and look again.</p>`
  const cell = (kind: string, [source, name]: (typeof columns)[number]) => {
    const count = countOf(chaos, source, kind)
    return html`<td class="number" data-label="${name}">${count === 0 ? html`<span class="none">–</span>` : count.toLocaleString('en-US')}</td>`
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="What was disturbed"><table>
    <thead><tr><th scope="col">What happened</th>${columns.map(([, name]) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
    <tbody>${rows.map(([kind, text]) => html`<tr><td>${text}</td>${columns.map((column) => cell(kind, column))}</tr>`)}</tbody>
  </table></div>`
}

function countOf(chaos: Chaos, source: keyof HubUrls, kind: string): number {
  const counts: Record<string, number> = chaos.counts[source]
  return counts[kind] ?? 0
}

/** The switch that lets the outside services misbehave, and what came of it. */
export function chaosView(chaos: Chaos | null, said: ReturnType<typeof chaosOutcome>): Html {
  const on = chaos !== null && chaos.plan !== null
  return html`<section class="page">
    ${title('Chaos', 'Let the outside services misbehave, and see that nothing is lost or doubled')}
    ${said === null ? null : html`<p class="said ${said.good ? '' : 'wrong'}" role="status">${said.text}</p>`}
    ${
      chaos === null
        ? html`<p class="empty">Not all of the outside services are running.</p>`
        : html`
    <div id="chaos-state" data-live>${state(chaos)}</div>
    <form method="post" action="/chaos" class="switch">
      <div class="field"><label for="percent">Percent of calls</label>
        <input id="percent" name="percent" type="number" min="1" max="100" step="any" inputmode="decimal" required value="${chaos.plan?.percent ?? 10}"></div>
      <div class="field"><label for="seed">Seed <span>optional</span></label>
        <input id="seed" name="seed" type="text" inputmode="numeric" pattern="[0-9]{1,15}" autocomplete="off" aria-describedby="seed-help"></div>
      <div class="actions">
        <button class="primary" name="action" value="on">${on ? 'Start over with these' : 'Turn on'}</button>
        ${on ? html`<button name="action" value="off" formnovalidate>Turn off</button>` : null}
      </div>
      <p class="about" id="seed-help">Without a seed one is picked. Pages you open yourself, such as the bank’s sign-in, are never disturbed.</p>
    </form>
    <div id="chaos-counts" data-live>${table(chaos)}</div>`
    }
  </section>`
}
