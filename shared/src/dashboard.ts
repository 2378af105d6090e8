import { type Static, Type } from 'typebox'
import { clientChoice, List } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Stuck } from './funnel.ts'

const count = (description: string) => Type.Integer({ description })

export const Dashboard = Type.Object({
  clients: Type.Object(
    { total: count('Clients the caller may see'), addedThisMonth: count('Of these, added since the first of the month') },
    { description: 'Clients' },
  ),
  accounts: Type.Object(
    {
      total: count('Bank accounts'),
      connections: count('Connections they belong to'),
      healthy: count('Accounts of healthy connections'),
      failing: count('Accounts of connections that need the client, are down, or are disconnected'),
      clientsNeeded: count('Clients whose bank wants them to sign in'),
    },
    { description: 'Bank accounts' },
  ),
  invites: Type.Object(
    { waiting: count('Invites neither used nor expired'), expireSoon: count('Of these, expire within a day') },
    { description: 'Invites' },
  ),
  review: Type.Object(
    { total: count('Transactions to review'), clients: count('Clients that have some') },
    { description: 'Transactions to review' },
  ),
  pushes: Type.Object(
    { failed: count('Entries that QuickBooks refused'), clients: count('Clients that have some') },
    { description: 'Entries refused' },
  ),
  stuck: Type.Object(
    {
      total: count('Clients that wait for somebody'),
      longest: Type.Array(Stuck, { description: 'Those that wait longest, at most seven' }),
    },
    { description: 'Clients that are stuck' },
  ),
})
export type Dashboard = Static<typeof Dashboard>

const troubled = (words: string) => count(`Accounts of connections that ${words}`)

export const HealthDay = Type.Object({
  day: Type.String({ format: 'date', description: "The day, on the firm's clock" }),
  needsClient: troubled('needed the client as it ended'),
  bankDown: troubled('could not be reached because their bank was down'),
  disconnected: troubled('were disconnected'),
})
export type HealthDay = Static<typeof HealthDay>

export const dashboard = {
  health: endpoint({
    id: 'getHealthDays',
    method: 'GET',
    url: '/dashboard/health',
    access: 'staff',
    tag: 'Dashboard',
    summary: 'Accounts in trouble, day by day',
    description: 'The last 30 days, oldest first, each as it ended; the last one is as it stands now. Only of clients the caller may see.',
    schema: { querystring: Type.Object(clientChoice), response: { 200: List(HealthDay) } },
  }),
  get: endpoint({
    id: 'getDashboard',
    method: 'GET',
    url: '/dashboard',
    access: 'staff',
    tag: 'Dashboard',
    summary: 'How the firm stands',
    description: 'Totals over the clients the caller may see, and who is stuck.',
    schema: { querystring: Type.Object(clientChoice), response: { 200: Dashboard } },
  }),
}
