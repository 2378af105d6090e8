import { type SQL, sql } from 'drizzle-orm'
import { replacedPrefix } from '../connections/merge.ts'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'
import type { ProviderTransaction } from '../providers/plaid/client.ts'

/** Written out, so that the index of these rows is used. */
const isReplaced = sql.raw(`provider_transaction_id like '${replacedPrefix}%'`)

/** Rows a statement: large enough to be quick, small enough for one parameter. */
const chunkRows = 2_000

/** Where rows go: our accounts by the provider's id of the account. */
export interface Target {
  connectionId: string
  clientId: string
  accountIds: ReadonlyMap<string, string>
}

const columns = sql`id uuid, account uuid, tid text, pending_tid text, pending boolean, date date, authorized_date date,
  description text, payee text, bank_category text, check_number text, amount bigint, currency text, inexact text`

/** The batch as a table `n`. One JSON parameter instead of fourteen a row. */
function incoming(rows: readonly ProviderTransaction[], target: Target): SQL {
  const values = rows.map((row) => {
    const account = target.accountIds.get(row.providerAccountId)
    if (account === undefined) throw new Error('A row of an account that was not stored')
    return {
      id: newId(),
      account,
      tid: row.providerTransactionId,
      pending_tid: row.pendingTransactionId,
      pending: row.pending,
      date: row.date,
      authorized_date: row.authorizedDate,
      description: row.description,
      payee: row.payee,
      bank_category: row.bankCategory,
      check_number: row.checkNumber,
      amount: row.amountMinor,
      currency: row.currency,
      inexact: row.inexactAmount,
    }
  })
  return sql`n as (select * from jsonb_to_recordset(${JSON.stringify(values)}::jsonb) as r(${columns}))`
}

/**
 * Stores added and changed rows: recognises those of a replaced access, lets a posted row take the place of its pending one,
 * updates what is known, inserts the rest. Done twice it changes nothing.
 * @returns our ids of the rows that are new or say something else than before
 */
export async function saveRows(tx: Tx, ctx: Ctx, target: Target, rows: readonly ProviderTransaction[]): Promise<string[]> {
  const changed: string[] = []
  for (let from = 0; from < rows.length; from += chunkRows) {
    const batch = incoming(rows.slice(from, from + chunkRows), target)
    await adopt(tx, ctx, batch)
    await inherit(tx, ctx, batch)
    changed.push(...(await update(tx, ctx, batch)), ...(await insert(tx, ctx, batch, target)))
  }
  return changed
}

const at = (ctx: Ctx): SQL => sql`${ctx.deps.now().toISOString()}::timestamptz`

/**
 * A row of a replaced access comes again under another id: the same account, day, amount and words, each once. It takes the new
 * id, and with it keeps what people did to it.
 */
async function adopt(tx: Tx, ctx: Ctx, batch: SQL): Promise<void> {
  await tx.execute(sql`
    with ${batch},
    fresh as (
      select n.*, row_number() over (partition by account, date, amount, currency, description order by tid) as nth from n
      where not exists (
        select 1 from transactions t where t.firm_id = ${ctx.firmId} and t.bank_account_id = n.account and t.provider_transaction_id = n.tid)
    ),
    old as (
      select t.id, t.bank_account_id, t.date, t.amount_minor, t.currency, t.description,
        row_number() over (partition by t.bank_account_id, t.date, t.amount_minor, t.currency, t.description order by t.id) as nth
      from transactions t
      where t.firm_id = ${ctx.firmId} and t.bank_account_id in (select account from n) and t.${isReplaced}
    )
    update transactions t set provider_transaction_id = fresh.tid
    from fresh join old on old.bank_account_id = fresh.account and old.date = fresh.date and old.amount_minor = fresh.amount
      and old.currency = fresh.currency and old.description = fresh.description and old.nth = fresh.nth
    where t.firm_id = ${ctx.firmId} and t.id = old.id`)
}

/** The posted row takes the place of its pending one: the same row of ours goes on, with its coding and memo, under the new id. */
async function inherit(tx: Tx, ctx: Ctx, batch: SQL): Promise<void> {
  await tx.execute(sql`
    with ${batch},
    successor as (
      select distinct on (n.account, n.pending_tid) n.account, n.pending_tid, n.tid from n
      where n.pending_tid is not null and not exists (
        select 1 from transactions t where t.firm_id = ${ctx.firmId} and t.bank_account_id = n.account and t.provider_transaction_id = n.tid)
      order by n.account, n.pending_tid, n.tid
    )
    update transactions t set provider_transaction_id = s.tid, pending_transaction_id = s.pending_tid
    from successor s
    where t.firm_id = ${ctx.firmId} and t.bank_account_id = s.account and t.provider_transaction_id = s.pending_tid
      and t.stage in ('pending', 'removed')`)
}

/**
 * Rows that are known. Once approved, a change of day, amount or words is flagged for people; if it is the amount, what has not
 * gone out yet has to be approved again.
 */
