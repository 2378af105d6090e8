import { type Firm, type FirmUpdate, messagesPerHourMax, messagesPerPersonDayMax } from '@ledgersync/shared/firms'

/** What the form holds, under the names the API refuses fields by. Numbers stand as they were typed. */
export interface FirmValues {
  name: string
  timeZone: string
  senderName: string
  mailSender: Firm['mailSender']
  defaultLanguage: Firm['defaultLanguage']
  defaultInvite: Firm['defaultInvite']
  /** Null follows the firm. */
  defaultTimeZone: string | null
  askRepairs: boolean
  messagesPerPersonDay: string
  messagesPerHour: string
}

/** The form as it opens. */
export function valuesOf(firm: Firm): FirmValues {
  const { name, timeZone, senderName, mailSender, defaultLanguage, defaultInvite, defaultTimeZone, askRepairs } = firm
  const [messagesPerPersonDay, messagesPerHour] = [String(firm.messagesPerPersonDay), String(firm.messagesPerHour)]
  return {
    name,
    timeZone,
    senderName: senderName ?? '',
    mailSender,
    defaultLanguage,
    defaultInvite,
    defaultTimeZone,
    askRepairs,
    messagesPerPersonDay,
    messagesPerHour,
  }
}

const isWhole = (text: string, max: number): boolean => /^\d{1,6}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= max

/** The sentences of the form's own checks. */
export function validateFirm({ name, messagesPerPersonDay, messagesPerHour }: FirmValues): Partial<Record<keyof FirmValues, string>> {
  return {
    ...(name.trim() === '' && { name: 'Enter the name of your firm.' }),
    ...(!isWhole(messagesPerPersonDay, messagesPerPersonDayMax) && {
      messagesPerPersonDay: `Enter a number from 1 to ${messagesPerPersonDayMax}.`,
    }),
    ...(!isWhole(messagesPerHour, messagesPerHourMax) && {
      messagesPerHour: `Enter a number from 1 to ${messagesPerHourMax.toLocaleString('en-US')}.`,
    }),
  }
}

/** Only what differs from what is saved. */
export function changesOf(values: FirmValues, firm: Firm): FirmUpdate {
  const senderName = values.senderName.trim() === '' ? null : values.senderName.trim()
  const next = {
    name: values.name.trim(),
    timeZone: values.timeZone,
    senderName,
    mailSender: values.mailSender,
    defaultLanguage: values.defaultLanguage,
    defaultInvite: values.defaultInvite,
    defaultTimeZone: values.defaultTimeZone,
    askRepairs: values.askRepairs,
    messagesPerPersonDay: Number(values.messagesPerPersonDay),
    messagesPerHour: Number(values.messagesPerHour),
  }
  // The names of `next` are members of a firm; leaving some out makes an update
  return Object.fromEntries(Object.entries(next).filter(([name, value]) => value !== firm[name as keyof typeof next])) as FirmUpdate
}
