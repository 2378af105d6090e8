import { withFirm } from '../../src/db/client.ts'
import { makeFirm, makeStaff, type Person } from '../../test/factories.ts'
import type { TestApp } from '../../test/harness.ts'

export interface People {
  /** Sees all clients. */
  administrator: Person
  /** Is assigned to every client. */
  everywhere: Person
  /** Is assigned to one client in a hundred. */
  few: Person
}

/** A second firm stands beside the measured one, so that no table holds one firm only. */
export async function makeData(product: TestApp, clients: number): Promise<People> {
  const beside = await makeFirm(product, 'Harbor Ledger Partners')
  await fill(product, beside, Math.ceil(clients / 5))
  const administrator = await makeFirm(product)
  await fill(product, administrator, clients)
  const everywhere = await makeStaff(product, administrator.firmId, 'employee', 'Marcus Oyelade')
  const few = await makeStaff(product, administrator.firmId, 'employee', 'Priya Raman')
  const assign = (person: Person, condition: string) =>
    product.admin.query(`insert into client_staff select c.firm_id, c.id, $2, now() from clients c where c.firm_id = $1 and ${condition}`, [
      administrator.firmId,
      person.staffId,
    ])
  await assign(everywhere, 'true')
  await assign(few, `right(c.username, 2) = '07'`)
  await product.admin.query('vacuum analyze')
  return { administrator, everywhere, few }
}

const words = [
  'Alder',
  'Bluewater',
  'Cobalt',
  'Dunmore',
  'Eastgate',
  'Fern',
  'Granite',
  'Hollis',
  'Ironwood',
  'Juniper',
  'Kestrel',
  'Larkspur',
]
const trades = [
  'Bakery',
  'Marine',
  'Roofing',
  'Dental',
  'Auto Repair',
  'Gardens',
  'Builders',
  'Café',
  'Fitness',
  'Clinic',
  'Freight',
  'Yoga',
]

/**
 * Clients as a large firm has them: most invited, most connected, one bank in twelve broken, one client in six with rows to review.
 * Written by the server itself, for a million rows through the product would take an hour.
 */
async function fill(product: TestApp, by: Person, clients: number): Promise<void> {
  const { firmId, staffId } = by
  const run = (text: string, values: unknown[] = []) => product.admin.query(text, [firmId, ...values])
  await run(
    `insert into clients (firm_id, id, business_name, contact_first_name, contact_last_name, email, phone, username, username_is_placeholder,
       staff_have_access, text_consent_at, time_zone, language, locked_at, created_at, created_by)
     select $1, gen_random_uuid(), ($3::text[])[1 + n * 7 % 12] || ' ' || ($4::text[])[1 + n / 12 % 12] || ' ' || n, 'Nora', 'Velasco ' || n % 997,
       'nora' || n || '@saltgrass.example', '+1503' || lpad(n::text, 7, '0'), 'nora' || n, false, n % 9 = 0, now(), 'America/Los_Angeles', 'en',
       case when n % 400 = 0 then now() end, now() - n * interval '17 minutes', $2 from generate_series(1, $5) n`,
    [staffId, words, trades, clients],
  )
  await run(`insert into client_staff select firm_id, id, $2, now() from clients where firm_id = $1 and right(username, 1) in ('1', '3')`, [
    staffId,
  ])
  await run(
    `insert into invites (firm_id, id, client_id, channel, state, created_at, created_by, expires_at, sent_at, failed_at, connected_at, ended_at)
     select c.firm_id, gen_random_uuid(), c.id, 'sms', s.state, c.created_at + r * interval '1 day', $2, c.created_at + (r + 5) * interval '1 day',
       c.created_at + r * interval '1 day', case s.state when 'failed' then c.created_at end, case s.state when 'connected' then c.created_at end,
       case s.state when 'superseded' then c.created_at end
     from clients c, generate_series(1, 2) r, lateral (select case when r = 1 then 'superseded' when right(c.username, 1) = '4' then 'delivered'
       when right(c.username, 2) = '25' then 'failed' else 'connected' end as state) s
     where c.firm_id = $1 and right(c.username, 1) <> '9'`,
    [staffId],
  )
  await run(
    `insert into connections (firm_id, id, client_id, institution_name, provider_item_id, health, last_success_at, complete, created_at)
     select c.firm_id, gen_random_uuid(), c.id, ($2::text[])[1 + h % 4] || ' Bank', 'item-' || c.id || r,
       coalesce((array['needs_client', 'bank_down', 'disconnected', 'syncing'])[1 + h % 48], 'healthy'), now() - h * interval '1 second', true, now()
     from clients c, generate_series(1, 2) r, lateral (select (hashtext(c.id::text || r) & 65535) as h) x
     where c.firm_id = $1 and right(c.username, 1) not in ('4', '9')`,
    [['First Meridian', 'Harborview', 'Lakeside', 'Pinnacle']],
  )
  await run(
    `insert into bank_accounts (firm_id, id, connection_id, client_id, provider_account_id, name, kind, type, currency, created_at)
     select n.firm_id, gen_random_uuid(), n.id, n.client_id, 'account-' || r, 'Checking', 'bank', 'depository', 'USD', now()
     from connections n, generate_series(1, 2) r where n.firm_id = $1`,
  )
  await run(
    `insert into transactions (firm_id, id, client_id, bank_account_id, provider_transaction_id, date, description, amount_minor, currency, stage, created_at, updated_at)
     select a.firm_id, gen_random_uuid(), a.client_id, a.id, 'row-' || r, current_date - r, 'FUELWAY 114', -4520, 'USD', case when r <= h % 12 then 'open' else 'pushed' end, now(), now()
     from bank_accounts a, generate_series(1, 12) r, lateral (select (hashtext(a.client_id::text) & 65535) as h) x where a.firm_id = $1 and h % 6 = 0`,
  )
  await run(
    `insert into books (firm_id, id, client_id, realm_id, company_name, home_currency, state, connected_at)
     select firm_id, gen_random_uuid(), id, id::text, business_name, 'USD', case when right(username, 2) = '50' then 'reconnect' else 'connected' end, now()
     from clients where firm_id = $1 and right(username, 1) not in ('2', '9')`,
  )
  // The product's own words, as every change of a client uses them
  await withFirm(by.ctx, (tx) =>
    tx.execute(`select client_list_refresh('${firmId}', array(select id from clients where firm_id = '${firmId}'))`),
  )
}
