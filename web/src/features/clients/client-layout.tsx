import { clients } from '@ledgersync/shared/clients'
import { type Connection, connections } from '@ledgersync/shared/connections'
import { staff } from '@ledgersync/shared/team'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Outlet, useLocation, useParams } from '@tanstack/react-router'
import { Landmark, RefreshCw } from 'lucide-react'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Badge, Initials } from '../../ui/badge.tsx'
import { HealthMark } from '../../ui/health-mark.tsx'
import { Page, PageTabs } from '../../ui/page.tsx'
import { useBankSignIn, useSynchronize } from '../connections/use-bank-sign-in.ts'
import { worstHealth } from '../connections/worst-health.ts'
import { InviteMenu } from './invite-menu.tsx'
import { LockedNotice } from './lock.tsx'
import styles from './client-layout.module.css'

const tabs = [
  { label: 'Summary', to: paths.client },
  { label: 'Transactions', to: paths.clientTransactions },
  { label: 'Statements', to: paths.clientStatements },
  { label: 'Rules', to: paths.clientRules },
  { label: 'Mapping', to: paths.clientMapping },
  { label: 'Messages', to: paths.clientMessages },
  { label: 'Settings', to: paths.clientSettings },
] as const

/** Header and tabs of one client, around the chosen tab. */
export function ClientLayout() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  const { data: client } = useSuspenseQuery(query(clients.get, { params: { clientId } }))
  const banks = useQuery(query(connections.listOfClient, { params: { clientId } })).data?.items
  const team = useQuery(query(staff.list)).data?.items ?? []
  const place = useLocation({ select: ({ pathname }) => pathname.replace(/\/$/, '') })
  return (
    <Page
      documentTitle={client.businessName}
      title={
        <>
          {banks && <HealthMark health={worstHealth(banks)} named size={14} />}
          {client.businessName}
        </>
      }
      aside={
        <>
          {client.locked && <Badge tone="warn">Locked</Badge>}
          {team.map(({ id, name }) => client.staffIds.includes(id) && <Initials key={id} name={name} />)}
        </>
      }
      actions={<Actions client={client} banks={banks} />}
      flush
      tabs={
        <PageTabs
          label="Client"
          tabs={tabs.map(({ label, to }) => ({ label, to, params: { clientId }, current: place === to.replace('$clientId', clientId) }))}
        />
      }
    >
      <LockedNotice client={client} />
      <Outlet />
    </Page>
  )
}

interface ActionsProps {
  client: Parameters<typeof InviteMenu>[0]['client'] & { locked: boolean; staffHaveAccess: boolean }
  banks: Connection[] | undefined
}

/** On a phone three buttons share the width: their words stay, their icons go. */
const icon = { section: styles.icon ?? '' }

function Actions({ client, banks }: ActionsProps) {
  const bank = useBankSignIn(client.id)
  const synchronize = useSynchronize(client.id)
  const locked = client.locked ? 'This client is locked: nothing is fetched' : null
  const none = banks?.length === 0 ? 'No bank is connected yet' : null
  return (
    <>
      <ActionButton
        classNames={icon}
        leftSection={<RefreshCw size={14} aria-hidden />}
        unavailable={locked ?? none}
        loading={synchronize.isPending}
        onClick={() => synchronize.mutate()}
      >
        Synchronize
      </ActionButton>
      <ActionButton
        classNames={icon}
        leftSection={<Landmark size={14} aria-hidden />}
        unavailable={client.locked ? 'This client is locked: no bank can be added' : null}
        loading={bank.pending !== null}
        onClick={() => bank.open()}
      >
        Add bank
      </ActionButton>
      <InviteMenu client={client} alone />
    </>
  )
}
