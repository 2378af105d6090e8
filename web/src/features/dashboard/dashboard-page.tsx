import { Button } from '@mantine/core'
import { dashboard, type Dashboard } from '@ledgersync/shared/dashboard'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { Page } from '../../ui/page.tsx'
import { ErrorState, NoResults, SkeletonRows } from '../../ui/states.tsx'
import { dayPart, formatToday } from '../../ui/time.ts'
import { type ChoiceAddress, ChoiceFilters, choiceNames, choiceQuery } from '../groups/client-choice.tsx'
import { Funnel } from './funnel.tsx'
import { HealthChart } from './health-chart.tsx'
import { Stuck } from './stuck.tsx'
import { Totals } from './totals.tsx'
import styles from './dashboard.module.css'

/** How the firm stands: every figure opens its list. */
export function DashboardPage() {
  const { staff } = useMe()
  const [address, change] = useAddress(choiceNames)
  const choice = choiceQuery(address)
  const isChosen = Object.keys(choice).length > 0
  const found = useQuery({ ...query(dashboard.get, { query: choice }), placeholderData: keepPreviousData })
  return (
    <Page
      title={`Good ${dayPart()}, ${staff.name.split(' ')[0] ?? staff.name}`}
      documentTitle="Dashboard"
      aside={formatToday()}
      actions={<ChoiceFilters address={address} onChange={change} />}
    >
      {found.isError && !found.data && (
        <ErrorState error={found.error} title="We could not load the totals" onRetry={() => void found.refetch()} />
      )}
      {found.isPending && <SkeletonRows rows={6} height={56} />}
      {found.data && (
        <Loaded of={found.data} address={address} isChosen={isChosen} onClear={() => change({ group: undefined, staff: undefined })} />
      )}
    </Page>
  )
}

interface LoadedProps {
  of: Dashboard
  /** What every figure's list is narrowed by, too. */
  address: ChoiceAddress
  isChosen: boolean
  onClear: () => void
}

function Loaded({ of, address, isChosen, onClear }: LoadedProps) {
  if (of.clients.total === 0) return isChosen ? <NoResults onClear={onClear}>No client is in this choice.</NoResults> : <NewFirm />
  return (
    <div className={styles.parts}>
      <Totals of={of} address={address} />
      <div className={styles.pair}>
        <HealthChart choice={choiceQuery(address)} address={address} />
        <Funnel address={address} />
      </div>
      <Stuck of={of.stuck} address={address} />
    </div>
  )
}

/** A firm that has just signed up, or somebody nobody has assigned to a client yet. */
function NewFirm() {
  const { staff } = useMe()
  const navigate = useNavigate()
  const add = () => void navigate({ to: '.', search: (before) => ({ ...before, add: 'client' as const }) })
  const steps = [
    ...(staff.emailVerified ? [] : [['Verify your e-mail', 'Your clients get messages in your name; enter the six digits above.']]),
    ['Add your first client', 'Their name, e-mail and cell phone are enough.'],
    ['Invite them', 'We text or e-mail a link; they sign in at their own bank, read-only.'],
    ['Review what arrives', 'Rules code most transactions; you decide the rest and push to QuickBooks.'],
  ] as const
  return (
    <section className={styles.begin} aria-labelledby="begin">
      <h2 id="begin">{staff.role === 'administrator' ? 'Begin with one client' : 'No client is assigned to you yet'}</h2>
      <ol>
        {steps.map(([title, detail]) => (
          <li key={title}>
            <strong>{title}</strong>
            <span>{detail}</span>
          </li>
        ))}
      </ol>
      <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={add}>
        Add a client
      </Button>
    </section>
  )
}
