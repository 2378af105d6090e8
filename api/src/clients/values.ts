import type { ClientCreate, ClientUpdate } from '@ledgersync/shared/clients'
import type { FieldError } from '@ledgersync/shared/errors'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { clientsTable } from '../db/schema/clients.ts'
import type { firmsTable } from '../db/schema/firms.ts'
import { checkTimeZone, toPhone } from './contact.ts'
import { placeholderUsername } from './usernames.ts'

// What a client's row becomes of what somebody typed, whether in the form or in a spreadsheet. Pure.

export type ClientRowValues = typeof clientsTable.$inferSelect

/** Who says it, and when. */
interface Author {
  by: string
  now: Date
}
export interface NewClientFacts extends Author {
  firm: Pick<typeof firmsTable.$inferSelect, 'firmId' | 'emailDomain' | 'timeZone' | 'defaultTimeZone' | 'defaultLanguage'>
}

/** Without the client's own bank login both addresses are needed: one to send the link to, one to repair by. */
export function checkReachable(contact: { staffHaveAccess: boolean; email: string | null; phone: string | null }): void {
  if (contact.staffHaveAccess) return
  const fields: FieldError[] = []
  if (contact.email === null) fields.push({ field: 'body.email', message: 'An e-mail is needed, since your client connects the banks.' })
  if (contact.phone === null) fields.push({ field: 'body.phone', message: 'A cell phone is needed, since your client connects the banks.' })
  const [first] = fields
  if (first !== undefined) throw new AppError('invalid_field', first.message, { fields })
}

/** Every field that adding this client would refuse, where {@link newClientValues} names the first. */
export function refusedFields(input: ClientCreate, firm: NewClientFacts['firm']): FieldError[] {
  const { email = null, phone = null, staffHaveAccess, timeZone = firm.defaultTimeZone ?? firm.timeZone } = input
  const checks = [
    () => (phone === null ? null : toPhone(phone, 'body.phone')),
    () => checkReachable({ staffHaveAccess, email, phone }),
    () => checkTimeZone(timeZone, 'body.timeZone'),
  ]
  return checks.flatMap(refusalOf)
}

/** The fields that a check refuses; none when it passes. */
export function refusalOf(check: () => unknown): FieldError[] {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof AppError && error.fields !== undefined) return error.fields
    throw error
  }
}

/** The row that adding this client writes. Names the first field it refuses. */
export function newClientValues(input: ClientCreate, { firm, by, now }: NewClientFacts): ClientRowValues {
  const email = input.email ?? null
  const phone = input.phone === undefined || input.phone === null ? null : toPhone(input.phone, 'body.phone')
  checkReachable({ staffHaveAccess: input.staffHaveAccess, email, phone })
  const named = input.username?.trim() ?? email
  return {
    firmId: firm.firmId,
    id: newId(),
    businessName: input.businessName.trim(),
    contactFirstName: input.contactFirstName?.trim() ?? '',
    contactLastName: input.contactLastName?.trim() ?? '',
    email,
    phone,
    username: named ?? placeholderUsername(input.businessName, firm.emailDomain),
    usernameIsPlaceholder: named === null,
    staffHaveAccess: input.staffHaveAccess,
    textConsentAt: input.textConsent === true ? now : null,
    textConsentBy: input.textConsent === true ? by : null,
    timeZone: checkTimeZone(input.timeZone ?? firm.defaultTimeZone ?? firm.timeZone, 'body.timeZone'),
    language: input.language ?? firm.defaultLanguage,
    lockedAt: null,
    createdAt: now,
    createdBy: by,
    groupId: input.groupId ?? null,
  }
}

/** What the audit log keeps of a client that was added. */
export const creationDetails = (row: ClientRowValues): Record<string, unknown> => ({
  businessName: row.businessName,
  username: row.username,
  textConsent: row.textConsentAt !== null,
  staffHaveAccess: row.staffHaveAccess,
})

/** The columns that the members sent set. Names the first field it refuses. */
export function changedValues(before: ClientRowValues, input: ClientUpdate, { by, now }: Author): Partial<ClientRowValues> {
  const { textConsent, phone, timeZone, username, email, language } = input
  const consentChanges = textConsent !== undefined && textConsent !== (before.textConsentAt !== null)
  return {
    ...(input.businessName !== undefined && { businessName: input.businessName.trim() }),
    ...(input.contactFirstName !== undefined && { contactFirstName: input.contactFirstName.trim() }),
    ...(input.contactLastName !== undefined && { contactLastName: input.contactLastName.trim() }),
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone: phone === null ? null : toPhone(phone, 'body.phone') }),
    ...(username !== undefined && { username: username.trim(), usernameIsPlaceholder: false }),
    ...(timeZone !== undefined && { timeZone: checkTimeZone(timeZone, 'body.timeZone') }),
    ...(language !== undefined && { language }),
    ...(input.staffHaveAccess !== undefined && { staffHaveAccess: input.staffHaveAccess }),
    ...(input.groupId !== undefined && { groupId: input.groupId }),
    ...(consentChanges && { textConsentAt: textConsent ? now : null, textConsentBy: textConsent ? by : null }),
  }
}

/** What the audit log keeps of a change: the columns that were set, before and after. */
export function changeDetails(before: ClientRowValues, set: Partial<ClientRowValues>): Record<string, unknown> {
  // `set` names columns of the row only
  const names = Object.keys(set) as (keyof typeof set)[]
  return { before: Object.fromEntries(names.map((name) => [name, before[name]])), after: set }
}
