import type { Me } from '@ledgersync/shared/auth'
import type { ClientCreate, Institution, InviteChannel } from '@ledgersync/shared/clients'
import type { Language } from '@ledgersync/shared/common'
import type { Firm } from '@ledgersync/shared/firms'
import parsePhoneNumber, { validatePhoneNumberLength } from 'libphonenumber-js'

/** What the Add Client form holds, under the names the API refuses fields by. */
export interface AddClientValues {
  staffHaveAccess: boolean
  businessName: string
  contactFirstName: string
  contactLastName: string
  phone: string
  email: string
  /** Empty follows the e-mail, or the made-up name when there is none. */
  username: string
  textConsent: boolean
  banks: Institution[]
  staffIds: string[]
  language: Language
  timeZone: string
  groupId: string | null
  /** The channel a person chose; null until they do. What goes out is `inviteOf`. */
  invite: InviteChannel | null
  /** What the firm has chosen for new clients. */
  defaultInvite: InviteChannel
}

/** The form as it opens: assigned to the one who adds, and what the firm has chosen for new clients. */
export function emptyClient({ staff }: Me, firm: Firm): AddClientValues {
  return {
    staffHaveAccess: false,
    businessName: '',
    contactFirstName: '',
    contactLastName: '',
    phone: '',
    email: '',
    username: '',
    textConsent: false,
    banks: [],
    staffIds: [staff.id],
    language: firm.defaultLanguage,
    timeZone: firm.defaultTimeZone ?? firm.timeZone,
    groupId: null,
    invite: null,
    defaultInvite: firm.defaultInvite,
  }
}

const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** Whether the e-mail can be written to. */
export function hasEmail({ email }: AddClientValues): boolean {
  return emailShape.test(email.trim())
}

/** Whether the phone is a real number; without a country it is read as one of the US, as the API does. */
export function hasPhone({ phone }: AddClientValues): boolean {
  return phoneProblem(phone.trim()) === null && phone.trim() !== ''
}

const nanpDigits = 10

/** What is wrong with a phone number, in a sentence; null when it is right or empty. */
export function phoneProblem(phone: string): string | null {
  if (phone === '' || parsePhoneNumber(phone, 'US')?.isValid()) return null
  const missing = nanpDigits - phone.replace(/\D/g, '').replace(/^1/, '').length
  const length = validatePhoneNumberLength(phone, 'US')
  if (length === 'TOO_SHORT' && !phone.startsWith('+')) {
    return missing === 1 ? 'This number is one digit short.' : `This number is ${missing} digits short. Type it with the area code.`
  }
  if (length === 'TOO_LONG') return 'This number has too many digits.'
  return 'This is not a phone number. Type it with the area code; outside the US begin with + and the country.'
}

/** The sentences of the form's own checks. */
export function validateClient(values: AddClientValues): Partial<Record<keyof AddClientValues, string>> {
  const { staffHaveAccess, businessName } = values
  const [phone, email] = [values.phone.trim(), values.email.trim()]
  const phoneWrong = phone === '' && !staffHaveAccess ? 'Enter a cell phone: your client connects the banks on it.' : phoneProblem(phone)
  return {
    ...(businessName.trim() === '' && { businessName: 'Enter the name of the business.' }),
    ...(phoneWrong !== null && { phone: phoneWrong }),
    ...(email === '' && !staffHaveAccess && { email: 'Enter an e-mail: your client connects the banks.' }),
    ...(email !== '' && !emailShape.test(email) && { email: 'Enter an e-mail such as nora@saltgrass.example.' }),
  }
}

/** Why each channel cannot be chosen now; null where it can. */
export type ClosedChannels = Record<InviteChannel, string | null>

/** `verified`: whether the sender's own e-mail is, without which nobody can be invited. */
export function closedChannels(values: AddClientValues, verified: boolean): ClosedChannels {
  const own = verified ? null : 'Verify your own e-mail first.'
  const sms = own ?? (hasPhone(values) ? null : 'SMS needs a cell phone.')
  const email = own ?? (hasEmail(values) ? null : 'Email needs an address.')
  return {
    sms,
    email,
    both: own ?? (sms !== null && email !== null ? 'Both needs a cell phone and an address.' : (sms ?? email)),
    none: null,
  }
}

/**
 * The channel that will be used: what was chosen, or a text when the client connects the banks, as far as it is open;
 * otherwise the one that is, so that an address typed later opens the choice again.
 */
export function inviteOf(values: AddClientValues, closed: ClosedChannels): InviteChannel {
  const wanted = values.invite ?? (values.staffHaveAccess ? 'none' : values.defaultInvite)
  if (closed[wanted] === null) return wanted
  if (closed.sms === null) return 'sms'
  return closed.email === null ? 'email' : 'none'
}

/** The request of the form. */
export function toClientCreate(values: AddClientValues, invite: InviteChannel, asAdministrator: boolean): ClientCreate {
  const [email, phone, username] = [values.email.trim(), values.phone.trim(), values.username.trim()]
  return {
    staffHaveAccess: values.staffHaveAccess,
    businessName: values.businessName.trim(),
    contactFirstName: values.contactFirstName.trim(),
    contactLastName: values.contactLastName.trim(),
    email: email === '' ? null : email,
    // As E.164: people also type slashes and extensions, which the API does not read
    phone: phone === '' ? null : (parsePhoneNumber(phone, 'US')?.number ?? phone),
    ...(username !== '' && { username }),
    textConsent: values.textConsent && phone !== '',
    timeZone: values.timeZone,
    language: values.language,
    groupId: values.groupId,
    ...(asAdministrator && { staffIds: values.staffIds }),
    banks: values.banks.map(({ institutionId, name, routingNumber }) => ({ institutionId, name, routingNumber })),
    invite,
  }
}

/** What the primary button will do, in its words. */
export const submitWords: Record<InviteChannel, string> = {
  sms: 'Add client and send text',
  email: 'Add client and send e-mail',
  both: 'Add client and send both',
  none: 'Add client',
}
