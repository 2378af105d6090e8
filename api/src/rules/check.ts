import { and, eq, inArray, ne } from 'drizzle-orm'
import type { RuleInput } from '@ledgersync/shared/rules'
import type { Ctx } from '../core/context.ts'
import { invalidField } from '../core/errors.ts'
import type { Tx } from '../db/client.ts'
import { bankAccountsTable } from '../db/schema/banks.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../db/schema/books.ts'
import { categoriesTable } from '../db/schema/ledger.ts'

/** What a coding may name, beside null for "clear it". */
export interface Targets {
  vendorId?: string | null | undefined
  categoryId?: string | null | undefined
  booksAccountId?: string | null | undefined
}

/**
 * Refuses, by the field's name, a vendor or account that is not an active one of the client's connected books, a category of
 * another firm, and a category together with an account. `at` is the path of the object that holds them.
 */
export async function checkTargets(tx: Tx, ctx: Ctx, { clientId, at }: { clientId: string; at: string }, targets: Targets): Promise<void> {
  const { vendorId, categoryId, booksAccountId } = targets
  const given = (id: string | null | undefined): id is string => typeof id === 'string'
  if (given(categoryId) && given(booksAccountId))
    throw invalidField(`${at}.categoryId`, 'Choose a category or a QuickBooks account, not both.')
  const { firmId } = ctx
  const ofClient = and(eq(booksTable.firmId, firmId), eq(booksTable.clientId, clientId), ne(booksTable.state, 'disconnected'))
  if (given(vendorId)) {
    const [vendor] = await tx
      .select({ active: booksVendorsTable.active })
      .from(booksVendorsTable)
      .innerJoin(booksTable, and(ofClient, eq(booksTable.id, booksVendorsTable.booksId)))
      .where(and(eq(booksVendorsTable.firmId, firmId), eq(booksVendorsTable.id, vendorId)))
    if (vendor === undefined) throw invalidField(`${at}.vendorId`, 'This vendor is not in the client’s books.')
    if (!vendor.active) throw invalidField(`${at}.vendorId`, 'This vendor is inactive in QuickBooks.')
  }
  if (given(booksAccountId)) {
    const [account] = await tx
      .select({ active: booksAccountsTable.active })
      .from(booksAccountsTable)
      .innerJoin(booksTable, and(ofClient, eq(booksTable.id, booksAccountsTable.booksId)))
      .where(and(eq(booksAccountsTable.firmId, firmId), eq(booksAccountsTable.id, booksAccountId)))
    if (account === undefined) throw invalidField(`${at}.booksAccountId`, 'This account is not in the client’s books.')
    if (!account.active) throw invalidField(`${at}.booksAccountId`, 'This account is inactive in QuickBooks.')
  }
  if (given(categoryId)) {
    const known = await tx.$count(categoriesTable, and(eq(categoriesTable.firmId, firmId), eq(categoriesTable.id, categoryId)))
    if (known === 0) throw invalidField(`${at}.categoryId`, 'This category does not exist.')
  }
}

/** Refuses a rule that sets nothing, names what this client does not have, or compares with a negative amount. `at` is the rule's path. */
export async function checkRule(tx: Tx, ctx: Ctx, { clientId, at }: { clientId: string; at: string }, rule: RuleInput): Promise<void> {
  const { actions, conditions } = rule
  if (Object.values(actions).every((value) => (value ?? null) === null))
    throw invalidField(`${at}.actions`, 'Choose what a matching row gets: a vendor, a category or a memo.')
  for (const [index, condition] of conditions.entries()) {
    if (condition.field === 'amount' && condition.valueMinor < 0)
      throw invalidField(`${at}.conditions.${index}.valueMinor`, 'Amounts are compared without their sign; this must not be negative.')
  }
  const accounts = conditions.flatMap((condition, index) =>
    condition.field === 'bank_account' ? [{ index, id: condition.bankAccountId }] : [],
  )
  if (accounts.length > 0) {
    const known = await tx
      .select({ id: bankAccountsTable.id })
      .from(bankAccountsTable)
      .where(
        and(
          eq(bankAccountsTable.firmId, ctx.firmId),
          eq(bankAccountsTable.clientId, clientId),
          inArray(
            bankAccountsTable.id,
            accounts.map(({ id }) => id),
          ),
        ),
      )
    const ids = new Set(known.map(({ id }) => id))
    const strange = accounts.find(({ id }) => !ids.has(id))
    if (strange !== undefined)
      throw invalidField(`${at}.conditions.${strange.index}.bankAccountId`, 'This bank account is not one of the client’s.')
  }
  await checkTargets(tx, ctx, { clientId, at: `${at}.actions` }, actions)
}