async function update(tx: Tx, ctx: Ctx, batch: SQL): Promise<string[]> {
  const amountChanged = sql`(t.amount_minor, t.currency) is distinct from (n.amount, n.currency)`
  const wordsChanged = sql`(t.date, t.description) is distinct from (n.date, n.description)`
  const reopened = sql`(t.stage in ('approved', 'failed') and ${amountChanged})`
  const result = await tx.execute<{ id: string }>(sql`
    with ${batch}
    update transactions t set
      date = n.date, authorized_date = n.authorized_date, description = n.description, payee = n.payee, bank_category = n.bank_category,
      check_number = n.check_number, amount_minor = n.amount, currency = n.currency, inexact_amount = n.inexact,
      pending_transaction_id = coalesce(n.pending_tid, t.pending_transaction_id),
      stage = case
        when t.stage in ('pending', 'removed', 'open') then case when n.pending then 'pending' else 'open' end
        when ${reopened} then 'open'
        else t.stage end,
      withdrawn_at = null,
      approved_at = case when ${reopened} then null else t.approved_at end,
      approved_by = case when ${reopened} then null else t.approved_by end,
      bank_changed_at = case
        when t.stage in ('approved', 'pushing', 'pushed', 'failed') and (${amountChanged} or ${wordsChanged}) then ${at(ctx)}
        else t.bank_changed_at end,
      updated_at = ${at(ctx)}
    from n
    where t.firm_id = ${ctx.firmId} and t.bank_account_id = n.account and t.provider_transaction_id = n.tid
      and ((t.date, t.authorized_date, t.description, t.payee, t.bank_category, t.check_number, t.amount_minor, t.currency, t.inexact_amount)
          is distinct from (n.date, n.authorized_date, n.description, n.payee, n.bank_category, n.check_number, n.amount, n.currency, n.inexact)
        or (t.stage = 'pending') <> n.pending and t.stage in ('pending', 'open') or t.stage = 'removed' or t.withdrawn_at is not null)
    returning t.id`)
  return result.rows.map((row) => row.id)
}

async function insert(tx: Tx, ctx: Ctx, batch: SQL, target: Target): Promise<string[]> {
  const result = await tx.execute<{ id: string }>(sql`
    with ${batch}
    insert into transactions (firm_id, id, client_id, bank_account_id, provider_transaction_id, pending_transaction_id, date, authorized_date,
      description, payee, bank_category, check_number, amount_minor, currency, inexact_amount, stage, created_at, updated_at)
    select ${ctx.firmId}::uuid, n.id, ${target.clientId}::uuid, n.account, n.tid, n.pending_tid, n.date, n.authorized_date,
      n.description, n.payee, n.bank_category, n.check_number, n.amount, n.currency, n.inexact,
      case when n.pending then 'pending' else 'open' end, ${at(ctx)}, ${at(ctx)}
    from n
    on conflict (firm_id, bank_account_id, provider_transaction_id) do nothing
    returning id`)
  return result.rows.map((row) => row.id)
}

/** What has not gone out leaves the review; what has been approved or sent is flagged. */
const withdrawal = (ctx: Ctx): SQL => sql`
  bank_changed_at = case when t.stage in ('approved', 'pushing', 'pushed', 'failed') then ${at(ctx)} else t.bank_changed_at end,
  approved_at = case when t.stage = 'approved' then null else t.approved_at end,
  approved_by = case when t.stage = 'approved' then null else t.approved_by end,
  stage = case when t.stage in ('pushing', 'pushed') then t.stage else 'removed' end,
  withdrawn_at = ${at(ctx)},
  updated_at = ${at(ctx)}`

/**
 * Rows that the bank has withdrawn. What has not gone out leaves the review and is never pushed; what has been approved or sent
 * is flagged, and leaves the review once its entry does not stand in QuickBooks. Nothing is deleted.
 */
export async function withdrawRows(tx: Tx, ctx: Ctx, connectionId: string, removedIds: readonly string[]): Promise<number> {
  if (removedIds.length === 0) return 0
  const result = await tx.execute<{ id: string }>(sql`
    update transactions t set ${withdrawal(ctx)}
    from bank_accounts a, jsonb_array_elements_text(${JSON.stringify(removedIds)}::jsonb) as r(tid)
    where t.firm_id = ${ctx.firmId} and a.firm_id = t.firm_id and a.id = t.bank_account_id and a.connection_id = ${connectionId}
      and t.provider_transaction_id = r.tid and t.stage <> 'removed' and t.withdrawn_at is null
    returning t.id`)
  return result.rows.length
}

/**
 * Once the whole history of an access has arrived that took another's place: what it does not tell, of the time it tells of, the
 * bank has withdrawn or changed while it could not be asked. Older rows stay.
 */
export async function withdrawUntold(tx: Tx, ctx: Ctx, connectionId: string): Promise<number> {
  const result = await tx.execute<{ id: string }>(sql`
    update transactions t set ${withdrawal(ctx)}
    from bank_accounts a
    where t.firm_id = ${ctx.firmId} and a.firm_id = t.firm_id and a.id = t.bank_account_id and a.connection_id = ${connectionId}
      and t.${isReplaced} and t.stage <> 'removed' and t.withdrawn_at is null
      and t.date >= (
        select min(told.date) from transactions told
        where told.firm_id = t.firm_id and told.bank_account_id = t.bank_account_id and not told.${isReplaced})
    returning t.id`)
  return result.rows.length
}
