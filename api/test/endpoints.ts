import { account } from '@ledgersync/shared/account'
import { audit } from '@ledgersync/shared/audit'
import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { bulk } from '@ledgersync/shared/bulk'
import { clientList } from '@ledgersync/shared/client-list'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { dashboard } from '@ledgersync/shared/dashboard'
import { funnel } from '@ledgersync/shared/funnel'
import { search } from '@ledgersync/shared/search'
import type { Endpoint } from '@ledgersync/shared/endpoint'
import { erasure } from '@ledgersync/shared/erasure'
import { firms } from '@ledgersync/shared/firms'
import { groups as clientGroups } from '@ledgersync/shared/groups'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { ops } from '@ledgersync/shared/ops'
import { outreach } from '@ledgersync/shared/outreach'
import { passkeys } from '@ledgersync/shared/passkeys'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import { staff } from '@ledgersync/shared/team'
import { templates } from '@ledgersync/shared/templates'
import { statements } from '@ledgersync/shared/statements'
import { transactions } from '@ledgersync/shared/transactions'
import { uploads } from '@ledgersync/shared/uploads'

const groups: Record<string, Endpoint>[] = [
  auth,
  account,
  passkeys,
  firms,
  staff,
  clients,
  clientGroups,
  clientList,
  bulk,
  dashboard,
  funnel,
  search,
  erasure,
  invites,
  messages,
  templates,
  outreach,
  connections,
  transactions,
  rules,
  review,
  books,
  pushes,
  audit,
  uploads,
  statements,
  ops,
]

/** Every endpoint of the contract, for the tests that walk them. `contract.test.ts` proves that none is left out. */
export const allEndpoints: Endpoint[] = groups.flatMap((group) => Object.values(group))
