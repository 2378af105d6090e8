import type { Client, ClientUpdate } from '@ledgersync/shared/clients'
import type { Language } from '@ledgersync/shared/common'
import { phoneProblem } from './add-client-values.ts'
import { formatPhone } from './invite-words.ts'

/** What the settings form holds, under the names the API refuses fields by. */
export interface SettingsValues {
  businessName: string
  contactFirstName: string
  contactLastName: string
  email: string
  phone: string
  username: string
  textConsent: boolean
  timeZone: string
  language: Language
  groupId: string | null
  staffHaveAccess: boolean
}

/** The form as it opens for a client. */
export function settingsOf(client: Client): SettingsValues {
  const {
    businessName,
    contactFirstName,
    contactLastName,
    email,
    phone,
    username,
    textConsentAt,
    timeZone,
    language,
    groupId,
    staffHaveAccess,
  } = client
  return {
    businessName,
    contactFirstName,
    contactLastName,
    email: email ?? '',
    phone: phone === null ? '' : formatPhone(phone),
    username,
    textConsent: textConsentAt !== null,
    timeZone,
    language,
    groupId,
    staffHaveAccess,
  }
}

const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** The sentences of the form's own checks. A client who signs in at the bank must be reachable; of others staff hold the login. */
export function validateSettings(values: SettingsValues): Partial<Record<keyof SettingsValues, string>> {
  const { staffHaveAccess } = values
  const [phone, email] = [values.phone.trim(), values.email.trim()]
  const phoneWrong = phone === '' && !staffHaveAccess ? 'Enter a cell phone: your client connects the banks on it.' : phoneProblem(phone)
  return {
    ...(values.businessName.trim() === '' && { businessName: 'Enter the name of the business.' }),
    ...(values.username.trim() === '' && { username: 'Enter a username.' }),
    ...(phoneWrong !== null && { phone: phoneWrong }),
    ...(email === '' && !staffHaveAccess && { email: 'Enter an e-mail: your client connects the banks.' }),
    ...(email !== '' && !emailShape.test(email) && { email: 'Enter an e-mail such as nora@saltgrass.example.' }),
  }
}

/** Only what was changed against `start`; an emptied e-mail or phone is taken away. */
export function changesOf(values: SettingsValues, start: SettingsValues): ClientUpdate {
  const changed = (name: 'businessName' | 'contactFirstName' | 'contactLastName' | 'username') =>
    values[name].trim() === start[name] ? {} : { [name]: values[name].trim() }
  const [email, phone] = [values.email.trim(), values.phone.trim()]
  return {
    ...changed('businessName'),
    ...changed('contactFirstName'),
    ...changed('contactLastName'),
    ...changed('username'),
    ...(email !== start.email && { email: email === '' ? null : email }),
    ...(phone !== start.phone && { phone: phone === '' ? null : phone }),
    ...(values.textConsent !== start.textConsent && { textConsent: values.textConsent }),
    ...(values.timeZone !== start.timeZone && { timeZone: values.timeZone }),
    ...(values.language !== start.language && { language: values.language }),
    ...(values.groupId !== start.groupId && { groupId: values.groupId }),
    ...(values.staffHaveAccess !== start.staffHaveAccess && { staffHaveAccess: values.staffHaveAccess }),
  }
}
