import type { Calls } from '../kit/calls.ts'
import type { RunningServer } from '../kit/server.ts'
import { applySettings, changePreferences, mustHave, storedAt, touch } from './company.ts'
import { type JsonObject, textAt } from './json.ts'
import { kindNamed } from './kinds.ts'
import { debitBalances, naturalMinor } from './ledger.ts'
import { denyAccess, grantAccess, readAuthorization } from './oauth-routes.ts'
import { addCompany, type EntityName } from './state.ts'
import { isDay } from './time.ts'
import { expireAccessTokens, revokeCompany } from './tokens.ts'
import type { IntuitEmulator } from './types.ts'
import { companyView, entryViews } from './views.ts'
import { companyOf, type World } from './world.ts'
import { type Operation, write } from './write.ts'

export type Actions = Omit<IntuitEmulator, keyof RunningServer> & {
  /** Does what the OAuth page does when the user presses No thanks. */
  denyAuthorization(authorizeUrl: string): string
}

/** A write made by a person inside QuickBooks, by the same rules as one over the API. Returns the Id. */
function writeInside(
  world: World,
  realmId: string,
  entity: EntityName,
  { operation, body }: { operation: Operation; body: JsonObject },
): string {
  const company = companyOf(world, realmId)
  const options = { now: world.now(), allowDuplicateDocNumber: true, requestId: null, byApi: false }
  const { change } = write(company, kindNamed(entity), { operation, body }, options)
  world.store.save()
  world.webhooks.send(realmId, [change])
  return change.id
}

/** What names the present version of an object in a write; throws when there is no such object. */
function versionOf(world: World, realmId: string, entity: EntityName, id: string): JsonObject {
  const stored = storedAt(companyOf(world, realmId), entity, id)
  if (stored === null) throw new Error(`Company ${realmId} has no ${entity} ${id}`)
  return { Id: id, SyncToken: textAt(stored, 'SyncToken') ?? '0' }
}

function changeInside(world: World, realmId: string, entity: EntityName, { id, changes }: { id: string; changes: JsonObject }): void {
  writeInside(world, realmId, entity, { operation: 'update', body: { ...versionOf(world, realmId, entity, id), sparse: true, ...changes } })
}

function closeBooks(world: World, realmId: string, date: string | null): void {
  if (date !== null && !isDay(date)) throw new Error(`${date} is not a day of the form YYYY-MM-DD`)
  const company = companyOf(world, realmId)
  changePreferences(company, { BookCloseDate: date ?? undefined }, world.now())
  world.store.save()
  world.webhooks.send(realmId, [{ entity: 'Preferences', id: '1', operation: 'update', at: world.now() }])
}

function accountBalanceMinor(world: World, realmId: string, accountId: string): number {
  const company = companyOf(world, realmId)
  return naturalMinor(mustHave(company, 'Account', accountId), debitBalances(company).get(accountId) ?? 0)
}

/** The authorize URL's parameters once they were found right; throws with what the page would say otherwise. */
function checkedAuthorization(world: World, authorizeUrl: string): { redirectUri: string; state: string } {
  const authorization = readAuthorization(world, new URL(authorizeUrl).searchParams)
  if ('problem' in authorization) throw new Error(authorization.problem)
  return authorization
}

/** Everything the emulator offers besides its HTTP interface. */
export function createActions(world: World, calls: () => Calls | null): Actions {
  return {
    companies: () => Object.values(world.store.data.companies).map((company) => companyView(world, company)),
    entries: (realmId) => {
      const companies = realmId === undefined ? Object.values(world.store.data.companies) : [companyOf(world, realmId)]
      return companies.flatMap(entryViews)
    },
    accountBalanceMinor: (realmId, accountId) => accountBalanceMinor(world, realmId, accountId),
    addCompany(name) {
      const { realmId } = addCompany(world.store.data, name, world.now())
      world.store.save()
      return realmId
    },
    addVendor: (realmId, displayName) => writeInside(world, realmId, 'Vendor', { operation: 'create', body: { DisplayName: displayName } }),
    addAccount(realmId, { name, type, subType, parentId }) {
      const parent = parentId === undefined ? {} : { SubAccount: true, ParentRef: { value: parentId } }
      return writeInside(world, realmId, 'Account', {
        operation: 'create',
        body: { Name: name, AccountType: type, AccountSubType: subType, ...parent },
      })
    },
    addEntry: (realmId, entity, wire) => writeInside(world, realmId, entity, { operation: 'create', body: wire }),
    changeEntry: (realmId, entity, id, changes) => changeInside(world, realmId, entity, { id, changes }),
    deleteEntry(realmId, entity, id) {
      writeInside(world, realmId, entity, { operation: 'delete', body: versionOf(world, realmId, entity, id) })
    },
    depositEntry(realmId, entity, id, depositId) {
      const entry = mustHave(companyOf(world, realmId), entity, id)
      entry['LinkedTxn'] = [{ TxnId: depositId, TxnType: 'Deposit' }]
      world.store.save()
    },
    closeBooks: (realmId, date) => closeBooks(world, realmId, date),
    makeInactive: (realmId, entity, id) => changeInside(world, realmId, entity, { id, changes: { Active: false } }),
    setPreferences(realmId, preferences) {
      applySettings(companyOf(world, realmId), preferences, world.now())
      world.store.save()
      world.webhooks.send(realmId, [{ entity: 'Preferences', id: '1', operation: 'update', at: world.now() }])
    },
    setSubscriptionLapsed(realmId, lapsed) {
      const company = companyOf(world, realmId)
      company.subscriptionLapsed = lapsed
      const info = mustHave(company, 'CompanyInfo', '1')
      info['NameValue'] = [{ Name: 'SubscriptionStatus', Value: lapsed ? 'EXPIRED' : 'SUBSCRIBED' }]
      touch(info, world.now())
      world.store.save()
    },
    async completeAuthorization(authorizeUrl, company) {
      return grantAccess(world, checkedAuthorization(world, authorizeUrl), company ?? null)
    },
    denyAuthorization: (authorizeUrl) => denyAccess(checkedAuthorization(world, authorizeUrl)),
    expireAccessTokens: (realmId) => expireAccessTokens(world, companyOf(world, realmId).realmId),
    revoke: (realmId) => revokeCompany(world, companyOf(world, realmId).realmId),
    settled: () => world.webhooks.settled(),
    reset() {
      world.store.reset()
      world.throttle.clear()
      world.faults.clear()
      calls()?.clear()
    },
  }
}
