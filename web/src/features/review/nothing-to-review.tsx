import { Button } from '@mantine/core'
import { clients } from '@ledgersync/shared/clients'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck } from 'lucide-react'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { EmptyState, NoResults } from '../../ui/states.tsx'
import type { Filters } from '../transactions/filter-address.ts'
import { rangeWords } from '../transactions/filters.tsx'
import type { View } from './use-review-rows.ts'

const words: Record<View, { title: string; text: string }> = {
  all: { title: 'Nothing to review', text: 'Posted transactions of every client appear here as their banks send them.' },
  matched: { title: 'Nothing is ready to approve', text: 'Rows stand here once a rule or a person has given them a category.' },
  needs_review: { title: 'Every row has a category', text: 'Rows that no rule knows appear here.' },
  blocked: { title: 'Nothing is blocked', text: 'Rows that wait for a mapping or for QuickBooks appear here.' },
  approved: { title: 'Nothing is approved yet', text: 'Approved rows wait here until they are pushed.' },
}

interface NothingProps {
  view: View
  filters: Filters
  onClear: () => void
}

/** An empty view: names the next step, or the filters that leave nothing over. */
export function NothingToReview({ view, filters, onClear }: NothingProps) {
  const { client, group, staff, account, from, to, search } = filters
  const chosen = useQuery({ ...query(clients.get, { params: { clientId: client ?? '' } }), enabled: client !== undefined })
  const named = [
    search !== undefined && `“${search}”`,
    client !== undefined && (chosen.data?.businessName ?? 'this client'),
    group !== undefined && 'this group',
    staff !== undefined && 'this choice of staff',
    account !== undefined && 'this account',
    (from ?? to) !== undefined && (rangeWords(from, to) ?? 'these dates'),
  ].filter((one) => one !== false)
  if (named.length > 0)
    return (
      <NoResults onClear={onClear}>
        No rows match <strong>{named.join(' and ')}</strong>.
      </NoResults>
    )
  const { title, text } = words[view]
  const next =
    view === 'all' ? (
      <Button renderRoot={(props) => <Link to={paths.connections} {...props} />}>See the bank connections</Button>
    ) : (
      <Button renderRoot={(props) => <Link to={paths.review} {...props} />}>See all rows</Button>
    )
  return (
    <EmptyState icon={CircleCheck} title={title} actions={next}>
      {text}
    </EmptyState>
  )
}
