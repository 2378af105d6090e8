import { type JsonObject, flagAt, objectAt, textAt } from './json.ts'
import type { Company, EntityName } from './state.ts'
import { metaTime } from './time.ts'
import type { CompanySettings } from './types.ts'

/** The stored object, or null; safe for an Id that a client sent. */
export function storedAt(company: Company, entity: EntityName, id: string): JsonObject | null {
  const objects = company.entities[entity]
  return Object.hasOwn(objects, id) ? (objects[id] ?? null) : null
}

/** The object a company must have, such as its only Preferences; throws when it has none, for that is a bug in the emulator. */
export function mustHave(company: Company, entity: EntityName, id: string): JsonObject {
  const found = company.entities[entity][id]
  if (found === undefined) throw new Error(`Company ${company.realmId} has no ${entity} ${id}`)
  return found
}

export function companyName(company: Company): string {
  return textAt(mustHave(company, 'CompanyInfo', '1'), 'CompanyName') ?? ''
}

export function accountingPrefs(company: Company): JsonObject {
  return objectAt(mustHave(company, 'Preferences', '1'), 'AccountingInfoPrefs') ?? {}
}

export function closedOn(company: Company): string | null {
  return textAt(accountingPrefs(company), 'BookCloseDate')
}

/** Classes are recorded when they are tracked per transaction or per line. */
export function tracksClasses(company: Company): boolean {
  const prefs = accountingPrefs(company)
  return flagAt(prefs, 'ClassTrackingPerTxn') === true || flagAt(prefs, 'ClassTrackingPerTxnLine') === true
}

export function tracksDepartments(company: Company): boolean {
  return flagAt(accountingPrefs(company), 'TrackDepartments') === true
}

/** Writes a new version of a stored object over the old one: next SyncToken, new LastUpdatedTime. */
export function touch(stored: JsonObject, now: Date): void {
  stored['SyncToken'] = String(Number(textAt(stored, 'SyncToken') ?? '0') + 1)
  stored['MetaData'] = { ...objectAt(stored, 'MetaData'), LastUpdatedTime: metaTime(now) }
}

/** Changes accounting preferences as the owner would in the settings. */
export function changePreferences(company: Company, changes: JsonObject, now: Date): void {
  const preferences = mustHave(company, 'Preferences', '1')
  preferences['AccountingInfoPrefs'] = { ...accountingPrefs(company), ...changes }
  touch(preferences, now)
}

export function applySettings(company: Company, settings: CompanySettings, now: Date): void {
  const changes: JsonObject = {}
  if (settings.useAccountNumbers !== undefined) changes['UseAccountNumbers'] = settings.useAccountNumbers
  if (settings.trackDepartments !== undefined) changes['TrackDepartments'] = settings.trackDepartments
  if (settings.classTrackingPerTxn !== undefined) changes['ClassTrackingPerTxn'] = settings.classTrackingPerTxn
  if (settings.classTrackingPerTxnLine !== undefined) changes['ClassTrackingPerTxnLine'] = settings.classTrackingPerTxnLine
  if (settings.warnDuplicateDocNumber !== undefined) {
    company.warnDuplicateDocNumber = settings.warnDuplicateDocNumber
    mustHave(company, 'Preferences', '1')['OtherPrefs'] = {
      NameValue: [{ Name: 'WarnDuplicateCheckNumber', Value: String(settings.warnDuplicateDocNumber) }],
    }
  }
  changePreferences(company, changes, now)
}
