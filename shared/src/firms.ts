import { type Static, Type } from 'typebox'
import { Me } from './auth.ts'
import { InviteChannel } from './clients.ts'
import { Language, Line, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'

/** What an administrator can lower and never raise. */
export const messagesPerPersonDayMax = 3
export const messagesPerHourMax = 10_000

const Zone = (description: string) => Type.String({ description: `${description} (IANA time zone)` })
const MailSender = Type.Enum(['person', 'firm'], {
  description: 'Who mails to clients are from: the member of staff with the firm in brackets, or the firm alone',
})
const PerPersonDay = Type.Integer({
  description: 'Messages that one person gets in a channel within a day, at most',
  minimum: 1,
  maximum: messagesPerPersonDayMax,
})
const PerHour = Type.Integer({
  description: 'Messages that the firm sends within an hour, at most',
  minimum: 1,
  maximum: messagesPerHourMax,
})

export const Firm = Type.Object({
  ...Me.properties.firm.properties,
  senderName: Nullable(Type.String({ description: 'What clients read as the sender; null: the name of the firm' })),
  mailSender: MailSender,
  defaultLanguage: Language,
  defaultInvite: InviteChannel,
  defaultTimeZone: Nullable(Zone('Of new clients; null: that of the firm')),
  assignAll: Type.Boolean({ description: 'Whether every client is assigned to every employee, those added later too' }),
  askRepairs: Type.Boolean({ description: 'Whether clients are asked by itself to sign in where a bank wants it' }),
  messagesPerPersonDay: PerPersonDay,
  messagesPerHour: PerHour,
})
export type Firm = Static<typeof Firm>

export const FirmUpdate = Type.Object(
  {
    name: Type.Optional(Line('Name of the firm, as clients read it unless there is a sender name')),
    timeZone: Type.Optional(Line('IANA time zone', 64)),
    senderName: Type.Optional(Nullable(Line('What clients read as the sender; null: the name of the firm', 60))),
    mailSender: Type.Optional(MailSender),
    defaultLanguage: Type.Optional(Language),
    defaultInvite: Type.Optional(InviteChannel),
    defaultTimeZone: Type.Optional(Nullable(Line('IANA time zone of new clients; null: that of the firm', 64))),
    assignAll: Type.Optional(Type.Boolean({ description: 'Assigns every client to every employee, those added later too' })),
    askRepairs: Type.Optional(Type.Boolean({ description: 'Asks clients by itself to sign in where a bank wants it' })),
    messagesPerPersonDay: Type.Optional(PerPersonDay),
    messagesPerHour: Type.Optional(PerHour),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type FirmUpdate = Static<typeof FirmUpdate>

export const firms = {
  get: endpoint({
    id: 'getFirm',
    method: 'GET',
    url: '/firm',
    access: 'staff',
    tag: 'Firm',
    summary: 'The firm',
    description: 'Profile and settings of the firm of the signed-in person.',
    schema: { response: { 200: Firm } },
  }),
  update: endpoint({
    id: 'updateFirm',
    method: 'PATCH',
    url: '/firm',
    access: 'administrator',
    tag: 'Firm',
    summary: 'Change the firm',
    description: 'Changes only the members that are sent. What clients begin with applies to clients added from now on.',
    schema: { body: FirmUpdate, response: { 200: Firm } },
  }),
}
