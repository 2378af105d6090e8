import type { Language } from '@ledgersync/shared/common'
import type { Placeholder } from '@ledgersync/shared/template-rules'
import type { TemplateChannel, TemplateKind, TemplateUse } from '@ledgersync/shared/templates'

export const kindWords: Record<TemplateKind, string> = { invitation: 'Invitation', reconnect: 'Reconnect', reminder: 'Reminder' }
export const channelWords: Record<TemplateChannel, string> = { sms: 'Text message', email: 'E-mail' }
export const languageWords: Record<Language, string> = { en: 'English', es: 'Spanish' }

/** When messages of each kind go out. */
export const kindNotes: Record<TemplateKind, string> = {
  invitation: 'Asks a client to connect their banks.',
  reconnect: 'Goes out when a bank wants a new sign-in.',
  reminder: 'Goes out on the third day when nothing has happened.',
}

/** "text message in Spanish" */
export const wayWords = ({ channel, language }: TemplateUse): string =>
  `${channelWords[channel].toLowerCase()} in ${languageWords[language]}`

/** What the template that comes with the product is called. */
export const shippedName = 'Standard text'

/** What each placeholder becomes. */
export const placeholderWords: Record<Placeholder, { label: string; detail: string }> = {
  client_name: { label: 'Client', detail: 'The client’s business, or all of them where one person has several' },
  contact_name: { label: 'First name', detail: 'First name of the contact; left out where there is none' },
  firm_name: { label: 'Firm', detail: 'Your firm, as clients read it' },
  staff_name: { label: 'Sender', detail: 'The member of staff who sends it' },
  bank_names: { label: 'Bank names', detail: 'The banks it is about: “First Meridian and Unity Card”, or “your banks”' },
  bank_request: {
    label: 'What banks need',
    detail: 'Whole sentences: which banks to connect, which want a new sign-in and why. In a subject, a few words',
  },
  bank_link: { label: 'Link', detail: 'The secret link, on its own between spaces or lines' },
}

// Object.keys of a record over a union are that union
export const kinds = Object.keys(kindWords) as TemplateKind[]
export const kindOptions = kinds.map((value) => ({ value, label: kindWords[value] }))
export const channelOptions = [
  { value: 'sms', label: channelWords.sms },
  { value: 'email', label: channelWords.email },
] as const
export const languageOptions = [
  { value: 'en', label: languageWords.en },
  { value: 'es', label: languageWords.es },
] as const
