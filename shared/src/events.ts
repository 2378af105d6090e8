import { type Static, Type } from 'typebox'
import { Id, Nullable } from './common.ts'

/** What a live event is about; the screen fetches anew whatever it shows of that topic. */
export const Topic = Type.Enum([
  'clients',
  'invites',
  'connections',
  'transactions',
  'rules',
  'books',
  'pushes',
  'uploads',
  'templates',
  'statements',
  'firm',
  'audit',
])
export type Topic = Static<typeof Topic>

/** One server-sent event of `GET /v1/events`. It carries no data, only what to fetch. */
export const LiveEvent = Type.Object({ topic: Topic, clientId: Nullable(Id('The client it concerns; null for the firm')) })
export type LiveEvent = Static<typeof LiveEvent>

/** Path of the stream. */
export const eventsPath = '/v1/events'
